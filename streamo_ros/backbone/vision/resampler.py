# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Resamples frames to the bytes that Pillow gives, in less of the processor's time.

Pillow resamples one axis after the other. A byte it makes is a sum of bytes times integer
weights, rounded. Here the sums of several outputs at once are matrix products, whose intermediate
results are all integers that float32 holds exactly, so their order does not matter. The weights
are asked of Pillow itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

UNIT = 1 << 22
"""What a byte of Pillow's is divided by after its integer sum."""
LOW = 1 << 8
"""A weight is `LOW` times its high part, plus its low part of -128 to 128."""
MOST_SHRINK = 80
"""Pillow's widest filter has a sum of 482 bytes then; up to 512 the low parts' is below 2**24."""
_OUTPUTS = 5
"""Outputs of one product, about: fewer multiply by fewer zeros, more are multiplied faster."""
_COLUMNS = 144
"""Columns of an array, a multiple of 3: few, so that all stays in the second cache."""
_ROWS = 256
"""Rows of the pictures from which weights are read."""

Resample = Callable[[NDArray[np.uint8], tuple[int, int]], NDArray[np.uint8]]
"""Resamples a frame to a height and width."""


@dataclass(frozen=True)
class _Windows:
    """Outputs in groups, each of which reads a window of the inputs.

    Attributes:
        weights: (groups, 2 * outputs, inputs), high parts first; zero where a group has less.
        step: inputs from one window's beginning to the next one's.
        rows: where each output is among all groups', (outputs,).
    """

    weights: Tensor
    step: int
    rows: NDArray[np.int64]

    @property
    def inputs(self) -> int:
        """Inputs from the first window's beginning to the last one's end."""
        groups, _, inputs = self.weights.shape
        return (groups - 1) * self.step + int(inputs)


