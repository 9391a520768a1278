# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One active instruction: its dialogue, the frames waiting for it, the answer it is giving.

Tracks what past decisions mean for the next one (event interval, cooldown) and turns tokens into
events. Which lanes run together in a batch is up to the assistant.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.baseline import Baseline
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import Hysteresis
from streamo_ros.core.delivery import Delivery
from streamo_ros.core.delivery import Held
from streamo_ros.core.delivery import NotifyLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Event
from streamo_ros.core.events import HeldBack
from streamo_ros.core.events import Spoke
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.history import history_text
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.protocol import Kind
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish
from streamo_ros.core.speech import Speech


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """A frame and its vision tokens.

    Attributes:
        frame: with its image while that may be needed.
        vision: None if no instruction needed them so far.
        past: where the image is, of a frame that was kept outside; else None.
    """

    frame: Frame
    vision: VisionTokens | None = None
    past: PastFrame | None = None


@dataclass
class AnswerInProgress:
    """An answer being decoded, and what it is about."""

    frame: Frame
    response_id: int
    event_start: int
    probability: float
    speech: Speech
    began: float
    limits: NotifyLimits
    episode_id: int = 0
    first_token_time: float = 0.0
    pieces: int = 0
    said: str = ''
    """The answer that it must not repeat; '' = it may say anything."""
    withheld: str = ''
    """Text that is not told yet, because it may become a repetition."""
    delivered: bool = False
    """Whether it is sure to be delivered."""


