# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dialogues as a lane of the engine holds them: from its first frame, or after frames have left.

Knows what of a scene stands in a window; `scenes` draws it, `turns` writes it. A dialogue begins
anywhere in the first minutes of its tags, and after an eviction earlier answers stand before the
frames, as in a lane.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamo_ros.core.protocol import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.tiny.clips import Clip
from streamo_ros.tiny.probe_targets import frame_facts
from streamo_ros.tiny.sampling_mix import AT_FIRST
from streamo_ros.tiny.sampling_mix import SamplingMix
from streamo_ros.tiny.scenes import Scenes
from streamo_ros.tiny.turns import DrawnDialogue
from streamo_ros.tiny.turns import Writer

MAX_ANSWERS = 8
_ALL_ANSWERS = 0.7


def draw_dialogue(
    courses: Sequence[Clip],
    prompt: PromptTokens,
    turns: int,
    corruption: float,
    draw: np.random.Generator,
    stress: float = 1.0,
    fresh: bool = True,
    choices: SamplingMix = AT_FIRST,
) -> DrawnDialogue:
    """A dialogue in which mostly something is due.

    Args:
        courses: to choose from.
        wording: of the model's tokenizer.
        turns: frames in the window.
        corruption: share of Silence and Standby turns whose state in the history is wrong, so
            that the model learns to come back from its own mistakes.
        draw: decides everything.
        stress: how much more beginnings and ends of events count than other frames.
        fresh: the window begins with the lane's first frame; else frames may have left before,
            and their answers stand there still.
        choices: what it may be about.
    """
    scene = Scenes(courses, turns, choices, draw, fresh=fresh).one()
    left, shown = scene.labels[: scene.before], scene.labels[scene.before :]
    said = [one for one in left if one[0].state is State.RESPONSE]
    most = MAX_ANSWERS if draw.random() < _ALL_ANSWERS else int(draw.integers(1, MAX_ANSWERS))
    found = DrawnDialogue(
        scene.family,
        scene.text,
        scene.look,
        scene.course,
        list(prompt.sink(scene.text)),
        facts=frame_facts(
            scene.family,
            scene.look,
            scene.seen,
            [(label, tag) for label, tag, _ in scene.labels],
            scene.before,
        ),
    )
    writer = Writer(found, prompt, stress)
    for one in said[-most:]:
        writer.answer(*one)
    for number, one in enumerate(shown, scene.start):
        wrong = draw.random() < corruption
        writer.turn(*one, number, wrong)
    return found
