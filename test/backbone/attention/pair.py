# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two implementations of attention side by side, fed the same rows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from streamo_ros.backbone.attention.reference import ReferenceAttention
from streamo_ros.backbone.attention.shape import HeadNorms
from streamo_ros.backbone.attention.shape import WindowShape
from streamo_ros.backbone.rotary import Rotary
from streamo_ros.backbone.rotary import rotate
from streamo_ros.backbone.rotary import sections
from streamo_ros.backbone.step import LaneRows
from streamo_ros.backbone.step import ModelStep
from streamo_ros.backbone.step import pack_places
from streamo_ros.backbone.step import Span
from streamo_ros.backbone.step import unpack_places

flash = pytest.importorskip('streamo_ros.backbone.attention.flash', reason='Triton is missing')

DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')


def rotary(dim, mixed=sections):
    half = dim // 2
    sizes = (half - 2 * (half // 3), half // 3, half // 3)
    return Rotary(1e4 ** -(torch.arange(half, device=DEVICE) / half), mixed(sizes), 1.0)


class Pair:
    """Both implementations with the same window, fed the same rows.

    Slots hold what `lengths` says; the reference works in float32 on what the kernels hold, or
    with `plain` in the window format `kept`, as they do.
    """

    def __init__(
        self, shape, dtype=torch.float32, mixed=sections, seed=0, norms=False, splits=1, kept=None,
        plain=ReferenceAttention,
    ):  # fmt: skip
        self.shape, self.dtype = shape, dtype
        self.turn = rotary(shape.dim, mixed)
        self.kernels = flash.FlashAttention(shape, self.turn, DEVICE, dtype, kept)
        own = None if plain is ReferenceAttention else kept
        self.plain = plain(shape, self.turn, DEVICE, torch.float32, own)
        self.random = torch.Generator().manual_seed(seed)
        self.lengths = [0] * shape.lanes
        self.next = [0] * shape.lanes
        if DEVICE.type == 'cpu':
            self.kernels._processors = splits  # programs wanted: few are fast, many split keys
        width = torch.randn(2, shape.dim, generator=self.random)
        self.norms = HeadNorms(*width, 1e-6) if norms else None
        self.key_bias = 0.0

    def rows(self, count):
        heads = self.shape.query_heads + 2 * self.shape.heads
        qkv = torch.randn(count, heads, self.shape.dim, generator=self.random)
        qkv[:, self.shape.query_heads : -self.shape.heads] += self.key_bias
        return qkv.to(self.dtype).flatten(1)

    def fill(self, *lengths):
        """Give both the same past."""
        for lane, count in enumerate(lengths):
            positions = torch.from_numpy(self.positions(lane, count)).to(DEVICE)
            first = lane * self.shape.rows
            self.kernels._positions[:, first : first + count] = positions
            cos, sin = self.turn.angles(positions)
            for ours, plain in zip(self.kernels.layers, self.plain.layers, strict=True):
                past = torch.randn(
                    2, self.shape.heads, count, self.shape.dim, generator=self.random
                )
                past[0] += self.key_bias
                past = past.to(DEVICE, self.dtype)
                ours[:, lane, :, :count] = past
                raw, value = past
                plain[0, lane, :, :count], plain[2, lane, :, :count] = raw, value
                plain[1, lane, :, :count] = rotate(raw, cos, sin)
            self.lengths[lane] = count
        return self

    def positions(self, lane, count):
        """Three different axes that grow, as a frame's do."""
        at = self.next[lane] + np.arange(count)
        self.next[lane] += count
        return np.stack((at, at // 2 + lane, at // 3))

    def step(self, counts, padding=0, single=None):
        """A step of the kernels (all slots) and one of the reference (those with rows)."""
        begins = [0, *itertools.accumulate(counts)]
        valid = begins[-1]
        rows = valid + padding
        positions, targets = np.zeros((3, rows), np.int64), np.full(rows, self.limit)
        lanes, spans = [], []
        for lane, count in enumerate(counts):
            end = begins[lane] + count
            positions[:, begins[lane] : end] = self.positions(lane, count)
            first = lane * self.shape.rows + self.lengths[lane]
            targets[begins[lane] : end] = first + np.arange(count)
            lanes.append(LaneRows(begins[lane], count, self.lengths[lane]))
            if count:
                spans.append(Span(lane, 1, count, self.lengths[lane]))
        present = [lane for lane in lanes if lane.count]
        self.valid, self.present = valid, [lane for lane, count in enumerate(counts) if count]
        single = max(counts) == 1 if single is None else single
        ours = pack_places(positions, targets, valid, lanes)
        theirs = pack_places(positions[:, :valid], targets[:valid], valid, present)
        self.lengths = [at + count for at, count in zip(self.lengths, counts, strict=True)]
        empty = torch.empty(0)
        return (
            ModelStep(
                rows, empty, unpack_places(torch.from_numpy(ours).to(DEVICE), rows), (), single
            ),
            ModelStep(
                valid,
                empty,
                unpack_places(torch.from_numpy(theirs).to(DEVICE), valid),
                tuple(spans),
            ),
        )

    @property
    def limit(self):
        return self.shape.lanes * self.shape.rows

    def run(self, counts, padding=0, final=False, single=None):
        """(kernels', reference's) results of one step in all layers, valid rows alone."""
        ours, theirs = self.step(counts, padding, single)
        self.kernels.begin(ours)
        self.plain.begin(theirs)
        norms = self.norms and HeadNorms(
            self.norms.query.to(DEVICE), self.norms.key.to(DEVICE), 1e-6
        )
        found = []
        for layer in range(self.shape.layers):
            qkv = self.rows(ours.rows)
            seen = self.kernels.attend(layer, qkv.to(DEVICE), norms, ours, final=final)
            plain = self.plain.attend(
                layer, qkv[: self.valid].float().to(DEVICE), norms, theirs, final=final
            )
            kept = self.present if final else slice(self.valid)
            found.append((seen[kept].float(), plain))
        return found

    def check(self, *args, tolerance=1e-5, **choices):
        for seen, plain in self.run(*args, **choices):
            assert seen.shape == plain.shape
            assert error(seen, plain) <= tolerance


def error(seen, plain):
    return float((seen - plain).norm() / plain.norm())


def shape(heads, groups, dim, lanes=3, capacity=150, layers=1):
    return WindowShape(
        lanes=lanes, capacity=capacity, layers=layers, heads=heads, dim=dim,
        query_heads=heads * groups, copies=2,
    )  # fmt: skip
