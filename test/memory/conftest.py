# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What tests of the memory share: a store that is told of steps."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.interface import Sighting
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.speech import Finish
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.sink import MemorySink
from streamo_ros.memory.store import Store
from streamo_ros.memory.writer import StoreWriter

START = 1_700_000_000 * SECOND
"""2023-11-14 22:13:20 UTC."""


class Vision:
    """Vision tokens as a sink sees them."""

    tokens, grid = 12, (3, 4)

    def __init__(self, vector=None, sightings: tuple[Sighting, ...] = ()) -> None:
        self.vector, self.sightings = vector, sightings


def frame_at(second: float, stream_id: int = 1, shade: int = 128, start: int = START) -> Frame:
    at = Fraction(second).limit_denominator(1000)
    tick = Tick(start + int(at * SECOND), at, at + 1, int(second), stream_id)
    return Frame(tick, np.full((48, 64, 3), shade, np.uint8))


class Teller:
    """Tells a store what happened, as an assistant would."""

    def __init__(self, folder: Path, **options) -> None:
        self.folder = folder
        self.writer = StoreWriter(Store(folder, **options), queue=100_000)
        self.sinks: list[Sink] = [MemorySink(self.writer, lambda: 'model')]

    def see(
        self,
        second: float,
        state: State = State.SILENCE,
        answer: str = '',
        text: str = 'Tell me when the kettle boils.',
        *,
        key: int = 1,
        stream_id: int = 1,
        shade: int = 128,
        start: int = START,
        event_start: float | None = None,
        vision: Vision | None = None,
    ) -> None:
        frame = frame_at(second, stream_id, shade, start)
        events = [
            Decided(frame.without_image(), key, state, probabilities=(0.1, 0.2, 0.7)),
        ]
        if answer:
            began = second if event_start is None else event_start
            events.append(
                Answered(
                    frame.without_image(),
                    key,
                    1,
                    answer,
                    start + int(began * SECOND),
                    frame.stamp,
                    start,
                    Finish.STOP,
                    3,
                    0.9,
                    0.1,
                    0.2,
                )
            )
        step = Step(tuple(events), frame, (Instruction(key, text),), start, vision=vision)
        for sink in self.sinks:
            sink.take(step)

    def done(self) -> StoreReader:
        assert self.writer.flush(60)
        return StoreReader(self.folder)


@pytest.fixture
def teller(tmp_path: Path) -> Iterator[Callable[..., Teller]]:
    made: list[Teller] = []

    def make(name: str = 'store', **options) -> Teller:
        made.append(Teller(tmp_path / name, **options))
        return made[-1]

    yield make
    for one in made:
        one.writer.close()
