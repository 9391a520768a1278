# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who is at work: one watcher for each standing instruction, following book, stream and image.

Knows when a lane is opened, begun anew and given back; not what a lane decides or says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from streamo_ros.core.dialogue import ContextLimits
from streamo_ros.core.events import Event
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction_lane import EncodedFrame
from streamo_ros.core.instruction_lane import InstructionLane
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.restored_turns import restored_turns
from streamo_ros.core.restored_turns import RestoredAnswers
from streamo_ros.core.speech import Finish


class LanePool:
    """The watchers at work.

    Args:
        backbone: where lanes are opened.
        book: what is being watched for.
        policy: what leaves a lane's window.
        recall: what was said to an instruction before a restart.
    """

    def __init__(
        self,
        backbone: Backbone,
        book: InstructionBook,
        policy: EvictionPolicy,
        restore_answers: RestoredAnswers,
    ) -> None:
        self._backbone = backbone
        self._book = book
        self._policy = policy
        self._recall = restore_answers
        self._lanes: dict[int, InstructionLane] = {}
        self._recent: deque[EncodedFrame] = deque()
        self._book_version = -1
        self._stream_id = 0
        self._grid: tuple[int, int] | None = None

    @property
    def lanes(self) -> tuple[InstructionLane, ...]:
        """All of them, oldest first."""
        return tuple(self._lanes.values())

    def get(self, instruction_id: int) -> InstructionLane | None:
        """The watcher of an instruction; None while it has no lane."""
        return self._lanes.get(instruction_id)

    def follow(self, frame: Frame) -> list[Event]:
        """Follow the stream and the book up to this frame.

        A new stream clears every lane, and its instructions begin again. Cancelled instructions
        and those whose lifetime is over leave.
        """
        stream_id = frame.tick.stream_id
        events = self.clear() if self._stream_id not in (0, stream_id) else []
        self._stream_id = stream_id
        events += self.follow_book()
        for instruction in self._book.standing():
            if instruction.expired(frame.stamp):
                self.retire(instruction.id)
        return events

    def follow_book(self) -> list[Event]:
        """Cut and close the lanes of instructions that no longer stand."""
        if self._book.version == self._book_version:
            return []
        self._book_version = self._book.version
        standing = {one.id: one for one in self._book.standing()}
        gone = []
        for key, lane in self._lanes.items():
            lane.instruction = standing.get(key, lane.instruction)
            if key not in standing and not lane.retired:
                gone.append(lane)
        events = _cut(gone)
        for lane in gone:
            self.leave(lane)
        return events

    def follow_grid(self, seen: EncodedFrame) -> list[Event]:
        """Another image size: lanes go on from what they said, without what they saw."""
        assert seen.vision is not None
        before, self._grid = self._grid, seen.vision.grid
        if before in (None, self._grid):
            return []
        events = _cut(self.lanes)
        self._recent.clear()
        for lane in self.lanes:
            events += lane.drop_waiting('the image size changed before it was decided')
            lane.dialogue.forget_frames()
        return events

    def watch(self, instruction: Instruction, seen: EncodedFrame, memory: ContextLimits) -> None:
        """Give an instruction its lane, and the frames it looks back at.

        While every slot is taken (by one that has ended and still speaks) it waits.

        Raises:
            BackboneError: a frame it looks back at cannot be encoded.
        """
        if instruction.id in self._lanes or len(self._lanes) >= self._backbone.lanes:
            return
        oldest = seen.frame.stamp - instruction.backfill
        past = [old for old in self._recent if instruction.backfill and old.frame.stamp >= oldest]
        waiting = [self._encoded(old) for old in past]
        lane = InstructionLane(self._backbone, self._policy, instruction, memory)
        self._remind(lane, seen)
        lane.waiting.extend(waiting)
        self._lanes[instruction.id] = lane
        self._book.begin(instruction.id, (waiting or [seen])[0].frame.stamp)

    def remember(self, seen: EncodedFrame, most: int) -> None:
        """Keep the last `most` frames for instructions that begin later."""
        self._recent.append(seen)
        while len(self._recent) > most:
            self._recent.popleft()

    def retire(self, instruction_id: int) -> None:
        """An instruction ends by itself: it finishes what it says, and leaves."""
        lane = self._lanes.get(instruction_id)
        if lane is not None:
            lane.retired = True
            lane.waiting.clear()
            if not lane.speaking:
                self.leave(lane)
        if self._book.get(instruction_id) is not None:
            self._book.cancel(instruction_id)

    def leave(self, lane: InstructionLane) -> None:
        """Close a lane."""
        lane.dialogue.close()
        self._lanes.pop(lane.instruction.id, None)

    def clear(self) -> list[Event]:
        """Forget the stream: cut every answer, close every lane; instructions begin again."""
        events = _cut(self.lanes)
        for lane in self.lanes:
            self.leave(lane)
        self._recent.clear()
        self._stream_id = 0
        self._grid = None
        self._book.restart()
        return events

    def _remind(self, lane: InstructionLane, seen: EncodedFrame) -> None:
        """Let a lane begin with what was said before a restart, if that fits into it."""
        said = self._recall(lane.instruction.id)
        turns = restored_turns(said, seen.frame.tick, self._backbone.prompt)
        if not turns:
            return
        try:
            lane.dialogue.restore_answers(turns)
        except BackboneError:
            lane.dialogue.restart()

    def _encoded(self, seen: EncodedFrame) -> EncodedFrame:
        """A kept frame with its vision tokens; one seen while nobody watched has only pixels."""
        if seen.vision is not None:
            return seen
        assert seen.frame.image is not None
        return EncodedFrame(seen.frame.without_image(), self._backbone.encode(seen.frame.image))


def _cut(lanes: Sequence[InstructionLane]) -> list[Event]:
    return [event for one in lanes for event in one.cut(Finish.CANCELED)]
