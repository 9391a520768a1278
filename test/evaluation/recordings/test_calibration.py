# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds from stored probabilities: small streams worked out by hand, and the command."""

from __future__ import annotations

import json

import numpy as np
import pytest

from streamo_ros import cli
from streamo_ros.config.params_file import effective
from streamo_ros.config.params_file import read_parameters
from streamo_ros.core.decision import redecide
from streamo_ros.core.decision import Sample as Decision
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.recordings.calibrate_command import main as calibrate
from streamo_ros.evaluation.recordings.calibration import answer_times
from streamo_ros.evaluation.recordings.calibration import CalibrationSample
from streamo_ros.evaluation.recordings.calibration import HYSTERESES
from streamo_ros.evaluation.recordings.calibration import standby_threshold
from streamo_ros.evaluation.recordings.calibration import Trials
from streamo_ros.evaluation.recordings.card import Limits
from streamo_ros.evaluation.recordings.truth import Event
from streamo_ros.evaluation.recordings.truth import Truth
from streamo_ros.evaluation.recordings.truth import TruthError
from streamo_ros.evaluation.recordings.watched import WatchedTrack


def test_neighboring_frames_above_the_threshold_are_one_answer():
    chances = np.array([0.9, 0.1, 0.8, 0.9, 0.1, 0.1, 0.7, 0.1])
    times = np.arange(8.0)
    assert answer_times(times, chances, 0.5, 0, 0) == [0, 2, 6]
    assert answer_times(times, chances, 0.85, 0, 0) == [0, 3]
    # In the cooldown nothing begins; a run that outlasts it is then heard.
    assert answer_times(times, chances, 0.5, 0, 3) == [0, 3, 6]
    assert answer_times(times, chances, 0.5, 0, 5) == [0, 6]
    assert answer_times(times, chances, 0.95, 0, 0) == []
    # From 0.7 on it does not fall far enough.
    assert answer_times(times, chances, 0.8, 0.3, 0) == [0, 2]
    assert answer_times(times, chances, 0.8, 0.75, 0) == [0]


@pytest.mark.parametrize('seed', range(20))
def test_the_trials_decide_as_the_core_does(seed):
    draw = np.random.default_rng(seed)
    chances = np.round(draw.random(400) ** 2, 2)
    stamps = np.cumsum(draw.choice((250_000_000, 500_000_000, 3_000_000_000), 400))
    threshold, cooldown = draw.choice((0.2, 0.5, 0.9)), draw.choice((0, 1, 5))
    hysteresis = draw.choice((1e-9, 0.05, 0.1, 0.15))
    samples = [
        Decision(int(stamp), (1 - chance, 0.0, chance))
        for stamp, chance in zip(stamps, chances.tolist(), strict=True)
    ]
    thresholds = Thresholds(response=threshold, hysteresis=hysteresis)
    states = redecide(samples, thresholds, int(cooldown) * 10**9)
    said = [at / 1e9 for at, state in zip(stamps, states, strict=True) if state is State.RESPONSE]
    assert answer_times(stamps / 1e9, chances, threshold, hysteresis, cooldown) == said
    if hysteresis == 1e-9:
        assert answer_times(stamps / 1e9, chances, threshold, 0.0, cooldown) == said


def sample(group, rises, events, seconds=3600, words=()):
    """A stream at 1 Hz whose p(Response) is 0.02 but for some seconds."""
    chances = []
    for at in range(seconds):
        response = rises.get(at, 0.02)
        standby = 0.6 if any(start <= at < end for start, end in events) else 0.1
        chances.append((float(at), (1 - response - standby, standby, response)))
    due = tuple(Event(start, end, words) for start, end in events)
    return CalibrationSample(
        group, Truth('', group, events=due), WatchedTrack((0, seconds), [], chances)
    )


EVENTS = [(100, 110), (500, 510), (900, 910)]
RISES = {105: 0.9, 505: 0.8, 905: 0.5, 300: 0.6, 700: 0.4}


def test_the_best_threshold_is_that_of_the_wanted_rate():
    trials = Trials([sample('a', RISES, EVENTS)], Limits())
    quiet = trials.best(0)
    assert 0.6 < quiet.response < 0.8
    assert (quiet.caught, quiet.alarms, quiet.events) == (2, 0, 3)
    loose = trials.best(1)
    assert 0.4 < loose.response <= 0.5
    assert (loose.caught, loose.alarms, loose.hours) == (3, 1, pytest.approx(1))
    curve = trials.curve()
    assert [(one.alarms, one.caught) for one in curve] == [(0, 2), (1, 3)]
    # One group cannot be held out.
    assert trials.held_out(1) is None


def test_high_probabilities_are_told_apart_however_many_low_ones_there_are():
    draw = np.random.default_rng(0)
    low = dict(enumerate(draw.uniform(0, 0.3, 3600).round(4).tolist()))
    rises = {**low, 105: 0.95, 505: 0.9, 905: 0.6, 300: 0.58}
    best = Trials([sample('kettle', rises, EVENTS)], Limits()).best(0)
    assert best is not None
    assert 0.58 < best.response < 0.6
    assert (best.caught, best.alarms) == (3, 0)


