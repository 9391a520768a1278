# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One instruction at work: its lane, the frames that wait for it, the answer it is giving.

Knows what one instruction's past decisions mean for its next one (event interval, cooldown) and
turns tokens into events. Which watchers look or speak together is the assistant's business.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from streamo_ros.core.dialogue import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.events import Spoke
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish
from streamo_ros.core.speech import Speech


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """A frame and its vision tokens; without them while nobody has needed them."""

    frame: Frame
    vision: VisionTokens | None = None


@dataclass
class AnswerInProgress:
    """An answer under way and what it is about."""

    frame: Frame
    response_id: int
    event_start: int
    probability: float
    speech: Speech
    began: float
    first_token_time: float = 0.0
    pieces: int = 0


class InstructionLane:
    """An instruction with its lane.

    Attributes:
        instruction: as it stands now.
        lane: its dialogue.
        waiting: frames seen while it spoke, oldest first; each is decided by its own extend.
        retired: it stands no longer and only finishes what it says.
        quiet_until: capture time before which it may not respond, nanoseconds.
    """

    def __init__(
        self,
        backbone: Backbone,
        policy: EvictionPolicy,
        instruction: Instruction,
        memory: ContextLimits,
    ) -> None:
        self.instruction = instruction
        self.dialogue = Dialogue(backbone, policy, instruction.text, memory)
        self.waiting: deque[EncodedFrame] = deque()
        self.retired = False
        self.quiet_until = 0
        self._prompt = backbone.prompt
        self._max_new_tokens = memory.max_new_tokens
        self._standby_since = 0
        self._answer: AnswerInProgress | None = None

    @property
    def speaking(self) -> bool:
        """Whether an answer is under way."""
        return self._answer is not None

    @property
    def busy(self) -> bool:
        """Whether it cannot decide a new frame at once."""
        return self.speaking or bool(self.waiting)

    @property
    def partial_text(self) -> str:
        """The answer under way, so far."""
        return self._answer.speech.text if self._answer else ''

    def decided(self, state: State, seen: EncodedFrame) -> None:
        """Note the decision of the frame last appended."""
        self.dialogue.settle(state)
        if state is State.STANDBY:
            self._standby_since = self._standby_since or seen.frame.stamp
        else:
            self._standby_since = 0

    def begin_answer(self, seen: EncodedFrame, response_id: int, probability: float) -> None:
        """Respond about this frame; call before `decided`."""
        stamp = seen.frame.stamp
        self.quiet_until = stamp + self.instruction.cooldown
        tokenizer = self._prompt.tokenizer
        self._answer = AnswerInProgress(
            frame=seen.frame,
            response_id=response_id,
            event_start=self._standby_since or stamp,
            probability=probability,
            speech=Speech(tokenizer.text, tokenizer.control_ids, self._max_new_tokens),
            began=time.perf_counter(),
        )

    def hear(self, token: int) -> list[Event]:
        """Take the next token of the answer; -1 = the model failed."""
        answer = self._answer
        assert answer is not None
        speech = answer.speech
        before = len(speech.tokens)
        text = speech.hear(token)
        answer.first_token_time = answer.first_token_time or time.perf_counter() - answer.began
        if speech.finish is Finish.ERROR:
            self.dialogue.failed()
        elif len(speech.tokens) > before:
            self.dialogue.heard(token)
        return self._report(answer, text)

    def cut(self, finish: Finish) -> list[Event]:
        """End the answer under way; nothing when there is none."""
        answer = self._answer
        return self._report(answer, answer.speech.cut(finish)) if answer else []

    def drop_waiting(self, flaw: str) -> list[Event]:
        """Report the waiting frames as overflowed."""
        dropped = [seen.frame.missed(Reason.OVERFLOW, flaw) for seen in self.waiting]
        self.waiting.clear()
        return [Decided(one, self.instruction.id, reason=one.reason) for one in dropped]

    def _report(self, answer: AnswerInProgress, text: str) -> list[Event]:
        events: list[Event] = []
        final = bool(answer.speech.finish)
        if text or final:
            piece = Spoke(
                answer.frame, self.instruction.id, answer.response_id, answer.pieces, text, final
            )
            answer.pieces += 1
            events.append(piece)
        if final:
            self.dialogue.finish()
            self._answer = None
            events.append(self._answered(answer))
        return events

    def _answered(self, answer: AnswerInProgress) -> Answered:
        return Answered(
            frame=answer.frame,
            instruction_id=self.instruction.id,
            response_id=answer.response_id,
            text=answer.speech.text,
            event_start=answer.event_start,
            event_end=answer.frame.stamp,
            time_origin=self.dialogue.time_origin,
            finish=answer.speech.finish,
            token_count=len(answer.speech.tokens),
            probability=answer.probability,
            first_token_time=answer.first_token_time,
            generation_time=time.perf_counter() - answer.began,
        )
