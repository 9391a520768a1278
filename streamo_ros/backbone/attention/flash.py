# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention on a GPU by the kernels of this package: keys are stored once, un-rotated.

A single token reads the keys in place and rotates them on the fly. Many tokens would rotate each
key once per tile, so for them the keys of the current layer are first rotated into a scratch
buffer that all layers share. Every size that changes is in a tensor: a captured pass serves any
mix of lanes and lengths.

FlashInfer and flash-attn are not used: neither rotates three-axis positions as it reads, and with
rotated keys alone an eviction would rotate rounded keys again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import triton
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.attention.kernels import append_kernel
from streamo_ros.backbone.attention.kernels import decode_kernel
from streamo_ros.backbone.attention.kernels import merge_kernel
from streamo_ros.backbone.attention.rotation_kernels import rotate_kernel
from streamo_ros.backbone.attention.rotation_kernels import store_kernel
from streamo_ros.backbone.attention.shape import HeadNorms
from streamo_ros.backbone.attention.shape import WindowShape
from streamo_ros.backbone.attention.storage import LARGEST
from streamo_ros.backbone.attention.storage import SCALE
from streamo_ros.backbone.attention.storage import WindowFormat
from streamo_ros.backbone.rotary import Rotary
from streamo_ros.backbone.step import ModelStep

KEY, VALUE = 0, 1
"""Parts of a layer's buffer, its first axis."""
_LOG2_E = 1.4426950408889634
_HEAD_BLOCK, _ROTATE_BLOCK = 8, 32


@dataclass(frozen=True)
class Tile:
    """Sizes of a program of the append kernel."""

    rows: int
    keys: int
    warps: int
    stages: int


@dataclass(frozen=True)
class DecodeTile:
    """Sizes of a program of the decode kernel."""

    keys: int
    warps: int
    stages: int


_USUAL = 256
"""Bytes of a key of 128 numbers of two bytes. Of larger ones fewer are read at once, so that they
fit into the 99 KB of shared memory that a program has on the GPUs of desktops."""