def test_a_cooldown_is_chosen_only_where_it_helps():
    chattering = {105: 0.9} | dict.fromkeys(range(114, 132, 3), 0.9)
    best = Trials([sample('a', chattering, EVENTS[:1])], Limits()).best(0)
    assert (best.cooldown, best.caught) == (30, 1)


def test_a_hysteresis_is_chosen_only_where_it_helps():
    # The chance swings about every threshold that keeps still at 700 s, for longer than any
    # cooldown.
    swinging = {at: 0.7 + 0.2 * (at % 2) for at in range(105, 400)} | {700: 0.72, 905: 0.75}
    best = Trials([sample('a', swinging, EVENTS[::2])], Limits()).best(0)
    assert (best.caught, best.alarms, best.duplicates) == (2, 0, 0)
    assert best.hysteresis >= 0.05
    assert best.cooldown == 0
    still = dict.fromkeys(range(105, 400), 0.9) | {905: 0.75}
    assert Trials([sample('a', still, EVENTS[::2])], Limits()).best(0).hysteresis == 0


def test_a_hysteresis_is_tried_below_its_threshold_only():
    points = Trials([sample('a', RISES, EVENTS)], Limits()).points()
    assert all(point.hysteresis < point.response for point in points)
    assert {point.hysteresis for point in points} == set(HYSTERESES)


def test_the_forecast_is_made_where_it_was_not_chosen():
    lower = {at: chance / 2 for at, chance in RISES.items()}
    trials = Trials([sample('a', RISES, EVENTS), sample('b', lower, EVENTS)], Limits())
    own, honest = trials.best(1), trials.held_out(1)
    assert honest.events == own.events == 6
    assert honest.caught < own.caught or honest.alarms > own.alarms


def test_words_do_not_matter_as_there_are_none():
    trials = Trials([sample('a', RISES, EVENTS, words=('kettle',))], Limits())
    assert trials.best(1).caught == 3


def test_the_standby_threshold_agrees_with_the_time_within_events():
    found = standby_threshold([sample('a', RISES, EVENTS)], 0.7)
    assert 0.1 < found <= 0.6
    assert standby_threshold([sample('a', RISES, [(100, 100)])], 0.7) is None


def stored_run(folder, gate):
    """What a replay has left: a minute in which the chance rises at 20 s."""
    thresholds = {'response': 0.35, 'standby': 0.0, 'gate': gate}
    rows = [{'row': 'replay', 'source': f'{folder.name}.mp4', 'thresholds': thresholds}]
    rows += [{'row': 'instruction', 'id': 1, 'text': 'kettle'}]
    for at in range(60):
        chance = 0.8 if at == 20 else 0.003
        chances = [1 - chance, 0.0, chance]
        stamp = 1_790_000_000_000_000_000 + at * 10**9
        rows += [{'row': 'decision', 'stamp': stamp, 'instruction_id': 1, 'state': 'SILENCE'}]
        rows[-1]['probabilities'] = chances
    folder.mkdir()
    (folder / 'events.jsonl').write_text(''.join(json.dumps(row) + '\n' for row in rows))
    return str(folder)


def test_the_threshold_of_a_gate_has_its_own_name(tmp_path):
    truth = tmp_path / 'truth.jsonl'
    rows = [{'recording': name, 'instruction': 'kettle', 'events': [20]} for name in 'ab']
    truth.write_text('\n'.join(map(json.dumps, rows)))
    gated, free = stored_run(tmp_path / 'a', True), stored_run(tmp_path / 'b', False)
    out = tmp_path / 'out'
    assert cli.main(['calibrate', gated, '--truth', str(truth), '-o', str(out)]) == 0
    given = read_parameters(out / 'calibrated.yaml')
    assert 'thresholds.response' not in given
    # Nothing below the least that the parameter may be was tried.
    assert 0.01 <= effective(given).number('thresholds.activation') <= 0.8
    with pytest.raises(TruthError, match=r'a was watched through a gate and .*b without one'):
        calibrate([gated, free, '--truth', str(truth)])


def test_the_command_writes_parameters_that_a_replay_takes(tmp_path, script, truth, video, capsys):
    out = tmp_path / 'out'
    arguments = [str(video), '--truth', str(truth), '--model', str(script), '-o', str(out)]
    assert cli.main(['calibrate', *arguments, '--false-alarms', '60', '--json']) == 0
    found = json.loads(capsys.readouterr().out)
    # The second answer of the event is within the cooldown or not: the third is a false alarm.
    assert (found['chosen']['caught'], found['chosen']['events']) == (1, 2)
    values = effective(read_parameters(out / 'calibrated.yaml'))
    assert values.number('thresholds.response') == found['chosen']['response']
    assert values.number('notify.cooldown') == found['chosen']['cooldown']
    assert values.number('thresholds.hysteresis') == found['chosen']['hysteresis']
    assert (out / 'calibration.svg').read_text().startswith('<svg')
    # From then on nothing needs the model.
    stored = [str(out / 'replays' / 'kitchen'), '--truth', str(truth)]
    assert cli.main(['calibrate', *stored, '--false-alarms', '0.5']) == 0
    assert '1 of 2 events caught, 0.00 false alarms an hour' in capsys.readouterr().out
