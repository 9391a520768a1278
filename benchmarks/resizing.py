#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Resizing frames of noise: by Pillow, and by the engine, which gives the same bytes.

Prints the median processor time of one thread in milliseconds, and the median of the pairs'
ratios. They take turns, and something else goes through the caches before each, as the model does
between two frames.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from collections.abc import Sequence
from statistics import median

import numpy as np
import PIL
import torch
from numpy.typing import NDArray
from PIL import Image

from streamo_ros.backbone.vision.resizer import Resizer

SIZES = (
    ((240, 320), (112, 140)),
    ((480, 640), (112, 140)),
    ((480, 640), (252, 364)),
    ((720, 1280), (224, 420)),
    ((1080, 1920), (224, 420)),
)
"""Height and width of frames, and what `streamo-tiny` and models of 100,352 pixels see of them."""
_BICUBIC = 3
_OTHER_BYTES = 4_000_000


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--repeats', type=int, default=30)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    rows = [_measure(*sizes, options.repeats) for sizes in SIZES]
    print(json.dumps({'pillow': PIL.__version__, 'torch': torch.__version__, 'rows': rows}))
    return 0


def _measure(
    size: tuple[int, int], wanted: tuple[int, int], repeats: int
) -> dict[str, float | str]:
    generator = np.random.default_rng(0)
    frames = [generator.integers(0, 256, (*size, 3), np.uint8) for _ in range(4)]
    resizer, picture = Resizer(_BICUBIC), Image.new('RGB', size[::-1])

    def pillow(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        picture.frombytes(frame)
        return np.asarray(picture.resize(wanted[::-1], _BICUBIC))

    def engine(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return resizer(frame, *wanted)

    for frame in frames:
        np.testing.assert_array_equal(engine(frame), pillow(frame))
    times: dict[str, list[float]] = {'pillow': [], 'engine': []}
    others = np.zeros(_OTHER_BYTES, np.uint8)
    for at in range(repeats):
        for name, resize in (('pillow', pillow), ('engine', engine)):
            others += 1
            times[name].append(_seconds(resize, frames[at % len(frames)]))
    pairs = zip(times['pillow'], times['engine'], strict=True)
    return {
        'frame': 'x'.join(map(str, size[::-1])), 'seen': 'x'.join(map(str, wanted[::-1])),
        **{f'{name}_ms': round(1e3 * median(taken), 2) for name, taken in times.items()},
        'ratio': round(median(first / second for first, second in pairs), 2),
    }  # fmt: skip


def _seconds(
    resize: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], frame: NDArray[np.uint8]
) -> float:
    began = time.thread_time()
    resize(frame)
    return time.thread_time() - began


if __name__ == '__main__':
    raise SystemExit(main())
