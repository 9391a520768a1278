# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a camera frame's bytes to patches in two Triton kernels, in Pillow's very numbers.

The frame is copied to the GPU as it came, so the processor neither resizes nor converts it. For
each size of frame the kernels are first compared with Pillow itself, and not used if they differ.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import torch
import triton
import triton.language as tl
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.resample import BITS
from streamo_ros.backbone.vision.resample import find_taps

MAX_SIZES = 4
"""Sizes of camera frames whose buffers are kept."""
_BLOCK = 256
_log = logging.getLogger(__name__)


@triton.jit
def _to_byte(total, BITS: tl.constexpr):
    return tl.minimum(tl.maximum(total >> BITS, 0), 255)


@triton.jit(do_not_specialize=['size', 'taps', 'height', 'width'])
def resample_kernel(
    image, out, first, weights, size, taps, height, width,
    ROWS: tl.constexpr, BITS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Resample one axis: the rows, else the columns. Grid: (height, blocks of 3 * width).

    out (height, width, 3), bytes, and image likewise with `size` places on the resampled axis;
    first (places,) and weights (taps, places) of that axis.
    """
    row, at = tl.program_id(0), tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    column, channel = at // 3, at % 3
    inside = column < width
    place = column * 0 + row if ROWS else column
    places = height if ROWS else width
    begin = tl.load(first + place, mask=inside, other=0)
    total = tl.full((BLOCK,), 1 << (BITS - 1), tl.int32)
    for tap in range(taps):
        source = tl.minimum(begin + tap, size - 1)
        pixel = source * width + column if ROWS else row * size + source
        level = tl.load(image + pixel * 3 + channel, mask=inside, other=0).to(tl.int32)
        total += level * tl.load(weights + tap * places + place, mask=inside, other=0)
    tl.store(out + row * width * 3 + at, _to_byte(total, BITS).to(tl.uint8), mask=inside)


@triton.jit(do_not_specialize=['size', 'taps'])
def patches_kernel(
    image, out, first, weights, table, size, taps,
    TOKEN_ROWS: tl.constexpr, TOKEN_COLUMNS: tl.constexpr, MERGE: tl.constexpr,
    PATCH: tl.constexpr, ROWS: tl.constexpr, BITS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Resample the other axis, normalize, and cut. Grid: (patches, blocks of a patch's numbers).

    image (height, width, 3), bytes, with `size` places on the axis that is still to be resampled
    (the rows, else the columns); first and weights of that axis; table (3, 256);
    out (patches, 3 * PATCH * PATCH), in the order of `preprocess.patchify`.
    """
    AREA: tl.constexpr = PATCH * PATCH
    HEIGHT: tl.constexpr = TOKEN_ROWS * MERGE * PATCH
    WIDTH: tl.constexpr = TOKEN_COLUMNS * MERGE * PATCH
    patch, at = tl.program_id(0), tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 3 * AREA
    token, within = patch // (MERGE * MERGE), patch % (MERGE * MERGE)
    channel = at // AREA
    row = (token // TOKEN_COLUMNS * MERGE + within // MERGE) * PATCH + at % AREA // PATCH
    column = (token % TOKEN_COLUMNS * MERGE + within % MERGE) * PATCH + at % PATCH
    place = row if ROWS else column
    places = HEIGHT if ROWS else WIDTH
    begin = tl.load(first + place, mask=inside, other=0)
    total = tl.full((BLOCK,), 1 << (BITS - 1), tl.int32)
    for tap in range(taps):
        source = tl.minimum(begin + tap, size - 1)
        pixel = source * WIDTH + column if ROWS else row * size + source
        level = tl.load(image + pixel * 3 + channel, mask=inside, other=0).to(tl.int32)
        total += level * tl.load(weights + tap * places + place, mask=inside, other=0)
    value = tl.load(table + channel * 256 + _to_byte(total, BITS), mask=inside, other=0.0)
    tl.store(out + patch * 3 * AREA + at, value, mask=inside)


class _Axis:
    """Taps of an axis on a device."""

    def __init__(self, size: int, places: int, resample: int, device: torch.device) -> None:
        taps = find_taps(size, places, resample)
        self.size = size
        self.places = places
        self.taps = len(taps.weights)
        self.first = torch.from_numpy(taps.first).to(device)
        self.weights = torch.from_numpy(taps.weights).to(device)


class _Stage:
    """Buffers and taps for camera frames of one size.

    Attributes:
        rows_first: which axis is resampled first.
    """

    def __init__(
        self, size: tuple[int, int], grid: Grid, resample: int, device: torch.device
    ) -> None:
        self._grid = grid
        axes = zip(size, grid.pixels, strict=True)
        self._rows, self._columns = (_Axis(*axis, resample, device) for axis in axes)
        self.rows_first = False
        pinned = device.type == 'cuda'
        self._host = torch.empty((*size, 3), dtype=torch.uint8, pin_memory=pinned)
        self._frame = torch.empty((*size, 3), dtype=torch.uint8, device=device)
        self._copied = torch.cuda.Event() if pinned else None

    def upload(self, image: NDArray[np.uint8]) -> None:
        """Copy a frame to the device; returns before it has arrived."""
        if self._copied is not None:
            self._copied.synchronize()  # the frame before may still be on its way
        np.copyto(self._host.numpy(), image)
        self._frame.copy_(self._host, non_blocking=True)
        if self._copied is not None:
            self._copied.record()

    def cut(self, out: Tensor, table: Tensor) -> None:
        """Write the uploaded frame's patches to `out`."""
        grid, rows_first = self._grid, self.rows_first
        frame = self._resample_first()
        axis = self._columns if rows_first else self._rows
        patches_kernel[(len(out), triton.cdiv(out.shape[1], _BLOCK))](
            frame, out, axis.first, axis.weights, table, axis.size, axis.taps,
            TOKEN_ROWS=grid.rows, TOKEN_COLUMNS=grid.columns, MERGE=grid.merge, PATCH=grid.patch,
            ROWS=not rows_first, BITS=BITS, BLOCK=_BLOCK, num_warps=4,
        )  # fmt: skip

    def _resample_first(self) -> Tensor:
        axis = self._rows if self.rows_first else self._columns
        if axis.size == axis.places:
            return self._frame
        height, width = self._rows.size, self._columns.size
        height, width = (axis.places, width) if self.rows_first else (height, axis.places)
        out = self._frame.new_empty((height, width, 3))
        resample_kernel[(height, triton.cdiv(3 * width, _BLOCK))](
            self._frame, out, axis.first, axis.weights, axis.size, axis.taps, height, width,
            ROWS=self.rows_first, BITS=BITS, BLOCK=_BLOCK, num_warps=4,
        )  # fmt: skip
        return out


class FusedPatches:
    """Makes patches of one grid on a GPU.

    Args:
        grid: the grid.
        table: normalized value of each byte in each channel, float32, (3, 256).
        resample: Pillow's number of the filter, one of `resample.FILTERS`.
        plain: makes the same patches by Pillow.
        device: a CUDA device; a CPU where Triton's interpreter runs the kernels.
        dtype: dtype of the patches.
    """

    def __init__(
        self,
        grid: Grid,
        table: Tensor,
        resample: int,
        plain: Callable[[NDArray[np.uint8]], Tensor],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._grid = grid
        self._table = table.to(device)
        self._resample = resample
        self._plain = plain
        self._dtype = dtype
        self._stages: OrderedDict[tuple[int, int], _Stage | None] = OrderedDict()

    def __call__(self, image: NDArray[np.uint8]) -> Tensor:
        """See `preprocess.Preprocessor`."""
        stage = self._find_stage(image.shape[0], image.shape[1])
        return self._plain(image) if stage is None else self._run(stage, image)

    def _run(self, stage: _Stage, image: NDArray[np.uint8]) -> Tensor:
        grid = self._grid
        size = grid.tokens * grid.merge**2, 3 * grid.patch**2
        out = torch.empty(size, device=self._table.device, dtype=self._dtype)
        stage.upload(image)
        stage.cut(out, self._table)
        return out

    def _find_stage(self, height: int, width: int) -> _Stage | None:
        size = height, width
        if size not in self._stages:
            # Written to by calls inside and outside of inference mode.
            with torch.inference_mode(mode=False):
                self._stages[size] = self._proven_stage(size)
            if len(self._stages) > MAX_SIZES:
                self._stages.popitem(last=False)
        self._stages.move_to_end(size)
        return self._stages[size]

    def _proven_stage(self, size: tuple[int, int]) -> _Stage | None:
        """A stage that gives Pillow's numbers for noise; None if neither order of axes does."""
        stage = _Stage(size, self._grid, self._resample, self._table.device)
        noise = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
        expected = self._plain(noise)
        for stage.rows_first in (False, True):
            if torch.equal(self._run(stage, noise), expected):
                return stage
        _log.warning(
            'frames of %dx%d pixels are resized on the processor: this version of Pillow does not '
            'resample as the kernels do',
            *size[::-1],
        )
        return None
