# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a detector saw in one frame: kinds, boxes and colors, the surest first.

Knows how raw detections become these; `colors` knows how pixels are named.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from streamo_ros.backbone.vision.colors import box_colors
from streamo_ros.backbone.vision.yolox import STRIDES
from streamo_ros.core.colors import COLORS

LOW_SCORE = 0.12
"""Surer ones are kept: the language model is told the score and judges itself."""
OVERLAP = 0.5
"""Two boxes of one kind that share more of their union are one thing."""
SAME_BOX = 0.8
"""Two boxes of different kinds that share more of their union are one thing, seen twice."""
BOX = 5
"""Numbers of a box: logit of the score, center x and y, log width and height."""
NOTHING = -1
"""Kind of an empty place."""
_SCORES = (0.02, 0.98)
_SMALLEST = 0.01
_CANDIDATES = 100


class Detections(NamedTuple):
    """What was seen in frames, `places` in each, in order of falling score.

    Attributes:
        kind: number of the kind in COCO's order, or `NOTHING`; int64, (..., places).
        box: logit of the score; center x and y, 0 to 1 of the picture; natural logarithms of
            width and height as parts of the picture; float32, (..., places, BOX). 0 where there
            is nothing.
        color: how much of the box's middle has each of `core.colors.COLORS`; float32,
            (..., places, colors). 0 where there is nothing.
    """

    kind: Tensor
    box: Tensor
    color: Tensor

    @property
    def scores(self) -> Tensor:
        """How sure the detector is, 0 to 1, and 0 where there is nothing; (..., places)."""
        return self.box[..., 0].sigmoid() * (self.kind != NOTHING)

    @property
    def corners(self) -> Tensor:
        """Left, top, right, bottom, 0 to 1 of the picture; float32, (..., places, 4)."""
        center, half = self.box[..., 1:3], self.box[..., 3:5].exp() / 2
        corners = torch.cat((center - half, center + half), -1).clamp(0, 1)
        return corners * (self.kind != NOTHING)[..., None]


def no_detections(places: int) -> Detections:
    """A frame in which nothing was seen."""
    return Detections(
        torch.full((places,), NOTHING),
        torch.zeros(places, BOX),
        torch.zeros(places, len(COLORS)),
    )


def read_detections(raw: Tensor, picture: Tensor, places: int) -> Detections:
    """The surest detections of a frame, each thing once.

    Args:
        raw: what the detector gave, see `yolox.Yolox.forward`; on any device.
        picture: the frame that it was given, RGB, 0 to 255, shape (3, height, width).
        places: how many are kept.

    Returns:
        On the CPU; raw detections that are not finite are left out.
    """
    raw = raw.float().cpu()
    height, width = picture.shape[1:]
    best, kind = raw[:, 5:].max(1)
    score = torch.nan_to_num(best * raw[:, 4] * raw[:, :4].isfinite().all(1), posinf=0)
    score, order = score.topk(min(_CANDIDATES, len(score)))
    order, score = order[score >= LOW_SCORE], score[score >= LOW_SCORE]
    boxes, kind = _boxes(raw[order, :4], order, height, width), kind[order]
    kept = _each_once(boxes, kind)[:places]
    if not kept:
        return no_detections(places)
    boxes, kind, score = boxes[kept], kind[kept], score[kept]
    detections = no_detections(places)
    detections.kind[: len(kept)] = kind
    detections.box[: len(kept)] = encode_boxes(score, boxes)
    detections.color[: len(kept)] = box_colors(picture.cpu(), boxes)
    return detections


def encode_boxes(score: Tensor, boxes: Tensor) -> Tensor:
    """The numbers of boxes as the language model gets them, see `Detections.box`.

    Args:
        score: 0 to 1, shape (...).
        boxes: center x, center y, width, height, 0 to 1 of the picture, shape (..., 4).
    """
    logit = score.clamp(*_SCORES).logit()[..., None]
    center = boxes[..., :2].clamp(0, 1)
    return torch.cat((logit, center, boxes[..., 2:].clamp(_SMALLEST, 1).log()), -1)


def _boxes(raw: Tensor, at: Tensor, height: int, width: int) -> Tensor:
    """Boxes of raw detections: center and size, 0 to 1 of the picture, (detections, 4).

    Args:
        raw: offsets and log sizes in strides, (detections, 4).
        at: their numbers among all places of the picture.
        height: of the picture in pixels.
        width: of the picture in pixels.
    """
    corner, stride = _places(height, width)
    size = torch.tensor([width, height], dtype=torch.float32)
    center = (raw[:, :2] + corner[at]) * stride[at] / size
    # Beyond the picture's own size a box says nothing, and exp must not overflow.
    extent = (raw[:, 2:].clamp(max=math.log(max(height, width))).exp()) * stride[at] / size
    return torch.cat((center, extent), 1)


def _places(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Column and row of each place within its level, (places, 2), and its stride, (places, 1)."""
    corners, strides = [], []
    for stride in STRIDES:
        rows, columns = height // stride, width // stride
        row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing='ij')
        corners.append(torch.stack((column, row), -1).reshape(-1, 2))
        strides.append(torch.full((rows * columns, 1), stride))
    return torch.cat(corners), torch.cat(strides)


def _each_once(boxes: Tensor, kind: Tensor) -> list[int]:
    """Numbers of the boxes that are left when a surer one stands for the same thing.

    Args:
        boxes: in order of falling score, (detections, 4).
        kind: theirs.
    """
    shared = _overlaps(boxes)
    limit = torch.where(kind[:, None] == kind[None], OVERLAP, SAME_BOX)
    same = (shared > limit).tolist()
    kept: list[int] = []
    for number, row in enumerate(same):
        if not any(row[earlier] for earlier in kept):
            kept.append(number)
    return kept


def _overlaps(boxes: Tensor) -> Tensor:
    """Intersection over union of each pair, (detections, detections)."""
    low, high = boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2
    inside = torch.minimum(high[:, None], high[None]) - torch.maximum(low[:, None], low[None])
    shared = inside.clamp(min=0).prod(-1)
    area = boxes[:, 2:].prod(-1)
    return shared / (area[:, None] + area[None] - shared).clamp(min=1e-9)
