# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames that wait in a lane, made ready to be decided: kept ones are encoded only now."""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction_lane import EncodedFrame
from streamo_ros.core.instruction_lane import InstructionLane
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
