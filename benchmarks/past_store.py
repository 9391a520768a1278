# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lets a model watch frames with the node's own assistant and memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from streamo_ros.core.assistant import Assistant
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.sink import StepMaker
from streamo_ros.evaluation.case_runner import settings_for
from streamo_ros.memory.sink import MemorySink
from streamo_ros.memory.store import Store
from streamo_ros.memory.writer import StoreWriter

Shown = tuple[Tick, NDArray[Any], NDArray[Any]]
"""A frame: when, what the model sees, and the picture that is remembered."""


def remember(
    backbone: Backbone, folder: Path, instructions: list[str], frames: Iterable[Shown]
) -> None:
    """Watch frames, and write what was decided, said and seen into a store.

    Args:
        backbone: the model, with a lane for each instruction.
        folder: of the store.
        instructions: what it is told at the start.
        frames: in the order of time.
    """
    book = InstructionBook(len(instructions))
    for text in instructions:
        book.add(text)
    assistant = Assistant(backbone, book, settings_for(backbone))
    steps = StepMaker(book, SamplerCounts())
    writer = StoreWriter(Store(folder), waits=True)
    sink = MemorySink(writer, lambda: backbone.info.model_id)
    for tick, image, picture in frames:
        events = assistant.observe(Frame(tick, image))
        while assistant.busy:
            events += assistant.speak(64)
        sink.take(steps.step(events, Frame(tick, picture), vision=assistant.vision))
    writer.flush(60)
    writer.close()
