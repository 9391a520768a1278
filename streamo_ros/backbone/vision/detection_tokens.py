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
from streamo_ros.backbone.vision.yolox import KINDS
from streamo_ros.core.colors import COLORS

ORDINALS = 10
"""Things of one kind in a frame that are told apart; further ones are like the last."""


class DetectionTokens(nn.Module):
    """Embeds detections.

    A token is the sum of what it is, where and how large and sure, which one of its kind it is,
    and of what color; an empty place has an embedding of its own.

    Args:
        hidden: width of the language model.
        inner: width inside the network of the box.
    """

    def __init__(self, hidden: int, inner: int = 64) -> None:
        super().__init__()
        self.kinds = nn.Embedding(KINDS, hidden)
        self.box = nn.Sequential(nn.Linear(BOX, inner), nn.SiLU(), nn.Linear(inner, hidden))
        self.ordinals = nn.Embedding(ORDINALS, hidden)
        self.color = nn.Linear(len(COLORS), hidden, bias=False)
        self.none = nn.Parameter(torch.zeros(hidden))

    def forward(self, seen: Detections) -> Tensor:
        """Shape (..., places, hidden), in the number format of the weights."""
        kind = self.kinds(seen.kind.clamp(min=0))
        dtype = kind.dtype
        token: Tensor = (
            kind
            + self.box(seen.box.to(dtype))
            + self.ordinals(ordinals(seen.kind).clamp(max=ORDINALS - 1))
            + self.color(seen.color.to(dtype))
        )
        return torch.where((seen.kind == NOTHING)[..., None], self.none, token)


def ordinals(kind: Tensor) -> Tensor:
    """How many earlier places of the same frame have the same kind; int64, as `kind`.

    Args:
        kind: int64, (..., places).
    """
    same = kind[..., :, None] == kind[..., None, :]
    return same.tril(diagonal=-1).sum(-1)
