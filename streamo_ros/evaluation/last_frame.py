# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A control: the model judges every frame on its own, in a fresh lane.

Each lane holds the instruction and one frame with the tag it has in the case, but no earlier
frame, state or answer. Whatever a model still gets right needs no memory.
"""

from __future__ import annotations

import time
from fractions import Fraction

from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.decision import decide
from streamo_ros.core.decision import probabilities
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Backbone
from streamo_ros.core.passes import PassRunner
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Speech
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.case_runner import GivenAnswer

LAST_FRAME = 'last_frame'
"""The name of this control."""


class LastFrameDialogue(Dialogue):
    """A dialogue whose tags count from the start of the case, though it sees only one frame."""

    def interval(self, tick: Tick) -> tuple[Fraction, Fraction]:
        """See `Dialogue.interval`."""
        return tick.start, tick.end


def run_last_frame(backbone: Backbone, case: Case, settings: AssistantSettings) -> CaseResult:
    """Let a model judge each frame of a case without history.

    Raises:
        BackboneError: the model failed as a whole.
    """
    result = CaseResult([State.UNKNOWN] * len(case.moments))
    for number, (moment, image) in enumerate(zip(case.moments, case.images(), strict=True)):
        dialogue = LastFrameDialogue(backbone, WindowPolicy(), case.instruction, settings.limits)
        try:
            started = time.perf_counter()
            state = _decide(backbone, dialogue, moment.tick, image, settings)
            result.passes.append(time.perf_counter() - started)
            result.states[number] = state
            if state is State.RESPONSE:
                result.answers.append(GivenAnswer(number, _answer(backbone, dialogue, settings)))
        finally:
            dialogue.close()
    return result


def _decide(
    backbone: Backbone, dialogue: Dialogue, tick: Tick, image: Image, settings: AssistantSettings
) -> State:
    request = dialogue.request(tick, backbone.encode(image))
    row = PassRunner(backbone).extend([request])[0]
    if row is None:
        return State.UNKNOWN
    state = decide(probabilities(row), settings.thresholds)
    dialogue.commit(state)
    return state


def _answer(backbone: Backbone, dialogue: Dialogue, settings: AssistantSettings) -> str:
    speech = Speech(backbone.prompt, settings.limits.max_new_tokens)
    while not speech.finish:
        token = backbone.decode([dialogue.decode_request()], settings.sampling)[0]
        speech.on_token(token)
        if token is not None:
            dialogue.on_tokens((token,))
    return speech.text
