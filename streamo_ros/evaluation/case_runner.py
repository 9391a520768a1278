# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lets a model watch a case with the node's own assistant, its own answers as its history.

Nothing of the truth reaches the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import Thresholds
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
        cases: what is watched, by the id of the instruction.
        step: frames that are decided together.

    Attributes:
        results: up to the last step, by the id of the instruction.
    """

    def __init__(self, cases: Mapping[int, Case], step: int = 1) -> None:
        self.results = {
            number: CaseResult([State.UNKNOWN] * len(case.moments))
            for number, case in cases.items()
        }
        self._cases = cases
        self._step = step

    def take(self, step: Step) -> None:
        """Gather a step."""
        for event in step.events:
            result = self.results.get(event.instruction_id)
            if result is None:
                continue
            if isinstance(event, Decided) and event.state is not State.UNKNOWN:
                last = event.frame.tick.index
                first = max(0, last + 1 - self._step)
                result.states[first : last + 1] = [event.state] * (last + 1 - first)
                result.passes.append(event.encode_time + event.extend_time)
            elif isinstance(event, Answered):
                text = _since_start(event, self._cases[event.instruction_id])
                result.answers.append(GivenAnswer(event.frame.tick.index, text))


def settings_for(
    backbone: Backbone,
    max_frames: int = 0,
    response_threshold: float = 0.0,
    hysteresis: float = 0.0,
) -> AssistantSettings:
    """The node's defaults; what is 0 is left to the checkpoint."""
    info = backbone.info
    limits = ContextLimits.for_checkpoint(info, max_frames)
    thresholds = Thresholds.for_model(info, response=response_threshold, hysteresis=hysteresis)
    return AssistantSettings(thresholds, info.sampling, limits)


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
    return run_together(backbone, [case], settings, policy)[0]


def run_together(
    backbone: Backbone,
    cases: Sequence[Case],
    settings: AssistantSettings,
    policy: EvictionPolicy | None = None,
) -> list[CaseResult]:
    """Let a model watch cases with the same frames at once, each in a lane of its own.

    Args:
        backbone: the model; it needs as many lanes as there are cases.
        cases: with the same moments and images.
        settings: of the assistant.
        policy: what leaves a full context.

    Raises:
        BackboneError: the model failed as a whole.
    """
    book = InstructionBook(len(cases))
    assistant = Assistant(backbone, book, settings, policy)
    ids = [book.add(case.instruction).id for case in cases]
    sink = CaseSink(dict(zip(ids, cases, strict=True)), backbone.prompt.dialect.frames)
    steps = StepMaker(book, SamplerCounts())
    for moment, image in zip(cases[0].moments, cases[0].images(), strict=True):
        frame = Frame(moment.tick, image, 'evaluation')
        events = assistant.observe(frame)
        while assistant.busy:
            events += assistant.speak(BUDGET)
        sink.take(steps.step(events, frame))
    assistant.reset()
    return list(sink.results.values())


def _since_start(event: Answered, case: Case) -> str:
    """An answer whose seconds count from the start of the case, as those of the truth do.

    Once a lane has watched longer than its tags may count, it counts from a new origin.
    """
    origin = next(moment.tick for moment in case.moments if moment.tick.stamp == event.time_origin)
    return shift_interval(event.text, origin.start) if origin.start else event.text
