# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an instruction said and saw right before a restart: answers, and the last kept frames."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from streamo_ros.core.instruction import Instruction
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.protocol import State
from streamo_ros.core.restored_turns import MAX_AGE
from streamo_ros.core.restored_turns import PastTurn
from streamo_ros.memory.reader import StoreReader


def turns_before(
    reader: StoreReader, instruction: Instruction, answers: Sequence[PastTurn], limit: int
) -> list[PastTurn]:
    """The answers, and the last frames of the stream that was watched last, with their decisions.

    Args:
        reader: the store.
        instruction: as the journal has it; its id and text tell its decisions in the store.
        answers: as the journal has them, in any order.
        limit: most frames.

    Returns:
        In the order of time.

    Raises:
        StoreError: the store cannot be read.
    """
    turns = {answer.stamp: answer for answer in answers}
    newest = reader.newest()
    if newest is None:
        return sorted(turns.values(), key=lambda turn: turn.stamp)
    runs = [
        run
        for run in reader.runs(newest.stream)
        if (run.instruction_id, run.text) == (instruction.id, instruction.text)
    ]
    frames = [
        frame
        for frame in reader.frames((newest.stamp - MAX_AGE, newest.stamp))
        if frame.stream == newest.stream
    ]
    for frame in frames[-limit:]:
        state = next(
            (State(run.state) for run in runs if run.start <= frame.stamp <= run.stop),
            State.UNKNOWN,
        )
        past = PastFrame(frame.stamp, partial(reader.pictures.image, frame.id))
        said = turns.get(frame.stamp)
        if said is not None:
            turns[frame.stamp] = PastTurn(frame.stamp, State.RESPONSE, said.text, past)
        elif state in (State.SILENCE, State.STANDBY):
            turns[frame.stamp] = PastTurn(frame.stamp, state, '', past)
    return sorted(turns.values(), key=lambda turn: turn.stamp)
