# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A control: a model judges every frame by that frame alone, in a lane that has seen nothing else.

Knows lanes. Each holds the instruction and one frame with the tag that the case gives it; no
earlier frame, state or answer. What a model still gets right needs no memory.
"""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np

from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.decision import decide
from streamo_ros.core.decision import probabilities
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Speech
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.case_runner import GivenAnswer

LAST_FRAME = 'last_frame'
"""Name of this control."""


class LastFrameDialogue(Dialogue):
    """A lane whose tags count from the case's begin, though it sees none of its earlier frames."""

    def interval(self, tick: Tick) -> tuple[Fraction, Fraction]:
        """See `Dialogue.interval`."""
        return tick.start, tick.end


def run_last_frame(backbone: Backbone, case: Case, settings: AssistantSettings) -> CaseResult:
    """Let a model judge each frame of a case with no history.

    Raises:
        BackboneError: the model failed as a whole.
    """
    watched = CaseResult([State.UNKNOWN] * len(case.moments))
    for number, (moment, image) in enumerate(zip(case.moments, case.images(), strict=True)):
        lane = LastFrameDialogue(backbone, WindowPolicy(), case.instruction, settings.limits)
        try:
            began = time.perf_counter()
            state = _look(backbone, lane, moment.tick, image, settings)
            watched.passes.append(time.perf_counter() - began)
            watched.states[number] = state
            if state is State.RESPONSE:
                watched.answers.append(GivenAnswer(number, _say(backbone, lane, settings)))
        finally:
            lane.close()
    return watched


def _look(
    backbone: Backbone, lane: Dialogue, tick: Tick, image: Image, settings: AssistantSettings
) -> State:
    row = backbone.extend([lane.request(tick, backbone.encode(image))])[0]
    if not np.isfinite(row).all():
        return State.UNKNOWN
    state = decide(probabilities(row), settings.thresholds)
    lane.commit(state)
    return state


def _say(backbone: Backbone, lane: Dialogue, settings: AssistantSettings) -> str:
    words = backbone.prompt.tokenizer
    speech = Speech(words.text, words.control_ids, settings.limits.max_new_tokens)
    while not speech.finish:
        token = backbone.decode([lane.decode_request()], settings.sampling)[0]
        speech.on_token(token)
        lane.on_token(token)
    return speech.text
