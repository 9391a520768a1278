# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training, evaluation and replay take the same frames of a video, whatever its time stamps."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import State
from streamo_ros.replay.run import replay
from streamo_ros.training import video_frames
from streamo_ros.training.labels import label
from streamo_ros.training.labels import sampled_timeline
from streamo_ros.training.record import AnnotatedAnswer
from streamo_ros.training.record import AnnotatedQuestion
from streamo_ros.training.record import Annotation
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.video_frames import frames_at
from streamo_ros.training.video_frames import sample_video


@dataclass
class NumberedRecord:
    stamp: int
    number: int
    topic: str = ''
    frame_id: str = ''

    def image(self):
        return np.full((24, 32, 3), self.number % 256, np.uint8)


@dataclass
class StampedSource:
    """A source with any stamps; frame k shows k."""

    stamps: list[int]
    name: str = 'stamped.mp4'
    topic: str = ''
    duration: float | None = None
    damage: str = ''

    def records(self):
        return (NumberedRecord(stamp, k) for k, stamp in enumerate(self.stamps))

    def close(self):
        pass


def vfr() -> list[float]:
    return [k / 30 for k in range(150)] + [5 + k / 10 for k in range(100)]


def gap() -> list[float]:
    return [k / 30 for k in range(120)] + [9 + k / 30 for k in range(150)]


def jitter() -> list[float]:
    rng = random.Random(4)
    return [k / 30 + rng.uniform(0, 0.02) for k in range(500)]


STREAMS = {
    'variable rate': vfr,
    'gap': gap,
    'jitter': jitter,
    'slow': lambda: [1.7 * k for k in range(12)],
    'ntsc': lambda: [k * 1001 / 30000 for k in range(400)],
}


@pytest.fixture(params=list(STREAMS))
def stamps(request, monkeypatch) -> list[int]:
    made = [SECOND + round(time * SECOND) for time in STREAMS[request.param]()]
    monkeypatch.setattr(video_frames, 'open_source', lambda path, salvage: StampedSource(made))
    return made


def replayed(stamps: list[int], rate: Fraction) -> list[tuple[str, int]]:
    """(tag, frame) of everything that replay looks at."""
    backbone = ScriptedBackbone(lambda instruction, seconds: (State.SILENCE, ''))
    book = InstructionBook()
    book.add('anything?')
    seen: list[tuple[str, int]] = []

    class Keep:
        def take(self, step):
            tag = next(event.tag for event in step.events)
            seen.append((tag, images[len(seen)]))

        def close(self, totals):
            pass

    images: list[int] = []
    encode = backbone.encode
    backbone.encode = lambda image: (images.append(int(image[0, 0, 0])), encode(image))[1]
    replay(
        StampedSource(stamps), Assistant(backbone, book), FrameSampler(rate), book, (), [Keep()]
    )
    return seen


@pytest.mark.parametrize('rate', ['0.5', '1', '2', '2.997'])
def test_training_and_replay_take_the_same_frames(stamps, rate):
    rate = Fraction(rate)
    record = Annotation(
        'v', 'v.mp4', 'QA', '', (AnnotatedQuestion('what?', Fraction(0)),), (), None
    )
    dialogue, _ = label(record, sampled_timeline(sample_video(Path('v'), rate), rate))
    shown = [int(i[0, 0, 0]) for i in frames_at(Path('v'), [t.time for t in dialogue.turns])]
    tags = [turn.request.split('\n')[-2] for turn in dialogue.turns]
    assert list(zip(tags, shown, strict=True)) == replayed(stamps, rate)


def test_what_is_due_in_a_gap_is_due_after_it(monkeypatch):
    made = [SECOND + round(time * SECOND) for time in gap()]
    monkeypatch.setattr(video_frames, 'open_source', lambda path, salvage: StampedSource(made))
    questions = AnnotatedQuestion('what?', Fraction(0)), AnnotatedQuestion('and?', Fraction(7))
    answers = (
        AnnotatedAnswer('it', Fraction(2), Fraction(6)),
        AnnotatedAnswer('x', None, Fraction(8)),
    )
    record = Annotation('v', 'v.mp4', 'QA', '', questions, answers, None)
    dialogue, _ = label(
        record, sampled_timeline(sample_video(Path('v'), Fraction(1)), Fraction(1))
    )
    assert [turn.start for turn in dialogue.turns] == [0, 1, 2, 3, 9, 10, 11, 12, 13]
    assert dialogue.turns[4].text == 'it x'
    assert dialogue.turns[4].instruction == 'and?'
    assert [turn.state for turn in dialogue.turns[1:5]] == [
        State.STANDBY,
        State.STANDBY,
        State.STANDBY,
        State.RESPONSE,
    ]


@pytest.mark.parametrize('rate', [23.976, 29.97, 25.0])
def test_frames_of_a_video_file_are_read_by_time(tmp_path, make_video, rate):
    path = make_video(tmp_path / 'v.mp4', frames=60, rate=rate)
    assert float(sample_video(path, Fraction(1)).duration) == pytest.approx(60 / rate, rel=1e-3)
    images = list(frames_at(path, [Fraction(0), Fraction(1), Fraction(2), Fraction(99)]))
    shown = [float(np.mean(image[:, :, 0])) for image in images]
    wanted = [4.0 * k % 256 for k in (0, np.ceil(rate), np.ceil(2 * rate), 59)]
    assert shown == pytest.approx(wanted, abs=8)
    assert len(list(frames_at(path, [Fraction(1), Fraction(1)]))) == 2


def test_a_file_that_is_no_video_is_named(tmp_path):
    (tmp_path / 'v.mp4').write_text('no video')
    with pytest.raises(AnnotationError, match=r'v\.mp4'):
        sample_video(tmp_path / 'v.mp4', Fraction(1))
    with pytest.raises(AnnotationError, match='ascending'):
        list(frames_at(tmp_path / 'v.mp4', [Fraction(1), Fraction(0)]))
