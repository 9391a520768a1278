# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Detections as input embeddings of a language model: one token for each place.

The same module is trained on simulated detections and serves those of a camera.
"""

from __future__ import annotations

import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.vision.detections import BOX
from streamo_ros.backbone.vision.detections import Detections
from streamo_ros.backbone.vision.detections import NOTHING
from streamo_ros.backbone.vision.track_marks import LATELY
from streamo_ros.backbone.vision.track_marks import MARKS
from streamo_ros.backbone.vision.yolox import KINDS
from streamo_ros.core.colors import COLORS

_STEPS = 20
"""Steps from 0 to 1 in which a place and a size are told."""
_LARGEST_SHRINK, _SHRINKS = 4.0, 16
"""Natural logarithm of the smallest size that is told from others, and steps up to it."""
_SCALES = 3 * (_STEPS + 1) + _SHRINKS + 1
ORDINALS = 10
"""Things of one kind in a frame that are told apart; further ones are like the last."""


class DetectionTokens(nn.Module):
    """Embeds detections.

    A token is the sum of what it is, where and how large and sure, which one of its kind it is,
    and of what color; an empty place has an embedding of its own. Place and size are told as
    numbers, and again on scales: whether a box is beyond a border is then one weighted sum.

    Args:
        hidden: width of the language model.
        inner: width inside the network of the box.
        scaled: whether place and size are told on scales, too.
        tracked: whether it is told what the latest frames show, see `tracks`.
        remembered: whether it is told what frames long before show, too.
    """

    def __init__(
        self,
        hidden: int,
        inner: int = 64,
        *,
        scaled: bool = False,
        tracked: bool = False,
        remembered: bool = False,
    ) -> None:
        super().__init__()
        self.kinds = nn.Embedding(KINDS, hidden)
        self.box = nn.Sequential(nn.Linear(BOX, inner), nn.SiLU(), nn.Linear(inner, hidden))
        self.scales = nn.Linear(_SCALES, hidden, bias=False) if scaled else None
        self.ordinals = nn.Embedding(ORDINALS, hidden)
        self.color = nn.Linear(len(COLORS), hidden, bias=False)
        self.none = nn.Parameter(torch.zeros(hidden))
        told = MARKS if remembered else LATELY
        self.marks = nn.Linear(told, hidden, bias=False) if tracked or remembered else None

    def forward(self, seen: Detections, marks: Tensor | None = None) -> Tensor:
        """Shape (..., places, hidden), in the number format of the weights.

        Args:
            seen: detections, and in free places things that are missed.
            marks: what the frames before tell of them, see `tracks.Followed`; float32, shape
                (..., places, MARKS). None = nothing is known of them.
        """
        kind = self.kinds(seen.kind.clamp(min=0))
        dtype = kind.dtype
        token: Tensor = (
            kind
            + self.box(seen.box.to(dtype))
            + self.ordinals(ordinals(seen.kind).clamp(max=ORDINALS - 1))
            + self.color(seen.color.to(dtype))
        )
        if self.scales is not None:
            token = token + self.scales(scales(seen.box).to(dtype))
        if self.marks is not None and marks is not None:
            token = token + self.marks(marks[..., : self.marks.in_features].to(dtype))
        return torch.where((seen.kind == NOTHING)[..., None], self.none, token)


def scales(box: Tensor) -> Tensor:
    """Place and size of boxes on scales; float32, shape (..., `_SCALES`).

    A number between two steps of its scale belongs to both, to the nearer one more.

    Args:
        box: see `Detections.box`, shape (..., BOX).
    """
    box = box.float()
    side = (box[..., 3] + box[..., 4]) / 2
    parts = [box[..., 1], box[..., 2], side.exp()]
    told = [_on_scale(part * _STEPS, _STEPS) for part in parts]
    told.append(_on_scale(-side / _LARGEST_SHRINK * _SHRINKS, _SHRINKS))
    return torch.cat(told, -1)


def _on_scale(value: Tensor, steps: int) -> Tensor:
    """How near a value is to each step, 1 on it and 0 from the next one on; (..., steps + 1)."""
    at = torch.arange(steps + 1, device=value.device)
    return (1 - (value.clamp(0, steps)[..., None] - at).abs()).clamp(min=0)


def ordinals(kind: Tensor) -> Tensor:
    """How many earlier places of the same frame have the same kind; int64, as `kind`.

    Args:
        kind: int64, (..., places).
    """
    same = kind[..., :, None] == kind[..., None, :]
    return same.tril(diagonal=-1).sum(-1)