class AxisResampler:
    """Resamples the first axis of arrays of one shape as Pillow does.

    Args:
        size: of the axis.
        wanted: of the result.
        columns: of all arrays together; a multiple of 3.
        resample: Pillow's number of the filter.

    Attributes:
        width: columns of an array, a multiple of 3.
    """

    def __init__(self, size: int, wanted: int, columns: int, resample: int) -> None:
        windows = _windows(pillow_weights(size, wanted, resample))
        groups, outputs, inputs = windows.weights.shape
        self._weights, self._rows = windows.weights, windows.rows
        self._full = groups * outputs // 2 == wanted
        rows = max(size, windows.inputs)
        self.width = width = min(columns, _COLUMNS)
        block = torch.zeros(rows, width)
        self._bytes = block[:size].numpy()
        self._seen = block.as_strided((groups, inputs, width), (windows.step * width, width, 1))
        self._sums = torch.empty(groups, outputs, width)
        self._high, self._low = self._sums.chunk(2, dim=1)

    def __call__(self, block: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resample an array; uint8, (size, width) to (wanted, width)."""
        # By NumPy: frames of a recording may be read-only, of which torch warns.
        self._bytes[...] = block
        torch.bmm(self._weights, self._seen, out=self._sums)
        # What is below the low part's unit never reaches the sum's: it is rounded down.
        sums = self._high.add_(self._low.floor_(), alpha=LOW / UNIT)
        found: NDArray[np.uint8] = sums.add_(0.5).clamp_(0, 255).numpy().astype(np.uint8)
        found = found.reshape(-1, self.width)
        return found if self._full else found[self._rows]


class FrameResampler:
    """Resamples frames of one size.

    Args:
        size: height and width of the frames.
        wanted: of the results.
        resample: Pillow's number of the filter.
        down_first: whether their height is resampled before their width.
    """

    def __init__(
        self,
        size: tuple[int, int],
        wanted: tuple[int, int],
        resample: int,
        *,
        down_first: bool = False,
    ) -> None:
        (height, width), (tall, wide) = size, wanted
        across: _Across | None = None
        down: _Down | None = None
        if width != wide:
            across = _Across(tall if down_first else height, width, wide, resample)
        if height != tall:
            down = _Down(height, width if down_first else wide, tall, resample)
        ordered = (down, across) if down_first else (across, down)
        self._steps = [step for step in ordered if step]

    @torch.inference_mode()
    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resample a frame of shape (height, width, 3), which is contiguous."""
        for step in self._steps:
            image = step(image)
        return image


class _Across:
    """Resamples the rows of pictures of one size."""

    def __init__(self, height: int, width: int, wide: int, resample: int) -> None:
        self._axis = AxisResampler(width, wide, 3 * height, resample)
        self._lines = self._axis.width // 3
        self._wide = wide

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = image.shape[:2]
        out = np.empty((height, self._wide, 3), np.uint8)
        for rows in _parts(height, self._lines):
            turned = np.asarray(cv2.transpose(image[rows]), np.uint8)
            columns = self._axis(turned.reshape(width, -1))
            cv2.transpose(columns.reshape(self._wide, -1, 3), out[rows])
        return out


class _Down:
    """Resamples the columns of pictures of one size."""

    def __init__(self, height: int, width: int, tall: int, resample: int) -> None:
        self._axis = AxisResampler(height, tall, 3 * width, resample)
        self._tall = tall

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = image.shape[:2]
        out = np.empty((self._tall, width, 3), np.uint8)
        source, small = image.reshape(height, -1), out.reshape(self._tall, -1)
        for columns in _parts(3 * width, self._axis.width):
            small[:, columns] = self._axis(source[:, columns])
        return out


def _parts(size: int, part: int) -> list[slice]:
    """An axis in parts of one size; the last one begins earlier where it would not be whole."""
    return [slice(begin, begin + part) for begin in (*range(0, size - part, part), size - part)]


@torch.inference_mode()
def find_resampler(
    size: tuple[int, int],
    wanted: tuple[int, int],
    resample: int,
    pillow: Resample,
) -> FrameResampler | None:
    """The resampler that gives Pillow's bytes of noise; None if there is none.

    Which axis comes first is up to Pillow's version, and to the sizes. Torch can be told to
    multiply less exactly, by a setting or the environment.

    Args:
        size: height and width of the frames.
        wanted: of the results.
        resample: Pillow's number of the filter.
        pillow: resamples by it.
    """
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    expected = pillow(noise, wanted)
    for down_first in (False, True):
        resampler = FrameResampler(size, wanted, resample, down_first=down_first)
        if np.array_equal(resampler(noise), expected):
            return resampler
    return None


def pillow_weights(size: int, wanted: int, resample: int) -> NDArray[np.int32]:
    """Pillow's weights for an axis, in units of 1 / `UNIT`, (wanted, size).

    Integer pictures are resampled with the weights themselves, rounded once: so a picture that is
    `UNIT` on its diagonal and else zero becomes the integers that bytes are multiplied with.

    Args:
        size: of the axis.
        wanted: of the result.
        resample: Pillow's number of the filter.
    """
    parts = []
    for begin in range(0, size, _ROWS):
        rows = np.zeros((min(_ROWS, size - begin), size), np.int32)
        rows[np.arange(len(rows)), begin + np.arange(len(rows))] = UNIT
        parts.append(np.asarray(Image.fromarray(rows).resize((wanted, len(rows)), resample)))
    return np.concatenate(parts).T


def _windows(weights: NDArray[np.int32]) -> _Windows:
    """Put neighboring outputs into groups whose windows begin at equal distances."""
    wanted, size = weights.shape
    # A weight at an edge may be zero, so that the next output begins earlier.
    first = np.minimum.accumulate((weights != 0).argmax(1)[::-1])[::-1]
    end = size - (weights[:, ::-1] != 0).argmax(1)
    step = max(1, round(_OUTPUTS * size / wanted))
    groups = first // step
    place = np.arange(wanted) - np.searchsorted(groups, groups)
    outputs, inputs = place.max() + 1, (end - groups * step).max()
    whole = np.zeros((groups[-1] + 1, outputs, inputs))
    for row, group, at in zip(weights, groups, place, strict=True):
        window = row[group * step : group * step + inputs]
        whole[group, at, : len(window)] = window
    high = np.round(whole / LOW)
    low = whole - high * LOW
    both = np.concatenate([high * (LOW / UNIT), low / LOW], 1).astype(np.float32)
    return _Windows(torch.from_numpy(both), step, groups * outputs + place)
