# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds, hysteresis and cooldown for a wanted rate of false alarms.

They are found in what a run has stored; the model is run only for recordings that nobody has
watched yet.
Exit codes: 0 found, 1 no threshold is quiet enough, 2 bad input.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from streamo_ros.core.errors import ExitCode
from streamo_ros.evaluation.recordings.calibration import CalibrationSample
from streamo_ros.evaluation.recordings.calibration import Point
from streamo_ros.evaluation.recordings.calibration import standby_threshold
from streamo_ros.evaluation.recordings.calibration import Trials
from streamo_ros.evaluation.recordings.card import Limits
from streamo_ros.evaluation.recordings.curve_figure import curve_svg
from streamo_ros.evaluation.recordings.gather import Recording
from streamo_ros.evaluation.recordings.options import add_recording_options
from streamo_ros.evaluation.recordings.options import find_recordings
from streamo_ros.evaluation.recordings.truth import TruthError
from streamo_ros.evaluation.recordings.watched import plain
from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program

ALLOWED = {'response': (0.0001, 1.0), 'activation': (0.01, 0.99)}
"""Least and most of the parameters of the group `thresholds` from which Response is decided."""
PARAMETERS, FIGURES, CURVE = 'calibrated.yaml', 'calibration.json', 'calibration.svg'


def main(argv: Sequence[str] | None = None) -> int:
    """Run `streamo calibrate`."""
    options = parser().parse_args(argv)
    if options.false_alarms < 0:
        raise TruthError('--false-alarms is a number an hour, 0 or more')
    with ExitStack() as stack:
        recordings = find_recordings(options, stack)
    samples = _samples(recordings)
    name = _threshold(recordings)
    try_all = partial(
        Trials, limits=Limits(options.tolerance, options.late), allowed=ALLOWED[name]
    )
    trials = try_all(samples)
    result = {'parameter': name, **_calibrate(trials, options.false_alarms)}
    if name == 'activation':
        # It follows the same score: 0 = half of it.
        result['standby'] = None
    if options.per_instruction:
        result['instructions'] = _each(samples, try_all, options.false_alarms)
    chosen = result['chosen']
    if options.output:
        write_text(options.output / FIGURES, json.dumps(result, indent=2) + '\n')
        if chosen is not None:
            write_text(options.output / PARAMETERS, _parameters(result))
            curve = curve_svg(
                trials.curve(),
                Point(**chosen),
                Point(**result['cross_validated']) if result['cross_validated'] else None,
                options.false_alarms,
            )
            write_text(options.output / CURVE, curve)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print(result, options.output)
    return ExitCode.OK if chosen is not None else ExitCode.FAILED


def parser() -> argparse.ArgumentParser:
    """The arguments of `streamo calibrate`."""
    parser = CommandParser(
        prog='streamo calibrate',
        description=__doc__,
    )
    add_recording_options(parser)
    add = parser.add_argument
    add(
        '--false-alarms',
        type=float,
        default=1.0,
        metavar='N',
        help='most false alarms in an hour of one instruction; default %(default)g',
    )
    add('--per-instruction', action='store_true', help='also the best for each instruction alone')
    return parser


def _threshold(recordings: Sequence[Recording]) -> str:
    """Which threshold decided; that of a gate goes by another name."""
    gates = {recording.watched.gate for recording in recordings}
    if len(gates) > 1:
        gated, free = (
            next(
                recording.watched.name
                for recording in recordings
                if recording.watched.gate is gate
            )
            for gate in (True, False)
        )
        raise TruthError(
            f'{gated} was watched through a gate and {free} without one: their thresholds have '
            'nothing in common, calibrate them one by one'
        )
    return 'activation' if gates == {True} else 'response'


def _samples(recordings: Sequence[Recording]) -> list[CalibrationSample]:
    """All that was watched; held out by recording, or by instruction where there is but one."""
    several = len(recordings) > 1
    samples = [
        CalibrationSample(
            recording.watched.name if several else truth.instruction,
            truth,
            recording.watched.tracks[plain(truth.instruction)],
        )
        for recording in recordings
        for truth in recording.truths
    ]
    kept = [sample for sample in samples if sample.track.chances]
    if not kept:
        raise TruthError('the recordings hold no probabilities: replay them again with --replay')
    if not any(sample.truth.events for sample in kept):
        raise TruthError('nothing is due in any recording: add one in which something happens')
    return kept


def _calibrate(trials: Trials, wanted: float) -> dict[str, Any]:
    chosen, held_out = trials.best(wanted), trials.held_out(wanted)
    quietest = min(point.alarms_per_hour for point in trials.points())
    return {
        'wanted_false_alarms_per_hour': wanted,
        'chosen': asdict(chosen) if chosen else None,
        'cross_validated': asdict(held_out) if held_out else None,
        'standby': standby_threshold(trials.samples, chosen.response) if chosen else None,
        'quietest': quietest,
        'curve': [asdict(point) for point in trials.curve()],
    }


def _each(
    samples: Sequence[CalibrationSample],
    try_all: Callable[[Sequence[CalibrationSample]], Trials],
    wanted: float,
) -> list[dict[str, Any]]:
    texts = dict.fromkeys(plain(sample.truth.instruction) for sample in samples)
    rows = []
    for text in texts:
        own = [sample for sample in samples if plain(sample.truth.instruction) == text]
        best = try_all(own).best(wanted)
        rows.append({'instruction': text, 'chosen': asdict(best) if best else None})
    return rows


def _parameters(result: dict[str, Any]) -> str:
    """A parameter file that the node and `--params-file` read."""
    chosen = result['chosen']
    thresholds = {result['parameter']: chosen['response'], 'hysteresis': chosen['hysteresis']}
    if result['standby'] is not None:
        thresholds['standby'] = result['standby']
    values = {'thresholds': thresholds, 'notify': {'cooldown': chosen['cooldown']}}
    return str(yaml.safe_dump({'/**': {'ros__parameters': values}}, sort_keys=False))


def _print(result: dict[str, Any], output: Path | None) -> None:
    wanted = result['wanted_false_alarms_per_hour']
    if result['chosen'] is None:
        print(
            f'no threshold has at most {wanted:g} false alarms an hour; the quietest has '
            f'{result["quietest"]:.2f}'
        )
        return
    chosen = Point(**result['chosen'])
    print(f'thresholds.{result["parameter"]} {chosen.response:g}')
    print(f'thresholds.hysteresis {chosen.hysteresis:g}')
    if result['standby'] is not None:
        print(f'thresholds.standby {result["standby"]:g}')
    print(f'notify.cooldown {chosen.cooldown:g} s')
    print(f'on these recordings: {_words(chosen)}')
    if result['cross_validated']:
        print(f'cross-validated:     {_words(Point(**result["cross_validated"]))}')
    else:
        print('not cross-validated: that needs a second recording or instruction')
    for row in result.get('instructions', ()):
        best = Point(**row['chosen']) if row['chosen'] else None
        said = f'{best.settings}, {_words(best)}' if best else 'never quiet enough'
        print(f'  {row["instruction"]}: {said}')
    if output:
        print(f'written to {output / PARAMETERS} and {output / CURVE}')


def _words(point: Point) -> str:
    return (
        f'{point.caught} of {point.events} events caught, {point.alarms_per_hour:.2f} false '
        f'alarms an hour ({point.alarms} in {point.hours:.2f} h), {point.duplicates} duplicates'
    )


if __name__ == '__main__':
    sys.exit(run_program('streamo calibrate', main))
