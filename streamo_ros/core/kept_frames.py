# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of lanes, made ready to be decided: kept ones are encoded only now.

Those of a step that is not complete are held.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction_lane import EncodedFrame
from streamo_ros.core.instruction_lane import InstructionLane
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.passes import PassRunner

LaneFrame = tuple[InstructionLane, EncodedFrame]
"""A lane and the frame it has to decide."""


def made_ready(
    pairs: Sequence[LaneFrame], passes: PassRunner, grid: tuple[int, int] | None
) -> tuple[list[LaneFrame], list[Decided]]:
    """Give kept frames their vision tokens, one vision pass each.

    Args:
        pairs: what waits longest in each lane.
        passes: runs the model.
        grid: of the frames of the stream; a kept frame of another one is not shown.

    Returns:
        Those that can be decided, and a report for each that cannot.
    """
    ready: list[LaneFrame] = []
    missed: list[Decided] = []
    for lane, waiting in pairs:
        if waiting.vision is not None:
            ready.append((lane, waiting))
            continue
        image = waiting.past.load() if waiting.past is not None else None
        vision = passes.encode(image) if image is not None else None
        if vision is not None and vision.grid == grid:
            ready.append((lane, EncodedFrame(waiting.frame, vision)))
            continue
        reason, flaw = Reason.BAD_FRAME, 'its kept picture is gone, or of another size'
        if image is not None and vision is None:
            reason, flaw = Reason.MODEL_FAILED, passes.last_failure
        missed.append(
            Decided(waiting.frame.missed(reason, flaw), lane.instruction.id, reason=reason)
        )
    return ready, missed


def completed(
    pairs: Sequence[LaneFrame], passes: PassRunner
) -> tuple[list[LaneFrame], list[Decided], float]:
    """Hold the frames of steps that have more to come.

    Args:
        pairs: a frame for each lane, with its vision tokens.
        passes: counts the failures of vision passes.

    Returns:
        The last frames of steps, a report for each that cannot be decided, and the seconds that
        vision passes took.
    """
    ready: list[LaneFrame] = []
    missed: list[Decided] = []
    began = time.perf_counter()
    for lane, encoded in pairs:
        try:
            last = lane.gather(encoded)
        except BackboneError as error:
            passes.count_failure(str(error))
            reason = Reason.MODEL_FAILED
            frame = encoded.frame.missed(reason, str(error))
            missed.append(Decided(frame, lane.instruction.id, reason=reason))
            continue
        ready += [] if last is None else [(lane, last)]
    return ready, missed, time.perf_counter() - began
