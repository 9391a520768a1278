# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A model watches a case: the node's own engine, frame by frame, its own words as its history.

Knows the assistant and its events. Knows no metric. Nothing of the truth reaches the model.
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
from streamo_ros.core.events import Event
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import State
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
    """What a model decided and said.

    Attributes:
        states: one for each moment; UNKNOWN where none was decided.
        answers: in order.
        passes: seconds of encode and extend for each decided frame, steady clock.
    """

    states: list[State]
    answers: list[GivenAnswer] = field(default_factory=list)
    passes: list[float] = field(default_factory=list)


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
    watched = CaseResult([State.UNKNOWN] * len(case.moments))
    for moment, image in zip(case.moments, case.images(), strict=True):
        events = assistant.observe(Frame(moment.tick, image, 'evaluation'))
        while assistant.busy:
            events += assistant.speak(BUDGET)
        _take(events, case, watched)
    assistant.reset()
    return watched


def _take(events: list[Event], case: Case, watched: CaseResult) -> None:
    for event in events:
        if isinstance(event, Decided) and event.state is not State.UNKNOWN:
            watched.states[event.frame.tick.index] = event.state
            watched.passes.append(event.encode_time + event.extend_time)
        elif isinstance(event, Answered):
            watched.answers.append(GivenAnswer(event.frame.tick.index, _since_begin(event, case)))


def _since_begin(event: Answered, case: Case) -> str:
    """An answer whose seconds count from the case's begin, as those of the truth do.

    A lane that has watched longer than its tags may count has begun to count anew.
    """
    begin = next(one.tick for one in case.moments if one.tick.stamp == event.time_origin)
    return shift_interval(event.text, begin.start) if begin.start else event.text
