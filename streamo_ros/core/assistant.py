# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frame in, events out: the whole assistant, in two verbs.

`observe` lets every lane look and decide; `speak` advances the answers under way by a few tokens.
Knows which watchers look, wait or speak, and batches those with the same work. Knows no ROS, no
thread, no clock but a steady one for measuring, and no tensor. One thread calls it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.decision import decide
from streamo_ros.core.decision import probabilities
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.dialogue import ContextLimits
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction_lane import EncodedFrame
from streamo_ros.core.instruction_lane import InstructionLane
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.lane_pool import LanePool
from streamo_ros.core.protocol import State
from streamo_ros.core.restored_turns import RestoredAnswers


@dataclass(frozen=True)
class AssistantSettings:
    """What may change while the assistant runs; assign a new one to `Assistant.settings`.

    Attributes:
        thresholds: when a state is chosen.
        sampling: how answers are decoded.
        memory: sizes of a lane; lanes that exist keep theirs.
        backlog: frames that a lane may have waiting while it speaks.
        backfill_frames: how many of the last frames are kept for instructions that begin later.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    sampling: Sampling = field(default_factory=Sampling)
    memory: ContextLimits = field(default_factory=ContextLimits)
    backlog: int = 16
    backfill_frames: int = 8


class Assistant:
    """Watches one stream for all standing instructions.

    Args:
        backbone: the model.
        book: what is being watched for; changed by anyone, at any time.
        settings: see `AssistantSettings`.
        policy: what leaves a lane's window.
        recall: what was said to an instruction before a restart; by default nothing.

    Attributes:
        failures: frames and tokens on which the model failed.
        last_failure: the last failure, in one sentence; '' when there was none.
    """

    def __init__(
        self,
        backbone: Backbone,
        book: InstructionBook,
        settings: AssistantSettings | None = None,
        policy: EvictionPolicy | None = None,
        restore_answers: RestoredAnswers = lambda _: (),
    ) -> None:
        self.settings = settings or AssistantSettings()
        self.failures = 0
        self.last_failure = ''
        self._backbone = backbone
        self._book = book
        self._pool = LanePool(backbone, book, policy or WindowPolicy(), restore_answers)
        self._next_response = 1

    @property
    def busy(self) -> bool:
        """Whether `speak` has something to do."""
        return any(lane.busy for lane in self._pool.lanes)

    @property
    def lanes(self) -> tuple[InstructionLane, ...]:
        """The instructions at work; for diagnostics and feedback, not to be changed."""
        return self._pool.lanes

    def observe(self, frame: Frame) -> list[Event]:
        """Let every standing instruction look at a frame.

        Lanes that are free decide at once, in one vision pass and one batched extend. A lane that
        speaks or has frames waiting puts the frame behind them; `speak` decides it later.

        Args:
            frame: the next sampled frame; without an image it is reported as UNKNOWN.

        Returns:
            What happened, in order. Exactly one `Decided` for every instruction that stands at
            the frame's capture time comes now or later; one with id 0 when none stands.
        """
        events = self._pool.follow(frame)
        due = [one for one in self._book.standing() if one.since <= frame.stamp]
        if frame.image is None:
            return events + _missed(frame, due)
        if not due:
            self._pool.remember(EncodedFrame(frame), self.settings.backfill_frames)
            return events + _missed(frame.missed(Reason.NO_INSTRUCTION, 'nothing stands'), due)
        began = time.perf_counter()
        try:
            seen = EncodedFrame(frame.without_image(), self._backbone.encode(frame.image))
        except BackboneError as error:
            return events + self._fail(frame, due, error)
        took = time.perf_counter() - began
        events += self._pool.follow_grid(seen)
        refused, due = self._admit(due, seen)
        self._pool.remember(seen, self.settings.backfill_frames)
        return events + refused + self._look(seen, due, took)

    def speak(self, budget: int) -> list[Event]:
        """Advance what is under way.

        Each step decodes one token for every lane that speaks, in one batch, and decides one
        waiting frame for every lane that has some and does not speak. Cancelled instructions
        fall silent before the next step.

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
            behind = [one for one in self.lanes if one.waiting and not one.speaking]
            events += self._decode()
            events += self._decide([(one, one.waiting.popleft()) for one in behind])
        return events

    def reset(self) -> list[Event]:
        """Forget the stream, keep the instructions; answers under way are cut."""
        return self._pool.clear()

    def _admit(
        self, due: Sequence[Instruction], seen: EncodedFrame
    ) -> tuple[list[Event], list[Instruction]]:
        """Give every instruction its lane; returns those that have one or wait for one."""
        events: list[Event] = []
        admitted = []
        for instruction in due:
            try:
                self._pool.watch(instruction, seen, self.settings.memory)
                admitted.append(instruction)
            except BackboneError as error:
                events += self._fail(seen.frame, [instruction], error)
        return events, admitted

    def _look(self, seen: EncodedFrame, due: Sequence[Instruction], took: float) -> list[Event]:
        """Lanes that are free decide now; the others queue the frame, as long as there is room."""
        events: list[Event] = []
        free: list[tuple[InstructionLane, EncodedFrame]] = []
        for instruction in due:
            lane = self._pool.get(instruction.id)
            if lane is not None and not lane.busy:
                free.append((lane, seen))
            elif lane is not None and len(lane.waiting) < self.settings.backlog:
                lane.waiting.append(seen)
            else:
                flaw = 'its lane still speaks and no more frames can wait'
                events += _missed(seen.frame.missed(Reason.OVERFLOW, flaw), [instruction])
        return events + self._decide(free, took)

    def _decide(
        self, looks: Sequence[tuple[InstructionLane, EncodedFrame]], encode_time: float = 0.0
    ) -> list[Event]:
        """One batched extend; one decision for each lane."""
        if not looks:
            return []
        began = time.perf_counter()
        asked = [(lane, seen, self._ask(lane, seen)) for lane, seen in looks]
        rows = iter(self._extend([request for *_, request in asked if request is not None]))
        extend_time = time.perf_counter() - began
        events: list[Event] = []
        for lane, seen, request in asked:
            row = next(rows) if request is not None else None
            if row is not None and not np.isfinite(row).all():
                lane.dialogue.undo()
                row = None
            if row is None:
                events += self._failed_look(lane, seen)
            else:
                events.append(self._settle(lane, seen, row, (encode_time, extend_time)))
                encode_time = 0.0
        return events

    def _ask(self, lane: InstructionLane, seen: EncodedFrame) -> Request | None:
        """The lane's request; None, and an empty lane, when it cannot make room."""
        assert seen.vision is not None
        try:
            return lane.dialogue.request(seen.frame.tick, seen.vision)
        except BackboneError as error:
            self.last_failure = str(error)
            lane.dialogue.restart()
            return None

    def _extend(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        try:
            return self._backbone.extend(requests) if requests else np.empty((0, 3), np.float32)
        except BackboneError as error:
            self.last_failure = str(error)
            return np.full((len(requests), 3), np.nan, np.float32)

    def _settle(
        self,
        lane: InstructionLane,
        seen: EncodedFrame,
        row: NDArray[np.float32],
        times: tuple[float, float],
    ) -> Decided:
        chances = probabilities(row)
        may_respond = seen.frame.stamp >= lane.quiet_until
        state = decide(chances, self.settings.thresholds, may_respond)
        response_id = 0
        if state is State.RESPONSE:
            response_id, self._next_response = self._next_response, self._next_response + 1
            lane.begin_answer(seen, response_id, chances[2])
        lane.decided(state, seen)
        decided = Decided(
            frame=seen.frame,
            instruction_id=lane.instruction.id,
            state=state,
            probabilities=chances,
            response_id=response_id,
            time_origin=lane.dialogue.time_origin,
            context_tokens=lane.dialogue.tokens,
            encode_time=times[0],
            extend_time=times[1],
            tag=lane.dialogue.tag(seen.frame.tick),
        )
        if response_id:
            self._count_response(lane)
        return decided

    def _count_response(self, lane: InstructionLane) -> None:
        counted = self._book.count_response(lane.instruction.id)
        lane.instruction = counted or lane.instruction
        if lane.instruction.finished:
            self._pool.retire(lane.instruction.id)

    def _decode(self) -> list[Event]:
        """One token for every lane that speaks, in one batch."""
        speakers = [lane for lane in self.lanes if lane.speaking]
        if not speakers:
            return []
        requests = [lane.dialogue.feed() for lane in speakers]
        try:
            tokens = self._backbone.decode(requests, self.settings.sampling)
        except BackboneError as error:
            self.last_failure = str(error)
            tokens = [-1] * len(speakers)
        self.failures += sum(token < 0 for token in tokens)
        events: list[Event] = []
        for lane, token in zip(speakers, tokens, strict=True):
            events += lane.hear(token)
            if lane.retired and not lane.speaking:
                self._pool.leave(lane)
        return events

    def _fail(self, frame: Frame, due: Sequence[Instruction], error: BackboneError) -> list[Event]:
        self.failures += 1
        self.last_failure = str(error)
        return _missed(frame.missed(Reason.MODEL_FAILED, str(error)), due)

    def _failed_look(self, lane: InstructionLane, seen: EncodedFrame) -> list[Event]:
        self.failures += 1
        self.last_failure = self.last_failure or 'the state logits were not finite'
        frame = seen.frame.missed(Reason.MODEL_FAILED, self.last_failure)
        return _missed(frame, [lane.instruction])


def _missed(frame: Frame, due: Sequence[Instruction]) -> list[Event]:
    """A frame without a decision: one UNKNOWN a standing instruction, one in all with none."""
    ids = [instruction.id for instruction in due] or [0]
    return [Decided(frame, key, reason=frame.reason) for key in ids]
