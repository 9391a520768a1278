# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Variants of real clips: more minutes in which nothing that is asked for appears.

A variant looks like another camera at the same place: it is cropped, perhaps mirrored, brighter or
darker, in other colors, noisier, and its frames fall between those of the clip itself. What was
absent is absent in it too; what arrives when is no longer known, so that only false alarms count.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.real_clips import clip_cases
from streamo_ros.evaluation.real_clips import RealClip

_SMALLEST = 0.7
"""Least share of each side that a crop keeps."""
_GAMMA, _GAIN, _NOISE = (0.6, 1.7), (0.8, 1.25), 6.0
_SHIFT = Fraction(1, 10)
"""Seconds that the frames of a variant may be later than those of its clip, at most."""


@dataclass(frozen=True)
class Appearance:
    """How a variant differs from its clip.

    Attributes:
        crop: what it keeps, as left, top, right and bottom in shares of the sides.
        mirrored: whether left and right are exchanged.
        gamma: exponent of the brightness; below 1 is brighter.
        gains: factors of red, green and blue.
        noise: standard deviation of the noise, of 255.
        seed: of the noise.
    """

    crop: tuple[float, float, float, float]
    mirrored: bool
    gamma: float
    gains: tuple[float, float, float]
    noise: float
    seed: int

    def images(self, images: Iterable[Image]) -> Iterator[Image]:
        """The variant's frames, uint8, shape (height, width, 3), from those of the clip."""
        rng = np.random.default_rng(self.seed)
        levels = (np.arange(256) / 255) ** self.gamma * 255
        for image in images:
            height, width = image.shape[:2]
            left, top, right, bottom = self.crop
            part = image[
                round(top * height) : round(bottom * height),
                round(left * width) : round(right * width),
            ]
            lit = levels[part[:, ::-1] if self.mirrored else part] * np.array(self.gains)
            noisy = lit + rng.normal(0, self.noise, lit.shape[:2])[..., None]
            yield noisy.clip(0, 255).round().astype(np.uint8)


def variant_cases(clip: RealClip, number: int) -> list[Case]:
    """The cases of a variant in which nothing is due, the same ones each time.

    Args:
        clip: the clip.
        number: of the variant.
    """
    rng = np.random.default_rng([zlib.crc32(clip.path.stem.encode()), number])
    look, later = _draw_look(rng), Fraction(int(rng.integers(1, 5)), 4) * _SHIFT
    shifted = replace(clip, times=tuple(time + later for time in clip.times))
    stem = clip.path.stem
    return [
        replace(
            case,
            name=case.name.replace(stem, f'{stem}, variant {number}', 1),
            images=partial(_images, case.images, look),
        )
        for case in clip_cases(shifted)
        if case.alarms_only
    ]


def _images(images: Callable[[], Iterable[Image]], look: Appearance) -> Iterator[Image]:
    return look.images(images())


def _draw_look(rng: np.random.Generator) -> Appearance:
    width, height = rng.uniform(_SMALLEST, 1, 2).tolist()
    left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
    red, green, blue = rng.uniform(*_GAIN, 3).tolist()
    return Appearance(
        (left, top, left + width, top + height),
        bool(rng.random() < 0.5),
        float(np.exp(rng.uniform(*np.log(_GAMMA)))),
        (red, green, blue),
        float(rng.uniform(0, _NOISE)),
        int(rng.integers(2**31)),
    )
