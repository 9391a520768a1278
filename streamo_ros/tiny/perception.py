# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The first stage: the vision tower learns to classify what each cell of a picture contains.

The classification heads are discarded afterward.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn
from torch import Tensor

from streamo_ros.tiny.pictures import ASPECTS
from streamo_ros.tiny.pictures import DIGITS
from streamo_ros.tiny.pictures import KINDS
from streamo_ros.tiny.pictures import Pool
from streamo_ros.tiny.pictures import SHARES
from streamo_ros.tiny.tower import encode

BATCH = 64
HELD_BACK = 0.02
"""Share of the pictures of each aspect, at the end, that is only used to measure accuracies."""
_EMPTY = 0.15
"""Weight of an empty cell: there are many of them."""
_SHAPE, _DIGIT = 1.5, 0.3
"""Weights of the losses of shapes and digits; the others weigh 1."""
_TESTED = 400
"""Number of pictures that accuracies are measured on."""


class PerceptionLoss(nn.Module):
    """The tower with a classification head for each property of a cell, and for the display.

    Args:
        tower: the tower to train.
        width: width of its output.
    """

    def __init__(self, tower: nn.Module, width: int) -> None:
        super().__init__()
        self.tower, self._width = tower, width
        self.heads = nn.ModuleDict({kind: nn.Linear(width, n) for kind, n in KINDS.items()})
        self.digit_heads = nn.ModuleList([nn.Linear(width, DIGITS) for _ in range(2)])

    def loss(self, frames: NDArray[np.uint8], cells: Tensor, digits: Tensor) -> Tensor:
        """The loss on pictures of one aspect; see `tensors` for the shapes of the labels."""
        with torch.autocast('cpu', torch.bfloat16):
            features = encode(self.tower, torch.from_numpy(frames))
        features = F.rms_norm(features.float(), (self._width,))
        occupied = cells[..., 0].flatten() > 0
        weight = torch.where(occupied, 1.0, _EMPTY)
        total = torch.zeros(())
        for k, (kind, head) in enumerate(self.heads.items()):
            losses = F.cross_entropy(
                head(features).flatten(0, 1), cells[..., k].flatten(), reduction='none'
            )
            total = total + (losses * weight).sum() / weight.sum() * (
                _SHAPE if kind == 'shape' else 1.0
            )
        pooled = features.amax(1)
        for place, head in enumerate(self.digit_heads):
            total = total + _DIGIT * F.cross_entropy(head(pooled), digits[:, place])
        return total

    @torch.no_grad()
    def accuracies(self, pool: Pool) -> dict[str, float]:
        """Accuracies in occupied cells by property, in empty cells, and of the display."""
        frames, cells, digits = tensors(pool, np.arange(len(pool.frames))[-_TESTED:])
        features = F.rms_norm(encode(self.tower, torch.from_numpy(frames)), (self._width,))
        occupied, panel = cells[..., 0] > 0, digits[:, 0] > 0
        accuracies = {
            kind: _accuracy(head(features), cells[..., k], occupied)
            for k, (kind, head) in enumerate(self.heads.items())
        }
        accuracies['empty'] = _accuracy(self.heads['colour'](features), cells[..., 0], ~occupied)
        pooled = features.amax(1)
        for place, name in enumerate(('tens', 'ones')):
            logits = self.digit_heads[place](pooled)
            accuracies[name] = _accuracy(logits, digits[:, place], panel)
        return accuracies


def draw_batch(
    pools: Mapping[str, Pool], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Tensor, Tensor]:
    """Pictures of one aspect with random gain and tint, and their labels; see `tensors`."""
    pool = pools[ASPECTS[int(rng.choice(len(ASPECTS), p=SHARES))]]
    count = max(1, int(len(pool.frames) * (1 - HELD_BACK)))
    frames, cells, digits = tensors(pool, rng.integers(0, count, BATCH))
    gain = rng.uniform(0.8, 1.2, (BATCH, 1, 1, 1))
    tint = rng.uniform(-20, 20, (BATCH, 1, 1, 3))
    lit = np.clip((frames.astype(np.float32) - 128) * gain + 128 + tint, 0, 255)
    return lit.astype(np.uint8), cells, digits


def tensors(pool: Pool, index: NDArray[np.int64]) -> tuple[NDArray[np.uint8], Tensor, Tensor]:
    """Some pictures of a pool with their labels.

    Returns:
        Frames as in the pool; cells as int64 of shape (pictures, tokens, kinds); digits as int64
        of shape (pictures, 2).
    """
    cells = torch.from_numpy(pool.cells[index].astype(np.int64))
    digits = torch.from_numpy(pool.digits[index].astype(np.int64))
    return pool.frames[index], cells.flatten(1, 2), digits


def _accuracy(logits: Tensor, values: Tensor, where: Tensor) -> float:
    return (logits.argmax(-1) == values)[where].float().mean().item()
