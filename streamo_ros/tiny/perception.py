# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The first lesson: to see. The tower learns to say of each cell what it holds.

Knows heads, losses and accuracies of single pictures. The heads are thrown away afterwards.
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
"""Share of the pictures of each aspect, at the end, that is only looked at for accuracies."""
_EMPTY = 0.15
"""Weight of an empty cell: there are many of them."""
_SHAPE = 1.5
_DIGIT = 0.3
_TESTED = 400


class PerceptionLoss(nn.Module):
    """The tower and a head for each thing that it is asked about.

    Args:
        tower: that learns.
        width: of its output.
    """

    def __init__(self, tower: nn.Module, width: int) -> None:
        super().__init__()
        self.tower, self._width = tower, width
        self.heads = nn.ModuleDict({kind: nn.Linear(width, n) for kind, n in KINDS.items()})
        self.digit_heads = nn.ModuleList([nn.Linear(width, DIGITS) for _ in range(2)])

    def loss(self, frames: NDArray[np.uint8], cells: Tensor, digits: Tensor) -> Tensor:
        """Of pictures of one aspect; see `pictures.Pool` for the shapes."""
        with torch.autocast('cpu', torch.bfloat16):
            seen = encode(self.tower, torch.from_numpy(frames))
        seen = F.rms_norm(seen.float(), (self._width,))
        held = cells[..., 0].flatten() > 0
        weight = torch.where(held, 1.0, _EMPTY)
        found = torch.zeros(())
        for k, (kind, head) in enumerate(self.heads.items()):
            each = F.cross_entropy(
                head(seen).flatten(0, 1), cells[..., k].flatten(), reduction='none'
            )
            found = found + (each * weight).sum() / weight.sum() * (
                _SHAPE if kind == 'shape' else 1.0
            )
        most = seen.amax(1)
        for place, head in enumerate(self.digit_heads):
            found = found + _DIGIT * F.cross_entropy(head(most), digits[:, place])
        return found

    @torch.no_grad()
    def accuracies(self, pool: Pool) -> dict[str, float]:
        """Share of right values in cells that hold a thing, of empty cells, and of digits."""
        frames, cells, digits = tensors(pool, np.arange(len(pool.frames))[-_TESTED:])
        seen = self._look(frames)
        held, panel = cells[..., 0] > 0, digits[:, 0] > 0
        found = {
            kind: _right(head(seen), cells[..., k], held)
            for k, (kind, head) in enumerate(self.heads.items())
        }
        found['empty'] = _right(self.heads['colour'](seen), cells[..., 0], ~held)
        most = seen.amax(1)
        for place, name in enumerate(('tens', 'ones')):
            found[name] = _right(self.digit_heads[place](most), digits[:, place], panel)
        return found

    def _look(self, frames: NDArray[np.uint8]) -> Tensor:
        return F.rms_norm(encode(self.tower, torch.from_numpy(frames)), (self._width,))


def draw_batch(
    pools: Mapping[str, Pool], draw: np.random.Generator
) -> tuple[NDArray[np.uint8], Tensor, Tensor]:
    """Pictures of one aspect under another light, with their labels."""
    pool = pools[ASPECTS[int(draw.choice(len(ASPECTS), p=SHARES))]]
    learned = max(1, int(len(pool.frames) * (1 - HELD_BACK)))
    frames, cells, digits = tensors(pool, draw.integers(0, learned, BATCH))
    gain = draw.uniform(0.8, 1.2, (BATCH, 1, 1, 1))
    tint = draw.uniform(-20, 20, (BATCH, 1, 1, 3))
    lit = np.clip((frames.astype(np.float32) - 128) * gain + 128 + tint, 0, 255)
    return lit.astype(np.uint8), cells, digits


def tensors(pool: Pool, at: NDArray[np.int64]) -> tuple[NDArray[np.uint8], Tensor, Tensor]:
    """Some pictures; cells as int64 of shape (pictures, tokens, kinds), digits (pictures, 2)."""
    cells = torch.from_numpy(pool.cells[at].astype(np.int64))
    return pool.frames[at], cells.flatten(1, 2), torch.from_numpy(pool.digits[at].astype(np.int64))


def _right(logits: Tensor, values: Tensor, where: Tensor) -> float:
    return (logits.argmax(-1) == values)[where].float().mean().item()