def append_tile(rows: int, dim: int, itemsize: int) -> Tile:
    """Tile for packed query rows (tokens times group size).

    Args:
        rows: how many.
        dim: numbers of each, a power of two.
        itemsize: bytes of a number.
    """
    most, size = max(16, triton.next_power_of_2(rows)), dim * itemsize
    if itemsize > 2:
        return Tile(min(64 * 128 // max(128, dim), most), 32 * 128 // max(128, dim), 4, 1)
    if size > _USUAL:
        return Tile(min(64, most), 32, 4, 2)
    if rows >= 512:
        return Tile(128, 64, 8, 3)
    return Tile(min(64, most), 64, 4, 3)


def decode_tile(dim: int, itemsize: int) -> DecodeTile:
    """Tile for one token of each lane; the arguments are those of `append_tile`."""
    return DecodeTile(max(16, 64 * _USUAL // max(_USUAL, dim * itemsize)), 4, 2)


def append_splits(programs: int, processors: int) -> int:
    """Splits over keys that best fill the GPU's last wave of programs, merging included."""
    return min(
        range(1, 9),
        key=lambda splits: -(-programs * splits // processors) / splits + 0.02 * splits,
    )


class FlashAttention:
    """Satisfies `attention.Attention`, for graphs as well.

    Attributes:
        layers: one buffer a layer, (2, lanes, key heads, rows, dim): un-rotated keys, values.
            Rows after a slot's length are never read.
        scales: of each layer of a quantized window, float32, (2, lanes, key heads, rows).

    Args:
        shape: sizes of the window.
        rotary: of the checkpoint.
        device: a CUDA device; a CPU where Triton's interpreter runs the kernels.
        dtype: of the passes.
        kept: how keys and values are kept; None = in `dtype`.
    """

    name = 'triton'
    captured = True
    copies = 2

    def __init__(
        self,
        shape: WindowShape,
        rotary: Rotary,
        device: torch.device,
        dtype: torch.dtype,
        kept: WindowFormat | None = None,
    ) -> None:
        self.shape = shape
        kept = kept or WindowFormat(dtype)
        size = (2, shape.lanes, shape.heads, shape.rows, shape.dim)
        layers = range(shape.layers)
        self.layers = [torch.zeros(size, device=device, dtype=kept.dtype) for _ in layers]
        self.scales = (
            [torch.zeros(size[:-1], device=device, dtype=SCALE) for _ in layers]
            if kept.quantized
            else []
        )
        self._largest = LARGEST.get(kept.dtype, 0.0)
        self._round = kept.dtype == torch.int8
        none = torch.zeros((shape.heads, shape.dim), device=device)
        self._offsets = [
            none if one is None else one for one in kept.offsets or [None] * len(layers)
        ]
        self._device = device
        # Padded rows write to the last place.
        self._positions = torch.zeros(
            (3, shape.lanes * shape.rows + 1), device=device, dtype=torch.int32
        )
        self._rotated = torch.zeros(size[1:], device=device, dtype=dtype)
        self._cosines, self._sines = (part.to(device) for part in rotary.table(shape.rows))
        self._axes = rotary.axes.to(device, torch.int32)
        self._groups = shape.query_heads // shape.heads
        self._scale = shape.dim**-0.5 * _LOG2_E
        self._processors = (
            torch.cuda.get_device_properties(device).multi_processor_count
            if device.type == 'cuda'
            else 1
        )
        self._half = max(16, triton.next_power_of_2(shape.dim // 2))
        self._dim = max(16, triton.next_power_of_2(shape.dim))
        self._precision = 'ieee' if dtype == torch.float32 else 'tf32'

    def begin(self, step: ModelStep) -> None:
        """Note the positions of the step's rows, before its first layer."""
        self._positions.index_copy_(1, step.places.targets.long(), step.places.positions)

    def attend(
        self, layer: int, qkv: Tensor, norms: HeadNorms | None, step: ModelStep, *, final: bool
    ) -> Tensor:
        """See `attention.Attention.attend`."""
        query = self._store(layer, qkv, norms, step)
        if final or step.single:
            return self._decode(layer, query, step, final)
        return self._append(layer, query, step)

    def _store(self, layer: int, qkv: Tensor, norms: HeadNorms | None, step: ModelStep) -> Tensor:
        """Write keys and values of all rows; rotated queries, (rows, heads, dim)."""
        shape, places = self.shape, step.places
        keys, values = self.layers[layer]
        key_scales, value_scales = self._scales(layer)
        query = qkv.new_empty((step.rows, shape.query_heads, shape.dim))
        blocks = -(-shape.query_heads // _HEAD_BLOCK) + -(-shape.heads // _HEAD_BLOCK)
        query_norm, key_norm = (norms.query, norms.key) if norms else (qkv, qkv)
        store_kernel[(step.rows, blocks)](
            qkv, query, keys, values, places.positions, self._cosines, self._sines, self._axes,
            query_norm, key_norm, places.targets, key_scales, value_scales, self._offsets[layer],
            shape.rows, step.rows, shape.lanes * shape.rows,
            HEADS=shape.query_heads, KV=shape.heads, DIM=shape.dim, HALF_P=self._half,
            BLOCK_H=_HEAD_BLOCK, NORM=norms is not None, EPSILON=norms.epsilon if norms else 0.0,
            LARGEST=self._largest, ROUND=self._round, num_warps=1,
        )  # fmt: skip
        return query

    def _append(self, layer: int, query: Tensor, step: ModelStep) -> Tensor:
        shape, places = self.shape, step.places
        keys, values = self.layers[layer]
        key_scales, value_scales = self._scales(layer)
        rotate_kernel[(-(-shape.rows // _ROTATE_BLOCK), shape.lanes)](
            keys, self._rotated, self._positions, self._cosines, self._sines, self._axes,
            places.counts, places.starts, key_scales, self._offsets[layer],
            shape.rows, self._positions.shape[1],
            KV=shape.heads, DIM=shape.dim, HALF_P=self._half, BLOCK_N=_ROTATE_BLOCK,
            QUANTIZED=bool(self.scales), num_warps=4,
        )  # fmt: skip
        rows = step.rows * self._groups
        tile = append_tile(rows, self._dim, query.element_size())
        tiles = -(-rows // tile.rows)
        splits = append_splits(tiles * shape.heads, self._processors)
        out = torch.empty_like(query)
        partial, lse = self._parts(query, splits, step.rows) if splits > 1 else (out, out)
        append_kernel[(tiles + shape.lanes, shape.heads, splits)](
            query, self._rotated, values, out, partial, lse, places.begins, places.counts,
            places.starts, value_scales, shape.rows, step.rows, self._scale,
            HEADS=shape.query_heads, KV=shape.heads, DIM=shape.dim, DIM_P=self._dim,
            LANES=shape.lanes, LANES_P=triton.next_power_of_2(shape.lanes), SPLITS=splits,
            BLOCK_M=tile.rows, BLOCK_N=tile.keys, PRECISION=self._precision,
            QUANTIZED=bool(self.scales), num_warps=tile.warps, num_stages=tile.stages,
        )  # fmt: skip
        if splits > 1:
            self._merge(partial, lse, out, places.outputs)
        return out.flatten(1)

    def _decode(self, layer: int, query: Tensor, step: ModelStep, final: bool) -> Tensor:
        shape, places = self.shape, step.places
        keys, values = self.layers[layer]
        key_scales, value_scales = self._scales(layer)
        wanted = triton.next_power_of_2(max(1, 2 * self._processors // shape.heads))
        tile = decode_tile(self._dim, query.element_size())
        splits = min(128, wanted, -(-shape.rows // tile.keys))
        partial, lse = self._parts(query, splits, shape.lanes)
        decode_kernel[(splits, shape.heads, shape.lanes)](
            query, keys, values, self._positions, self._cosines, self._sines, self._axes,
            partial, lse, places.counts, places.starts, places.lasts, key_scales, value_scales,
            self._offsets[layer], shape.rows, self._positions.shape[1], self._scale,
            HEADS=shape.query_heads, KV=shape.heads, DIM=shape.dim, DIM_P=self._dim,
            HALF_P=self._half, GROUPS_P=max(16, triton.next_power_of_2(self._groups)),
            LANES=shape.lanes, SPLITS=splits, BLOCK_N=tile.keys, PRECISION=self._precision,
            QUANTIZED=bool(self.scales), num_warps=tile.warps, num_stages=tile.stages,
        )  # fmt: skip
        rows = shape.lanes if final else step.rows
        out = query.new_empty((rows, shape.query_heads, shape.dim))
        self._merge(partial, lse, out, places.lanes if final else places.last_outputs)
        return out.flatten(1)

    def _scales(self, layer: int) -> tuple[Tensor, Tensor]:
        """Scales of keys and values; without scales anything, which is not read."""
        keys, values = self.scales[layer] if self.scales else self.layers[layer]
        return keys, values

    def _parts(self, query: Tensor, splits: int, rows: int) -> tuple[Tensor, Tensor]:
        size = (splits, rows, self.shape.query_heads)
        partial = query.new_empty((*size, self.shape.dim), dtype=torch.float32)
        return partial, query.new_empty(size, dtype=torch.float32)

    def _merge(self, partial: Tensor, lse: Tensor, out: Tensor, targets: Tensor) -> None:
        splits, rows, heads = lse.shape
        merge_kernel[(rows, heads)](
            partial, lse, out, targets, rows,
            HEADS=heads, DIM=self.shape.dim, DIM_P=self._dim, SPLITS=splits,
            SPLITS_P=triton.next_power_of_2(splits), num_warps=1 if splits <= 8 else 4,
        )  # fmt: skip

    def move(
        self, slot: int, rows: NDArray[np.int64], start: int, positions: NDArray[np.int64]
    ) -> None:
        """See `attention.Attention.move`: a copy, and new positions."""
        source = torch.from_numpy(rows).to(self._device)
        end = start + len(rows)
        for layer in (*self.layers, *self.scales):
            # As bytes: not every operator knows eight-bit floats.
            rows_of = (layer.view(torch.uint8) if layer.itemsize == 1 else layer)[:, slot]
            rows_of[:, :, start:end] = rows_of.index_select(2, source)
        begin = slot * self.shape.rows + start
        fresh = torch.from_numpy(positions.astype(np.int32)).to(self._device)
        self._positions[:, begin : begin + len(rows)] = fresh

    def scrub(self, slot: int, length: int) -> None:
        """Nothing to do: rows after a slot's length are never read."""
