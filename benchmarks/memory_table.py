# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The drawn table of the memory's benchmark: its pictures, and what an assistant says of them."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np

from streamo_ros.backbone.scripted import ScriptedVisionTokens
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Step
from streamo_ros.core.speech import Finish
from streamo_ros.worlds.render import COLOR_VALUES

Fact = tuple[str, str, str]
"""Color, shape and place of what is put on the table."""

SHAPES = ('ball', 'box', 'ring', 'cross', 'bar')
PLACES = {
    'left': (0.15, 0.5),
    'right': (0.85, 0.5),
    'top': (0.5, 0.2),
    'bottom': (0.5, 0.85),
    'corner': (0.1, 0.1),
    'center': (0.5, 0.5),
    'front': (0.3, 0.85),
    'back': (0.7, 0.2),
    'edge': (0.9, 0.85),
    'plate': (0.35, 0.35),
    'mat': (0.65, 0.65),
    'shelf': (0.85, 0.15),
}
START = 1_790_000_000 * SECOND
WATCHED = Instruction(1, 'Tell me what is put on the table.')
NOISE = np.random.default_rng(2).integers(0, 12, (16, 240, 320, 3), np.uint8)


def draw(random: np.random.Generator, fact: Fact | None) -> np.ndarray:
    """A table with noise, and a thing on it."""
    image = np.full((240, 320, 3), (150, 120, 90), np.uint8)
    if fact is not None:
        color, shape, place = fact
        x, y = (int(part * size) for part, size in zip(PLACES[place], (320, 240), strict=True))
        paint = {
            'ball': lambda: cv2.circle(image, (x, y), 22, COLOR_VALUES[color], -1),
            'ring': lambda: cv2.circle(image, (x, y), 22, COLOR_VALUES[color], 6),
            'box': lambda: cv2.rectangle(
                image, (x - 20, y - 20), (x + 20, y + 20), COLOR_VALUES[color], -1
            ),
            'bar': lambda: cv2.rectangle(
                image, (x - 26, y - 7), (x + 26, y + 7), COLOR_VALUES[color], -1
            ),
            'cross': lambda: cv2.drawMarker(
                image, (x, y), COLOR_VALUES[color], cv2.MARKER_CROSS, 44, 9
            ),
        }
        paint[shape]()
    noise = NOISE[int(random.integers(len(NOISE)))]
    return cv2.add(image, noise)


def step_of(second: int, image: np.ndarray, fact: Fact | None, since: int) -> Step:
    """What an assistant would report of this second."""
    tick = Tick(START + second * SECOND, Fraction(second), Fraction(second + 1), second, 1)
    frame = Frame(tick, image)
    seen = frame.without_image()
    state = State.SILENCE
    events: list[Decided | Answered] = []
    if fact is not None and since < 2:
        state = (State.STANDBY, State.RESPONSE)[since]
    events.append(Decided(seen, 1, state, probabilities=(0.1, 0.1, 0.8)))
    if state is State.RESPONSE:
        color, shape, place = fact
        text = f'A {color} {shape} is put at the {place}.'
        events.append(
            Answered(
                seen,
                1,
                second,
                text,
                seen.stamp - SECOND,
                seen.stamp,
                START,
                Finish.STOP,
                9,
                0.9,
                0.1,
                0.2,
            )
        )
    vector = cv2.resize(image, (10, 6), interpolation=cv2.INTER_AREA).reshape(-1)
    vision = ScriptedVisionTokens(12, (3, 4), (), vector.astype(np.float16))
    return Step(tuple(events), frame, (WATCHED,), START, vision=vision)
