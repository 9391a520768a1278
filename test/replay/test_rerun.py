# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo replay --rerun`: what is logged, to a double; and a file of the real library."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from streamo_ros import cli
from streamo_ros.core.interface import Sighting
from streamo_ros.core.sink import Step

RULES = """
- instruction: cup
  say:
    - {from: 2, to: 3, state: standby}
    - {from: 3, to: 4, state: response, text: 'The cup is full'}
"""
ABSENT = importlib.util.find_spec('rerun') is None
SINK = 'streamo_ros.report.rerun_file'


class Recording:
    """Notes what it is told, each with the times that are set."""

    made: ClassVar[list[Recording]] = []

    def __init__(self, name):
        self.logged, self.times, self.path = [], {}, None
        Recording.made.append(self)

    def save(self, path):
        self.path = path
        path.write_bytes(b'RRF2')

    def disconnect(self):
        self.path = None

    def set_time(self, name, **value):
        self.times = {**self.times, name: value}

    def log(self, place, thing, static=False):
        self.logged.append((place, thing, {} if static else self.times))

    def of(self, place):
        return [(thing, times) for where, thing, times in self.logged if where == place]


@pytest.fixture
def double(monkeypatch):
    def noting(kind):
        return lambda *values, **named: SimpleNamespace(kind=kind, values=values, **named)

    module = ModuleType('rerun')
    module.RecordingStream = Recording
    for kind in ('Boxes2D', 'EncodedImage', 'Scalars', 'SeriesLines', 'TextDocument', 'TextLog'):
        setattr(module, kind, noting(kind))
    monkeypatch.setitem(sys.modules, 'rerun', module)
    monkeypatch.delitem(sys.modules, SINK, raising=False)
    Recording.made = []
    yield
    sys.modules.pop(SINK, None)


@pytest.fixture
def replay(bags, write_script, tmp_path, capsys):
    def replay(*more):
        file = tmp_path / 'run.rrd'
        source, script = str(bags / 'raw_mcap'), str(write_script(RULES))
        code = cli.main(
            ['replay', source, '-i', 'cup', '--model', script, '--rerun', str(file), *more]
        )
        return code, file, capsys.readouterr().err

    return replay


def test_frames_states_and_answers_are_logged_at_their_capture_times(double, replay):
    code, file, _ = replay()
    (recording,) = Recording.made
    assert code == 0
    assert file.read_bytes() == b'RRF2'
    assert [one.name for one in file.parent.glob('*.rrd*')] == ['run.rrd']
    states = [thing.values[0] for thing, _ in recording.of('instructions/1/state')[1:]]
    assert states[2:4] == [2, 3]
    assert set(states) == {1, 2, 3}
    chances = [thing.values[0] for thing, _ in recording.of('instructions/1/probabilities')[1:]]
    assert len(chances) == len(states)
    assert np.argmax(chances[3]) == 2
    ((answer, when),) = recording.of('answers')
    assert answer.values == ('#1 The cup is full',)
    pictures = recording.of('camera')
    assert len(pictures) == len(states)
    assert pictures[3][1] == when
    assert pictures[0][0].contents[:2] == b'\xff\xd8'
    assert 'timestamp' in when['capture_time']
    assert recording.of('instructions/1/text')[0][0].values == ('cup',)


def test_pictures_can_be_left_out(double, replay):
    assert replay('--no-images')[0] == 0
    assert not Recording.made[0].of('camera')


def test_boxes_are_in_pixels_and_those_of_the_frame_before_are_taken_away(double, frame):
    from streamo_ros.report.rerun_file import RerunSink

    recording = Recording('streamo')
    sink = RerunSink(recording)
    cups = (Sighting('cup', 0.8, (0.25, 0.5, 0.75, 1.0)), Sighting('toilet', 0.1, (0, 0, 1, 1)))
    for second, seen in ((0, ()), (1, cups), (2, ()), (3, ())):
        vision = SimpleNamespace(sightings=seen)
        sink.take(Step((), frame(second, size=(48, 64)), vision=vision))
    (drawn, when), (none, _) = recording.of('camera/boxes')
    assert drawn.mins.tolist() == [[16, 24]]
    assert drawn.sizes.tolist() == [[32, 24]]
    assert drawn.labels == ['cup 80%']
    assert not len(none.mins)
    # Stamps that are no times of the day are durations.
    assert when['capture_time'] == {'duration': np.timedelta64(1001, 's')}


@pytest.mark.skipif(not ABSENT, reason='rerun is installed here')
def test_missing_library_is_one_sentence_with_the_command(replay):
    code, file, told = replay()
    assert code == 2
    assert 'pip install "rerun-sdk>=' in told
    assert len(told.strip().splitlines()) == 1
    assert not file.exists()


@pytest.mark.skipif(ABSENT, reason='rerun-sdk is not installed')
def test_file_of_the_real_library_holds_everything(replay):
    code, file, _ = replay()
    assert code == 0
    content = file.read_bytes()
    assert content[:3] == b'RRF'
    for place in (b'/camera', b'/instructions/1/state', b'/answers'):
        assert place in content


def test_one_file_is_for_one_source(bags, write_script, capsys, tmp_path):
    sources = [str(bags / 'raw_mcap')] * 2
    script, file = str(write_script(RULES)), str(tmp_path / 'run.rrd')
    assert cli.main(['replay', *sources, '-i', 'cup', '--model', script, '--rerun', file]) == 2
    assert '--rerun writes one recording' in capsys.readouterr().err