class InstructionLane:
    """An instruction with its dialogue.

    Attributes:
        instruction: its current version.
        dialogue: what it has seen and said.
        waiting: frames that arrived while it spoke, oldest first; each is decided by an extend of
            its own.
        retired: it is no longer active and only finishes its answer.
        delivery: what it has delivered.
        hysteresis: whether it may respond again.
        baseline: how probable a Response was in its first minute.
        due: an answer has begun to count as a response, which the book does not know yet.
        told: the past in words that it was told last.
        prompt: the dialect in the model's tokens.
    """

    def __init__(
        self,
        backbone: Backbone,
        policy: EvictionPolicy,
        instruction: Instruction,
        limits: ContextLimits,
    ) -> None:
        self.instruction = instruction
        self.dialogue = Dialogue(backbone, policy, instruction.text, limits)
        self.waiting: deque[EncodedFrame] = deque()
        self.retired = False
        self.delivery = Delivery()
        self.hysteresis = Hysteresis()
        self.baseline = Baseline()
        self.due = False
        self.told: Sequence[str] = ()
        self._backbone = backbone
        self._limits = limits
        self.prompt = backbone.prompt
        self._max_new_tokens = limits.max_new_tokens
        self._standby_since = 0
        self._answer: AnswerInProgress | None = None

    @property
    def speaking(self) -> bool:
        """Whether an answer is in progress."""
        return self._answer is not None

    @property
    def busy(self) -> bool:
        """Whether it cannot decide a new frame right away."""
        return self.speaking or bool(self.waiting) or bool(self.dialogue.rereading)

    @property
    def partial_text(self) -> str:
        """The answer in progress, so far."""
        return self._answer.speech.text if self._answer else ''

    def gather(self, encoded: EncodedFrame) -> EncodedFrame | None:
        """Hold a frame that is decided with later ones; see `Dialogue.gather`."""
        assert encoded.vision is not None
        vision = self.dialogue.gather(encoded.frame.tick, encoded.vision)
        return None if vision is None else EncodedFrame(encoded.frame, vision)

    def reason_to_hold(
        self, stamp: int, chances: tuple[float, float, float], settings: AssistantSettings
    ) -> Held:
        """Follow the probabilities of the next frame: why an answer to it would be held back."""
        if not self.hysteresis.ready(chances, settings.thresholds):
            return Held.HYSTERESIS
        return self.delivery.reason_to_hold(stamp, settings.notify)

    def commit(
        self,
        state: State,
        frame: Frame,
        response_id: int = 0,
        probability: float = 0.0,
        limits: NotifyLimits | None = None,
        kind: Kind = Kind.ANSWER,
    ) -> None:
        """Record the decision of the frame last appended.

        Args:
            state: the decision.
            frame: the frame.
            response_id: the answer that starts here, for Response.
            probability: of Response.
            limits: what may be delivered; None = anything.
            kind: what that answer is.
        """
        self.dialogue.commit(state, kind)
        if state is State.RESPONSE:
            self.hysteresis.spend()
            self._start_answer(frame, response_id, probability, limits or NotifyLimits(), kind)
        if state is State.STANDBY:
            self._standby_since = self._standby_since or frame.stamp
        else:
            self._standby_since = 0

    def tell(self, history: Sequence[str]) -> None:
        """Tell it what the past is in words; it may not be busy.

        Raises:
            BackboneError: its dialogue could not be rebuilt.
        """
        self.told = history
        self.dialogue.tell(
            history_text(history, self.instruction.text, self._backbone, self._limits)
        )

    def on_token(self, token: int | None) -> list[Event]:
        """Take the next token of the answer; None = the model failed."""
        answer = self._answer
        assert answer is not None
        speech = answer.speech
        text = speech.on_token(token)
        answer.first_token_time = answer.first_token_time or time.perf_counter() - answer.began
        if token is None:
            self.dialogue.undo_decode()
        elif speech.taken:
            self.dialogue.on_tokens(speech.taken)
        return self._report(answer, text)

    def end_answer(self, finish: Finish) -> list[Event]:
        """End the answer in progress, if there is one."""
        answer = self._answer
        return self._report(answer, answer.speech.end(finish)) if answer else []

    def drop_waiting(self, reason: Reason, flaw: str) -> list[Event]:
        """Report each waiting frame as not decided."""
        dropped = [waiting.frame.missed(reason, flaw) for waiting in self.waiting]
        self.waiting.clear()
        return [Decided(frame, self.instruction.id, reason=reason) for frame in dropped]

    def _start_answer(
        self,
        frame: Frame,
        response_id: int,
        probability: float,
        limits: NotifyLimits,
        kind: Kind,
    ) -> None:
        self._answer = AnswerInProgress(
            frame=frame,
            response_id=response_id,
            event_start=self._standby_since or frame.stamp,
            probability=probability,
            speech=Speech(self.prompt, self._max_new_tokens, kind),
            began=time.perf_counter(),
            limits=limits,
            episode_id=self.delivery.episode_id,
            said='' if limits.repeats else self.delivery.said,
        )

    def _report(self, answer: AnswerInProgress, text: str) -> list[Event]:
        events: list[Event] = []
        final, whole = bool(answer.speech.finish), answer.speech.text
        answer.withheld += text
        held = Held.NONE
        if final and not whole and answer.speech.finish in (Finish.STOP, Finish.LENGTH):
            held = Held.EMPTY
        elif answer.said == whole != '' and answer.speech.finish is Finish.STOP:
            held, answer.withheld = Held.REPEATED, ''
        # As long as it may become a repetition, or be empty, nobody hears of it.
        undecided = not final and answer.said.startswith(whole)
        if not (undecided or held or answer.delivered):
            answer.delivered = self.due = True
            self.delivery.deliver(answer.frame.stamp, self.instruction.cooldown, answer.limits)
        # What is held back has a last piece as well, an empty one: its id stands in a FrameState.
        if (answer.withheld or final) and not undecided:
            events.append(self._spoke(answer, answer.withheld, final))
            answer.withheld = ''
        if final:
            self.dialogue.finish()
            self._answer = None
            events.append(self._held_back(answer, held) if held else self._deliver(answer))
        return events

    def _deliver(self, answer: AnswerInProgress) -> Answered:
        self.delivery.remember(answer.speech.text, answer.episode_id)
        return self._answered(answer)

    def _held_back(self, answer: AnswerInProgress, held: Held) -> HeldBack:
        key, text = self.instruction.id, answer.speech.text
        return HeldBack(answer.frame, key, held, answer.response_id, text)

    def _spoke(self, answer: AnswerInProgress, text: str, final: bool) -> Spoke:
        index, answer.pieces = answer.pieces, answer.pieces + 1
        return Spoke(answer.frame, self.instruction.id, answer.response_id, index, text, final)

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
            episode_id=answer.episode_id,
            kind=answer.speech.kind,
        )
