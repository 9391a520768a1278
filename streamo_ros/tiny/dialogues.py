# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training dialogues as a lane holds them: from its first frame on, or after frames were evicted.

A dialogue's tags start anywhere in the first minutes, and after an eviction earlier answers
precede the frames, as in a lane.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.tiny.clips import Clip
from streamo_ros.tiny.probe_targets import frame_targets
from streamo_ros.tiny.sampling_mix import SamplingMix
from streamo_ros.tiny.sampling_mix import SECOND_STAGE_EARLY
from streamo_ros.tiny.scenes import SceneSampler
from streamo_ros.tiny.turns import DialogueWriter
from streamo_ros.tiny.turns import DrawnDialogue

MAX_ANSWERS = 8
_ALL_ANSWERS = 0.7
"""Share of dialogues that keep as many earlier answers as a lane may."""


def draw_dialogue(
    clips: Sequence[Clip],
    prompt: PromptTokens,
    turns: int,
    corruption: float,
    rng: np.random.Generator,
    stress: float = 1.0,
    fresh: bool = True,
    mix: SamplingMix = SECOND_STAGE_EARLY,
) -> DrawnDialogue:
    """Draw a dialogue; most contain an answer.

    Args:
        clips: clips to choose from.
        prompt: prompt of the model's tokenizer.
        turns: frames in the window.
        corruption: share of Silence and Standby turns whose state in the history is wrong, so
            that the model learns to recover from its own mistakes.
        rng: makes all random choices.
        stress: extra weight of the starts and ends of events.
        fresh: whether the window begins with the lane's first frame; otherwise earlier frames may
            have been evicted, with their answers kept.
        mix: what the dialogue may be about.
    """
    scene = SceneSampler(clips, turns, mix, rng, fresh=fresh).draw()
    evicted, shown = scene.labels[: scene.evicted], scene.labels[scene.evicted :]
    answers = [tagged for tagged in evicted if tagged[0].state is State.RESPONSE]
    limit = MAX_ANSWERS if rng.random() < _ALL_ANSWERS else int(rng.integers(1, MAX_ANSWERS))
    dialogue = DrawnDialogue(
        scene.family,
        scene.text,
        scene.look,
        scene.clip,
        list(prompt.sink(scene.text)),
        probe_targets=frame_targets(
            scene.family,
            scene.look,
            scene.views,
            [(label, start) for label, start, _ in scene.labels],
            scene.evicted,
        ),
    )
    writer = DialogueWriter(dialogue, prompt, stress)
    for tagged in answers[-limit:]:
        writer.answer(*tagged)
    for frame, tagged in enumerate(shown, scene.start):
        corrupted = rng.random() < corruption and tagged[0].state is not State.RESPONSE
        writer.turn(*tagged, frame, corrupted)
    return dialogue
