# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who is at work: one watcher for each standing instruction, following book, stream and image.

Knows when a lane is opened, begun anew and given back; not what a lane decides or says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from streamo_ros.core.dialogue import Memory
from streamo_ros.core.events import Event
from streamo_ros.core.eviction import Policy
from streamo_ros.core.frame import Frame
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction_lane import Seen
from streamo_ros.core.instruction_lane import Watcher
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.restored_turns import Recall
from streamo_ros.core.restored_turns import recalled_turns
from streamo_ros.core.speech import Finish


class Roster:
    """The watchers at work.

    Args:
        backbone: where lanes are opened.
        book: what is being watched for.
        policy: what leaves a lane's window.
        recall: what was said to an instruction before a restart.
    """

    def __init__(
        self, backbone: Backbone, book: InstructionBook, policy: Policy, recall: Recall
    ) -> None:
        self._backbone = backbone
        self._book = book
        self._policy = policy
        self._recall = recall
        self._watchers: dict[int, Watcher] = {}
        self._recent: deque[Seen] = deque()
        self._book_version = -1
        self._stream_id = 0
        self._grid: tuple[int, int] | None = None

    @property
    def watchers(self) -> tuple[Watcher, ...]:
        """All of them, oldest first."""
        return tuple(self._watchers.values())

    def get(self, instruction_id: int) -> Watcher | None:
        """The watcher of an instruction; None while it has no lane."""
        return self._watchers.get(instruction_id)

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
        for key, watcher in self._watchers.items():
            watcher.instruction = standing.get(key, watcher.instruction)
            if key not in standing and not watcher.retired:
                gone.append(watcher)
        events = _cut(gone)
        for watcher in gone:
            self.leave(watcher)
        return events

    def follow_grid(self, seen: Seen) -> list[Event]:
        """Another image size: lanes go on from what they said, without what they saw."""
        assert seen.sight is not None
        before, self._grid = self._grid, seen.sight.grid
        if before in (None, self._grid):
            return []
        events = _cut(self.watchers)
        self._recent.clear()
        for watcher in self.watchers:
            events += watcher.drop_waiting('the image size changed before it was decided')
            watcher.lane.forget_frames()
        return events

    def watch(self, instruction: Instruction, seen: Seen, memory: Memory) -> None:
        """Give an instruction its lane, and the frames it looks back at.

        While every slot is taken (by one that has ended and still speaks) it waits.

        Raises:
            BackboneError: a frame it looks back at cannot be encoded.
        """
        if instruction.id in self._watchers or len(self._watchers) >= self._backbone.lanes:
            return
        oldest = seen.frame.stamp - instruction.backfill
        past = [old for old in self._recent if instruction.backfill and old.frame.stamp >= oldest]
        waiting = [self._encoded(old) for old in past]
        watcher = Watcher(self._backbone, self._policy, instruction, memory)
        self._remind(watcher, seen)
        watcher.waiting.extend(waiting)
        self._watchers[instruction.id] = watcher
        self._book.begin(instruction.id, (waiting or [seen])[0].frame.stamp)

    def remember(self, seen: Seen, most: int) -> None:
        """Keep the last `most` frames for instructions that begin later."""
        self._recent.append(seen)
        while len(self._recent) > most:
            self._recent.popleft()

    def retire(self, instruction_id: int) -> None:
        """An instruction ends by itself: it finishes what it says, and leaves."""
        watcher = self._watchers.get(instruction_id)
        if watcher is not None:
            watcher.retired = True
            watcher.waiting.clear()
            if not watcher.speaking:
                self.leave(watcher)
        if self._book.get(instruction_id) is not None:
            self._book.cancel(instruction_id)

    def leave(self, watcher: Watcher) -> None:
        """Close a lane."""
        watcher.lane.close()
        self._watchers.pop(watcher.instruction.id, None)

    def clear(self) -> list[Event]:
        """Forget the stream: cut every answer, close every lane; instructions begin again."""
        events = _cut(self.watchers)
        for watcher in self.watchers:
            self.leave(watcher)
        self._recent.clear()
        self._stream_id = 0
        self._grid = None
        self._book.restart()
        return events

    def _remind(self, watcher: Watcher, seen: Seen) -> None:
        """Let a lane begin with what was said before a restart, if that fits into it."""
        said = self._recall(watcher.instruction.id)
        turns = recalled_turns(said, seen.frame.tick, self._backbone.wording)
        if not turns:
            return
        try:
            watcher.lane.recall(turns)
        except BackboneError:
            watcher.lane.restart()

    def _encoded(self, seen: Seen) -> Seen:
        """A kept frame with its vision tokens; one seen while nobody watched has only pixels."""
        if seen.sight is not None:
            return seen
        assert seen.frame.image is not None
        return Seen(seen.frame.without_image(), self._backbone.encode(seen.frame.image))


def _cut(watchers: Sequence[Watcher]) -> list[Event]:
    return [event for one in watchers for event in one.cut(Finish.CANCELED)]
