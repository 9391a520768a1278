# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A question about the past, or a summary of it: a lane of its own, closed after the answer.

The live lanes never see it: it has its own slot, and none of its passes is batched with theirs. It
runs in small pieces, one frame or a few tokens each, so that looking waits for one piece at most.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import decide
from streamo_ros.core.decision import probabilities
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.events import Answered
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction_lane import InstructionLane
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Sampling
from streamo_ros.core.passes import PassRunner
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish


class ProbeSettings(Protocol):
    """What a question shares with the live lanes; `AssistantSettings` has it."""

    @property
    def thresholds(self) -> Thresholds:
        """When there is an answer."""

    @property
    def sampling(self) -> Sampling:
        """How it is decoded."""

    @property
    def limits(self) -> ContextLimits:
        """How long it may be."""


class Probe:
    """One question, from its first frame to its answer; used by the thread that owns the model.

    Every frame but the last is followed by Silence; after the last, the state is decided. Where it
    is Response, the answer is decoded; otherwise there is none.

    Args:
        backbone: where the lane is opened.
        question: clean text.
        frames: in the order of time.
        seconds: how long a frame represents, for its time tag.
        settings: thresholds, sampling and limits of the live lanes.
        on_change: called after every piece, in the thread that makes them.
        must_answer: the answer is decoded whatever is decided.

    Attributes:
        done: whether it has ended.
        canceled: set from any thread to end it at its next piece.
        failure: why it failed, in one sentence; ''.
        shown: capture times of the frames that the model was shown, nanoseconds.
        probability: of Response after the last frame.
        text: the answer; so far, while it is not done.
        cut: whether the answer had no more room.
    """

    def __init__(
        self,
        backbone: Backbone,
        question: str,
        frames: Sequence[PastFrame],
        seconds: float,
        settings: ProbeSettings,
        on_change: Callable[[], None] = lambda: None,
        *,
        must_answer: bool = False,
    ) -> None:
        self.done = False
        self.canceled = False
        self.failure = ''
        self.shown: list[int] = []
        self.probability = 0.0
        self.text = ''
        self.cut = False
        self._backbone = backbone
        self._question = question
        self._frames = tuple(frames)
        self._waiting = list(frames)
        self._seconds = Fraction(seconds).limit_denominator(1000)
        # Tags may grow as long as the memory is, and nothing may leave.
        self._limits = replace(settings.limits, max_frames=len(frames) + 1, max_time=0.0)
        self._settings = settings
        self._on_change = on_change
        self._must_answer = must_answer
        self._passes = PassRunner(backbone)
        self._lane: InstructionLane | None = None

    def advance(self, budget: int) -> None:
        """Do the next piece: one frame, or a few tokens.

        Args:
            budget: most tokens.
        """
        try:
            if self.canceled:
                self.close()
            elif self._lane is None:
                self._open()
            elif self._waiting:
                self._look(self._lane, self._waiting.pop(0))
            else:
                self._speak(self._lane, budget)
        except BackboneError as error:
            self._fail(str(error))
        self._on_change()

    def end(self, failure: str = '') -> None:
        """End it from outside, and say so.

        Args:
            failure: why, in one sentence; '' = it is canceled.
        """
        self.failure, self.canceled = failure, not failure
        try:
            self.close()
        finally:
            self._on_change()

    def close(self) -> None:
        """End it, whether there is an answer or not, and give the slot back."""
        self.done = True
        self._give_back()

    def start_over(self) -> None:
        """Give the slot back to something more urgent, and begin anew at the next piece."""
        self._give_back()
        self.shown, self.text, self._waiting = [], '', list(self._frames)

    def _give_back(self) -> None:
        if self._lane is not None:
            self._lane.dialogue.close()
            self._lane = None

    def _open(self) -> None:
        lane = InstructionLane(
            self._backbone, WindowPolicy(), Instruction(0, self._question), self._limits
        )
        self._lane = lane
        # As many as fit, spread over all of them.
        prompt, info = self._backbone.prompt, self._backbone.info
        turn = prompt.longest_turn(info.max_tokens_per_frame or info.tokens_per_frame)
        room = self._backbone.capacity - len(prompt.sink(self._question))
        most = max(1, (room - self._limits.max_new_tokens) // turn - 1)
        count = len(self._waiting)
        if count > most:
            self._waiting = [
                self._waiting[round(at * (count - 1) / max(1, most - 1))] for at in range(most)
            ]

    def _look(self, lane: InstructionLane, past: PastFrame) -> None:
        image = past.load()
        if image is None:
            # It was thinned out meanwhile.
            if not self._waiting:
                self._fail('the newest picture of that time is gone: ask again')
            return
        vision = self._passes.encode(image)
        if vision is None:
            raise BackboneError(self._passes.last_failure)
        stamp, start = past.stamp, Fraction(past.stamp, SECOND)
        tick = Tick(stamp, start, start + self._seconds, len(self.shown), 0)
        (row,) = self._passes.extend([lane.dialogue.request(tick, vision)])
        if row is None:
            raise BackboneError(self._passes.last_failure)
        self.shown.append(stamp)
        if self._waiting:
            lane.commit(State.SILENCE, Frame(tick, None))
            return
        chances = probabilities(row)
        self.probability = chances[2]
        decided = decide(chances, self._settings.thresholds)
        if self._must_answer or decided is State.RESPONSE:
            lane.commit(State.RESPONSE, Frame(tick, None))
        else:
            self.close()

    def _speak(self, lane: InstructionLane, budget: int) -> None:
        for _ in range(budget):
            if lane.dialogue.is_full:
                events = lane.end_answer(Finish.LENGTH)
            else:
                requests = [lane.dialogue.decode_request()]
                (token,) = self._passes.decode(requests, self._settings.sampling)
                events = lane.on_token(token)
            self.text = lane.partial_text or self.text
            ended = next((event for event in events if isinstance(event, Answered)), None)
            if ended is not None:
                self.text, self.cut = ended.text, ended.finish is Finish.LENGTH
                if ended.finish is Finish.ERROR:
                    self.failure = self._passes.last_failure
            if not lane.speaking:
                # Also where nothing was said: that is held back, and no answer.
                self.close()
                return

    def _fail(self, reason: str) -> None:
        self.failure = reason
        self.close()
