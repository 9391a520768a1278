# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Positions of parts of a row, each of which counts from 0.

Covers both kinds of positions of the supported families. Variable-length attention finds the
boundaries of packed dialogues where the positions restart.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def packed_positions(model: Any, inputs: dict[str, Any]) -> dict[str, Tensor]:
    """Replace the `lengths` of the inputs by `position_ids`.

    Args:
        model: unwrapped; one with `get_rope_index` has three axes plus one for token order.
        inputs: a packed batch of one row; `lengths` is removed from it.

    Returns:
        position_ids, int64, shape (4, 1, tokens) or (1, tokens).
    """
    lengths = inputs.pop('lengths').tolist()
    device = inputs['input_ids'].device
    starts = [sum(lengths[:k]) for k in range(len(lengths))]
    rows = [
        torch.arange(start, start + length, device=device)
        for start, length in zip(starts, lengths, strict=True)
    ]
    axes = torch.cat([rope_positions(model, inputs, row) for row in rows], -1)
    if len(axes) == 1:
        return {'position_ids': axes}
    flat = torch.cat([row - row[0] for row in rows])
    return {'position_ids': torch.cat((flat[None], axes))[:, None]}


def rope_positions(model: Any, inputs: dict[str, Any], row: Tensor) -> Tensor:
    """The positions of some tokens of a row, as if they were there alone.

    Args:
        model: unwrapped; one with `get_rope_index` has three axes.
        inputs: a batch of one row.
        row: the tokens, int64, ascending; frames are whole.

    Returns:
        int64, shape (3, tokens) or (1, tokens).
    """
    core = _core(model)
    if core is None:
        return torch.arange(len(row), device=row.device)[None]
    kinds = inputs['mm_token_type_ids'][:, row]
    return core.get_rope_index(
        inputs['input_ids'][:, row],
        mm_token_type_ids=kinds,
        image_grid_thw=_grids(inputs, row),
    )[0][:, 0]


def _core(model: Any) -> Any:
    """The module that has `get_rope_index`, inside any peft wrappers."""
    for module in model.modules():
        if hasattr(module, 'get_rope_index'):
            return module
    return None


def _grids(inputs: dict[str, Any], row: Tensor) -> Tensor | None:
    """The grids of the images among these tokens."""
    grids: Tensor | None = inputs.get('image_grid_thw')
    if grids is None:
        return None
    inside = inputs['mm_token_type_ids'][0] == 1
    first = inside.clone()
    first[1:] &= ~inside[:-1]
    number = first.cumsum(0) - 1
    return grids[number[row[first[row]]]]
