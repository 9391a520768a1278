# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lanes that were rebuilt read what they keep in parts, and their frames wait meanwhile.

A lane that cannot be read again starts over; the others are untouched.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.core.instruction_lane import EncodedFrame
from streamo_ros.core.instruction_lane import InstructionLane
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.passes import PassRunner


def is_ready(lane: InstructionLane, encoded: EncodedFrame, passes: PassRunner) -> bool:
    """Whether a lane can decide a frame now; begins the rebuild that is due before it.

    Args:
        lane: one that is not speaking.
        encoded: the next frame that it has to decide.
        passes: counts the failure of a rebuild.
    """
    try:
        return not lane.dialogue.prepare(encoded.frame.tick)
    except BackboneError as error:
        _start_over(lane, error, passes)
        return True


def read_on(lanes: Sequence[InstructionLane], passes: PassRunner) -> None:
    """Read one part of the first lane that has something left to read.

    Args:
        lanes: oldest first.
        passes: counts the failure of the part.
    """
    lane = next((lane for lane in lanes if lane.dialogue.rereading), None)
    try:
        if lane is not None:
            lane.dialogue.rereading.step()
    except BackboneError as error:
        assert lane is not None
        _start_over(lane, error, passes)


def _start_over(lane: InstructionLane, error: BackboneError, passes: PassRunner) -> None:
    passes.count_failure(str(error))
    lane.dialogue.restart()
