# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lets a model watch a case with the node's own assistant, its own answers as its history.

Nothing of the truth reaches the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.dialogue import ContextLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.core.sink import StepMaker
from streamo_ros.evaluation.case import Case
from streamo_ros.training.intervals import shift_interval

BUDGET = 16


@dataclass(frozen=True)
class GivenAnswer:
    """An answer and the moment (index in the case) that it is about."""

    moment: int
    text: str


@dataclass
class CaseResult:
    """What a model decided and answered.

    Attributes:
        states: one for each moment; UNKNOWN where none was decided.
        answers: in order.
        passes: seconds of encode and extend for each decided frame, steady clock.
    """

    states: list[State]
    answers: list[GivenAnswer] = field(default_factory=list)
    passes: list[float] = field(default_factory=list)


class CaseSink(Sink):
    """Gathers what a model decides and answers.

    Args:
        case: what is watched.

    Attributes:
        result: up to the last step.
    """

    def __init__(self, case: Case) -> None:
        self.result = CaseResult([State.UNKNOWN] * len(case.moments))
        self._case = case

    def take(self, step: Step) -> None:
        """Gather a step."""
        for event in step.events:
            if isinstance(event, Decided) and event.state is not State.UNKNOWN:
                self.result.states[event.frame.tick.index] = event.state
                self.result.passes.append(event.encode_time + event.extend_time)
            elif isinstance(event, Answered):
                text = _since_start(event, self._case)
                self.result.answers.append(GivenAnswer(event.frame.tick.index, text))


def settings_for(
    backbone: Backbone, max_frames: int = 0, response_threshold: float = 0.0
) -> AssistantSettings:
    """The node's defaults; what is 0 is left to the checkpoint."""
    info = backbone.info
    limits = ContextLimits.for_checkpoint(info, max_frames)
    thresholds = Thresholds(response=response_threshold or info.response_threshold)
    return AssistantSettings(thresholds, limits=limits)


def run_case(
    backbone: Backbone,
    case: Case,
    settings: AssistantSettings,
    policy: EvictionPolicy | None = None,
) -> CaseResult:
    """Let a model watch one case, alone in its lane.

    Raises:
        BackboneError: the model failed as a whole.
    """
    book = InstructionBook()
    assistant = Assistant(backbone, book, settings, policy)
    book.add(case.instruction)
    sink, steps = CaseSink(case), StepMaker(book, SamplerCounts())
    for moment, image in zip(case.moments, case.images(), strict=True):
        frame = Frame(moment.tick, image, 'evaluation')
        events = assistant.observe(frame)
        while assistant.busy:
            events += assistant.speak(BUDGET)
        sink.take(steps.step(events, frame))
    assistant.reset()
    return sink.result


def _since_start(event: Answered, case: Case) -> str:
    """An answer whose seconds count from the start of the case, as those of the truth do.

    Once a lane has watched longer than its tags may count, it counts from a new origin.
    """
    origin = next(moment.tick for moment in case.moments if moment.tick.stamp == event.time_origin)
    return shift_interval(event.text, origin.start) if origin.start else event.text
