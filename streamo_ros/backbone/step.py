# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What one pass computes with: rows of all lanes behind each other, and where they belong.

Everything that changes from frame to frame is in tensors, so that a captured pass serves all
steps with equally many rows. `spans` says the same on the host, for attention that is not
captured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Span:
    """Neighboring slots with equally many new rows and equally long pasts.

    Attributes:
        slot: the first lane's slot.
        lanes: how many slots follow each other, one or more.
        tokens: new rows of each lane.
        start: tokens that each lane holds before.
    """

    slot: int
    lanes: int
    tokens: int
    start: int


@dataclass(frozen=True)
class Places:
    """Where the rows of a step belong; int32 on the device.

    A lane is what is read: a request, or every slot of the window where passes are captured.
    Lanes without new rows have count 0.

    Attributes:
        positions: rotary positions on three axes, (3, rows).
        targets: slot * window rows + row, (rows,); behind the window's last for padding.
        outputs: the row itself, (rows,); -1 for padding.
        begins: first row of each lane, (lanes,).
        counts: new rows of each lane, (lanes,).
        starts: tokens that each lane holds before, (lanes,).
        lasts: last row of each lane, (lanes,); 0 where there is none.
        last_outputs: last row of each lane, (lanes,); -1 where there is none.
        lanes: the lane itself, (lanes,); -1 where it has no rows.
    """

    positions: Tensor
    targets: Tensor
    outputs: Tensor
    begins: Tensor
    counts: Tensor
    starts: Tensor
    lasts: Tensor
    last_outputs: Tensor
    lanes: Tensor


@dataclass(frozen=True)
class ModelStep:
    """One pass.

    Attributes:
        rows: new rows, padding included.
        embeddings: (rows, hidden).
        places: where they belong.
        spans: the same, on the host; empty where passes are captured.
        single: no lane has more than one new row.
        deepstack: added behind the first layers, (levels, rows, hidden), or None.
    """

    rows: int
    embeddings: Tensor
    places: Places
    spans: tuple[Span, ...] = ()
    single: bool = False
    deepstack: Tensor | None = None


@dataclass(frozen=True)
class LaneRows:
    """A lane of a step: `count` rows from row `begin` on, behind `start` tokens."""

    begin: int
    count: int
    start: int


def pack_places(
    positions: NDArray[np.int64], targets: NDArray[np.int64], valid: int, lanes: list[LaneRows]
) -> NDArray[np.int32]:
    """All places of a step in one array, so that one copy brings them to the device.

    Args:
        positions: (3, rows).
        targets: (rows,).
        valid: rows that are no padding; they come first.
        lanes: of the step.
    """
    outputs = np.arange(len(targets))
    outputs[valid:] = -1
    begins, counts, starts = np.array(
        [(lane.begin, lane.count, lane.start) for lane in lanes]
    ).T.reshape(3, -1)
    lasts = np.maximum(begins + counts - 1, 0) * (counts > 0)
    none = counts == 0
    parts = (
        positions.ravel(),
        targets,
        outputs,
        begins,
        counts,
        starts,
        lasts,
        np.where(none, -1, lasts),
        np.where(none, -1, np.arange(len(lanes))),
    )
    return np.concatenate(parts).astype(np.int32)


def unpack_places(packed: Tensor, rows: int) -> Places:
    """Views of a packed array; see `pack_places`."""
    lanes = (len(packed) - 5 * rows) // 6
    positions, targets, outputs, *per_lane = torch.split(
        packed, [3 * rows, rows, rows, *[lanes] * 6]
    )
    return Places(positions.view(3, rows), targets, outputs, *per_lane)
