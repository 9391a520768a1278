# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames in, events out: the whole assistant in two verbs.

`observe` lets every lane decide a frame; `speak` advances the answers in progress by a few tokens.
Lanes with the same work run as one batch. Single-threaded; a steady clock only measures.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.decision import decide
from streamo_ros.core.decision import probabilities
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.events import HeldBack
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.history import History
from streamo_ros.core.history import no_history
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction_lane import EncodedFrame
from streamo_ros.core.instruction_lane import InstructionLane
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.kept_frames import completed
from streamo_ros.core.kept_frames import LaneFrame
from streamo_ros.core.kept_frames import made_ready
from streamo_ros.core.lane_pool import LanePool
from streamo_ros.core.passes import LogitsRow
from streamo_ros.core.passes import PassRunner
from streamo_ros.core.past_frame import PastFrames
from streamo_ros.core.protocol import State
from streamo_ros.core.rereading import is_ready
from streamo_ros.core.rereading import read_on
from streamo_ros.core.restored_turns import RestoredTurns
from streamo_ros.core.speech import Finish


class Assistant:
    """Watches one stream for all active instructions.

    Args:
        backbone: the model.
        book: the active instructions; may be changed by any thread at any time.
        settings: see `AssistantSettings`.
        policy: what leaves a lane's window.
        restored: turns from before a restart; none by default.
        past: kept frames for instructions that look back; none by default.
        history: the past in words for every instruction; none by default.

    Attributes:
        passes: runs the model and counts its failures.
        vision: the vision tokens of the frame observed last; None when it was not encoded.
    """

    def __init__(
        self,
        backbone: Backbone,
        book: InstructionBook,
        settings: AssistantSettings | None = None,
        policy: EvictionPolicy | None = None,
        restored: RestoredTurns = lambda _: (),
        past: PastFrames = lambda _start, _end: (),
        history: History = no_history,
    ) -> None:
        self.settings = settings or AssistantSettings()
        self.passes = PassRunner(backbone)
        self._book = book
        self._pool = LanePool(backbone, book, policy or WindowPolicy(), restored, past, history)
        self._next_response = 1
        self.vision: VisionTokens | None = None

    @property
    def busy(self) -> bool:
        """Whether `speak` has something to do."""
        return any(lane.busy for lane in self._pool.lanes)

    @property
    def lanes(self) -> tuple[InstructionLane, ...]:
        """The open lanes; for diagnostics and feedback, not to be changed."""
        return self._pool.lanes

    def observe(self, frame: Frame) -> list[Event]:
        """Let every active instruction decide a frame.

        Free lanes decide at once, in one vision pass and one batched extend. One that speaks, is
        being rebuilt or has frames waiting queues the frame, which `speak` decides later.

        Args:
            frame: the next sampled frame; without an image it is reported as UNKNOWN.

        Returns:
            What happened, in order. Every instruction that is active at the frame's capture time
            gets exactly one `Decided`, now or later; id 0 gets one if none is active.
        """
        self.vision = None
        events = self._pool.follow(frame)
        due = [active for active in self._book.active() if active.since <= frame.stamp]
        if frame.image is None:
            return events + _missed(frame, due)
        if not due:
            self._pool.remember(EncodedFrame(frame), self.settings.backfill_frames)
            return events + _missed(
                frame.missed(Reason.NO_INSTRUCTION, 'no instruction is active'), due
            )
        began = time.perf_counter()
        vision = self.passes.encode(frame.image)
        if vision is None:
            return events + self._failed(frame, due)
        self.vision = vision
        encoded = EncodedFrame(frame.without_image(), vision)
        encode_time = time.perf_counter() - began
        events += self._follow_grid(encoded)
        refused, due = self._open_lanes(due, encoded)
        self._pool.remember(encoded, self.settings.backfill_frames)
        return events + refused + self._distribute(encoded, due, encode_time)

    def speak(self, budget: int) -> list[Event]:
        """Advance what is in progress.

        Each step decodes one token for every lane that speaks, in one batch, decides one waiting
        frame for every other lane, and reads a part of one that is being rebuilt. Canceled
        instructions fall silent before the next step.

        Args:
            budget: most steps.

        Returns:
            What happened, in order.
        """
        events: list[Event] = []
        for _ in range(budget):
            events += self._pool.follow_book()
            if not self.busy:
                break
            behind = [lane for lane in self.lanes if lane.waiting and not lane.speaking]
            behind = [lane for lane in behind if is_ready(lane, lane.waiting[0], self.passes)]
            read_on(self.lanes, self.passes)
            events += self._decode()
            waiting = [(lane, lane.waiting.popleft()) for lane in behind]
            ready, missed = made_ready(waiting, self.passes, self._pool.grid)
            events += [*missed, *self._decide(ready)]
        return events

    def reset(self) -> list[Event]:
        """Forget the stream, keep the instructions; answers in progress are canceled."""
        return self._pool.clear('the stream was reset before it was decided')

    def _follow_grid(self, encoded: EncodedFrame) -> list[Event]:
        events, failure = self._pool.follow_grid(encoded)
        if failure:
            self.passes.count_failure(failure)
        return events

    def _open_lanes(
        self, due: Sequence[Instruction], encoded: EncodedFrame
    ) -> tuple[list[Event], list[Instruction]]:
        """Give every instruction its lane; returns those that have one or wait for one."""
        events, opened = list[Event](), list[Instruction]()
        for instruction in due:
            try:
                self._pool.open(
                    instruction, encoded, self.settings.limits, max(1, self.settings.backlog - 1)
                )
                opened.append(instruction)
            except BackboneError as error:
                self.passes.count_failure(str(error))
                events += self._failed(encoded.frame, [instruction])
        return events, opened

    def _distribute(
        self, encoded: EncodedFrame, due: Sequence[Instruction], encode_time: float
    ) -> list[Event]:
        """Free lanes decide now; the others queue the frame while there is room."""
        if failure := self._pool.tell_past(encoded.frame.stamp):
            self.passes.count_failure(failure)
        events, free = list[Event](), list[LaneFrame]()
        for instruction in due:
            lane = self._pool.get(instruction.id)
            if lane is not None and not lane.busy and is_ready(lane, encoded, self.passes):
                free.append((lane, encoded))
            elif lane is not None and len(lane.waiting) < self.settings.backlog:
                lane.waiting.append(encoded)
            else:
                flaw = 'its lane is busy with earlier frames and its queue is full'
                events += _missed(encoded.frame.missed(Reason.OVERFLOW, flaw), [instruction])
        return events + self._decide(free, encode_time)

    def _decide(self, pairs: Sequence[LaneFrame], encode_time: float = 0.0) -> list[Event]:
        """One batched extend; one decision for each lane whose step is complete."""
        pairs, missed, pass_time = completed(pairs, self.passes)
        encode_time += pass_time
        began = time.perf_counter()
        requests = [self._request(lane, encoded) for lane, encoded in pairs]
        rows = iter(self.passes.extend([request for request in requests if request is not None]))
        extend_time = time.perf_counter() - began
        events: list[Event] = [*missed]
        for (lane, encoded), request in zip(pairs, requests, strict=True):
            row = next(rows) if request is not None else None
            if row is not None:
                events += self._commit(lane, encoded, row, (encode_time, extend_time))
                encode_time = 0.0
                continue
            if request is not None:
                lane.dialogue.undo()
            events += self._failed(encoded.frame, [lane.instruction])
        return events

    def _request(self, lane: InstructionLane, encoded: EncodedFrame) -> Request | None:
        """The lane's request; None, and an empty lane, if it cannot make room."""
        assert encoded.vision is not None
        try:
            return lane.dialogue.request(encoded.frame.tick, encoded.vision)
        except BackboneError as error:
            self.passes.count_failure(str(error))
            lane.dialogue.restart()
            return None

    def _commit(
        self,
        lane: InstructionLane,
        encoded: EncodedFrame,
        row: LogitsRow,
        times: tuple[float, float],
    ) -> list[Event]:
        frame = encoded.frame
        chances = probabilities(row)
        thresholds, notify = self.settings.thresholds, self.settings.notify
        response_id = 0
        held = lane.reason_to_hold(frame.stamp, chances, self.settings)
        newly_held = lane.delivery.follow(decide(chances, thresholds), held)
        state = decide(chances, thresholds, may_respond=not held)
        if state is State.RESPONSE:
            response_id, self._next_response = self._next_response, self._next_response + 1
        kind = lane.prompt.answer_kind(row.tolist())
        lane.commit(state, frame, response_id, chances[2], notify, kind)
        decided = Decided(
            frame=frame,
            instruction_id=lane.instruction.id,
            state=state,
            probabilities=chances,
            response_id=response_id,
            time_origin=lane.dialogue.time_origin,
            context_tokens=lane.dialogue.tokens,
            encode_time=times[0],
            extend_time=times[1],
            tag=lane.dialogue.tag,
            log_odds=lane.baseline.follow(frame.stamp, chances[2]),
        )
        return [decided, *([HeldBack(frame, lane.instruction.id, held)] if newly_held else [])]

    def _count_response(self, lane: InstructionLane) -> list[Event]:
        lane.due = False
        counted = self._book.count_response(lane.instruction.id)
        lane.instruction = counted or lane.instruction
        if not lane.instruction.finished:
            return []
        flaw = 'the instruction had given all of its responses before it was decided'
        return self._pool.retire(lane.instruction.id, flaw)

    def _decode(self) -> list[Event]:
        """One token for every lane that is speaking, in one batch."""
        events: list[Event] = []
        speakers = []
        for lane in [lane for lane in self.lanes if lane.speaking]:
            if lane.dialogue.is_full:
                events += self._after_answer(lane, lane.end_answer(Finish.LENGTH))
            else:
                speakers.append(lane)
        requests = [lane.dialogue.decode_request() for lane in speakers]
        tokens = self.passes.decode(requests, self.settings.sampling)
        for lane, token in zip(speakers, tokens, strict=True):
            events += self._after_answer(lane, lane.on_token(token))
        return events

    def _after_answer(self, lane: InstructionLane, events: list[Event]) -> list[Event]:
        """Count an answer that has text, which may close its lane; close one that had to end."""
        if lane.due:
            events = events + self._count_response(lane)
        if lane.retired and not lane.speaking and lane in self.lanes:
            self._pool.close(lane)
        return events

    def _failed(self, frame: Frame, due: Sequence[Instruction]) -> list[Event]:
        return _missed(frame.missed(Reason.MODEL_FAILED, self.passes.last_failure), due)


def _missed(frame: Frame, due: Sequence[Instruction]) -> list[Event]:
    """A frame without a decision: one UNKNOWN per active instruction, or one if there is none."""
    ids = [instruction.id for instruction in due] or [0]
    return [Decided(frame, key, reason=frame.reason) for key in ids]
