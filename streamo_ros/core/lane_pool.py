# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Opens and closes one lane per active instruction.

Follows the instruction book, the stream and the image size.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Event
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.history import History
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction_lane import EncodedFrame
from streamo_ros.core.instruction_lane import InstructionLane
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.past_frame import PastFrames
from streamo_ros.core.restored_turns import restored_turns
from streamo_ros.core.restored_turns import RestoredTurns
from streamo_ros.core.restored_turns import tick_before
from streamo_ros.core.speech import Finish


class LanePool:
    """The lanes of the active instructions.

    Args:
        backbone: where lanes are opened.
        book: the active instructions.
        policy: what leaves a lane's window.
        restored: turns from before a restart.
        past: kept frames for instructions that look back further than the last frames.
        history: the past in words.
    """

    def __init__(
        self,
        backbone: Backbone,
        book: InstructionBook,
        policy: EvictionPolicy,
        restored: RestoredTurns,
        past: PastFrames,
        history: History,
    ) -> None:
        self._backbone = backbone
        self._book = book
        self._policy = policy
        self._restored = restored
        self._past = past
        self._history = history
        # A slot beyond is for questions about the past.
        self._most = min(backbone.lanes, book.capacity)
        self._lanes: dict[int, InstructionLane] = {}
        self._recent: deque[EncodedFrame] = deque()
        self._seen: dict[int, VisionTokens | None] = {}
        self._book_version = -1
        self._stream_id = 0
        self._grid: tuple[int, int] | None = None

    @property
    def lanes(self) -> tuple[InstructionLane, ...]:
        """All lanes, oldest first."""
        return tuple(self._lanes.values())

    @property
    def grid(self) -> tuple[int, int] | None:
        """The merged token grid of the stream's frames; None before the first."""
        return self._grid

    def get(self, instruction_id: int) -> InstructionLane | None:
        """The lane of an instruction; None while it has none."""
        return self._lanes.get(instruction_id)

    def follow(self, frame: Frame) -> list[Event]:
        """Catch up with the stream and the book as of this frame.

        A new stream clears every lane, and its instructions start over. Lanes of canceled and
        expired instructions are closed.
        """
        self._seen.clear()
        stream_id = frame.tick.stream_id
        new_stream = self._stream_id not in (0, stream_id)
        events = self.clear('a new stream began before it was decided') if new_stream else []
        self._stream_id = stream_id
        events += self.follow_book()
        for instruction in self._book.active():
            if instruction.expired(frame.stamp):
                flaw = 'the lifetime of the instruction ended before it was decided'
                events += self.retire(instruction.id, flaw)
        return events

    def follow_book(self) -> list[Event]:
        """Close the lanes of instructions that are no longer active, with their answers."""
        if self._book.version == self._book_version:
            return []
        self._book_version = self._book.version
        active = {instruction.id: instruction for instruction in self._book.active()}
        events: list[Event] = []
        for key, lane in list(self._lanes.items()):
            lane.instruction = active.get(key, lane.instruction)
            if key not in active and not lane.retired:
                events += self._end(lane, 'the instruction was canceled before it was decided')
                self.close(lane)
        return events

    def follow_grid(self, encoded: EncodedFrame) -> tuple[list[Event], str]:
        """Adapt to another image size: lanes keep what they said, but not what they saw.

        Returns:
            What happened, and why a lane could not be rebuilt ('' when all could): that lane
            starts over, the others are untouched.
        """
        assert encoded.vision is not None
        before, self._grid = self._grid, encoded.vision.grid
        if before in (None, self._grid):
            return [], ''
        events: list[Event] = []
        failure = ''
        self._recent.clear()
        for lane in self.lanes:
            events += lane.end_answer(Finish.CANCELED)
            flaw = 'the image size changed before it was decided'
            events += lane.drop_waiting(Reason.OVERFLOW, flaw)
            try:
                lane.dialogue.forget_frames()
            except BackboneError as error:
                failure = str(error)
                lane.dialogue.restart()
        return events, failure

    def open(
        self,
        instruction: Instruction,
        encoded: EncodedFrame,
        limits: ContextLimits,
        room: int,
    ) -> None:
        """Give an instruction its lane, and the frames it looks back at.

        While every slot is taken (by a retired lane that is still speaking), it waits.

        Args:
            instruction: an active one.
            encoded: the frame that is observed now.
            limits: how much the lane remembers.
            room: most frames it may look back at, where kept ones are among them.

        Raises:
            BackboneError: a frame it looks back at cannot be encoded.
        """
        if instruction.id in self._lanes or len(self._lanes) >= self._most:
            return
        oldest = encoded.frame.stamp - instruction.backfill
        past = [old for old in self._recent if instruction.backfill and old.frame.stamp >= oldest]
        waiting = [self._encoded(old) for old in past]
        waiting = [*self._kept(instruction, encoded, waiting, room), *waiting]
        lane = InstructionLane(self._backbone, self._policy, instruction, limits)
        self._restore(lane, encoded)
        lane.waiting.extend(waiting)
        self._lanes[instruction.id] = lane
        self._book.begin(instruction.id, (waiting or [encoded])[0].frame.stamp)

    def tell_past(self, stamp: int) -> str:
        """Tell lanes that are free what the past is in words, where that has changed.

        One that has seen frames is rebuilt for it, so at most one of those a frame.

        Args:
            stamp: capture time of the frame that is observed now, nanoseconds.

        Returns:
            Why a lane could not be rebuilt: it starts over; '' when none failed.
        """
        lines = self._history(stamp)
        for lane in self.lanes:
            if lane.busy or lane.told == lines:
                continue
            seen = lane.dialogue.frames
            try:
                lane.tell(lines)
            except BackboneError as error:
                lane.dialogue.restart()
                return str(error)
            if seen:
                break
        return ''

    def remember(self, encoded: EncodedFrame, limit: int) -> None:
        """Keep the last `limit` frames for instructions that start later."""
        self._recent.append(encoded)
        while len(self._recent) > limit:
            self._recent.popleft()

    def retire(self, instruction_id: int, flaw: str) -> list[Event]:
        """End an instruction: it finishes the answer in progress, and its lane closes.

        Args:
            instruction_id: an active instruction.
            flaw: what its waiting frames are reported with.
        """
        events: list[Event] = []
        lane = self._lanes.get(instruction_id)
        if lane is not None:
            lane.retired = True
            events = lane.drop_waiting(Reason.ENDED, flaw)
            if not lane.speaking:
                self.close(lane)
        if self._book.get(instruction_id) is not None:
            self._book.cancel(instruction_id)
        return events

    def close(self, lane: InstructionLane) -> None:
        """Close a lane."""
        lane.dialogue.close()
        self._lanes.pop(lane.instruction.id, None)

    def clear(self, flaw: str) -> list[Event]:
        """Forget the stream: end every answer, close every lane; instructions start over."""
        events: list[Event] = []
        for lane in self.lanes:
            events += self._end(lane, flaw)
            self.close(lane)
        self._recent.clear()
        self._stream_id = 0
        self._grid = None
        self._book.restart()
        return events

    def _kept(
        self,
        instruction: Instruction,
        encoded: EncodedFrame,
        waiting: list[EncodedFrame],
        room: int,
    ) -> list[EncodedFrame]:
        """Kept frames from before the last ones; each is encoded when it is its turn."""
        if not instruction.backfill:
            return []
        tick = encoded.frame.tick
        first = (waiting or [encoded])[0].frame.stamp
        past = self._past(tick.stamp - instruction.backfill, first)
        kept = [
            EncodedFrame(Frame(tick_before(tick, frame.stamp), None), past=frame) for frame in past
        ]
        return kept[: max(0, room - len(waiting))]

    def _restore(self, lane: InstructionLane, encoded: EncodedFrame) -> None:
        """Start a lane with what it said and saw before a restart, as far as it fits."""
        past = self._restored(lane.instruction.id)
        turns = restored_turns(past, encoded.frame.tick, self._backbone.prompt, self._see)
        if not turns:
            return
        try:
            lane.dialogue.restore(turns)
        except BackboneError:
            lane.dialogue.restart()

    def _see(self, past: PastFrame) -> VisionTokens | None:
        """A frame of before a restart, once for all lanes that open with the same frame."""
        if past.stamp not in self._seen:
            self._seen[past.stamp] = None
            image = past.load()
            if image is not None and self._backbone.grid(*image.shape[:2]) == self._grid:
                with suppress(BackboneError):
                    self._seen[past.stamp] = self._backbone.encode(image)
        return self._seen[past.stamp]

    def _encoded(self, encoded: EncodedFrame) -> EncodedFrame:
        """A kept frame with its vision tokens; it may have only pixels so far."""
        if encoded.vision is not None:
            return encoded
        assert encoded.frame.image is not None
        vision = self._backbone.encode(encoded.frame.image)
        return EncodedFrame(encoded.frame.without_image(), vision)

    @staticmethod
    def _end(lane: InstructionLane, flaw: str) -> list[Event]:
        return lane.end_answer(Finish.CANCELED) + lane.drop_waiting(Reason.ENDED, flaw)
