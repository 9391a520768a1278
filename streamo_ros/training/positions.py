# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Positions of several dialogues packed into one row; each dialogue counts from 0.

Covers both kinds of positions of the supported families. Variable-length attention finds the
dialogue boundaries where the positions restart.
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
    order = [torch.arange(length) for length in lengths]
    device = inputs['input_ids'].device
    flat = torch.cat(order).to(device)
    core = _core(model)
    if core is None:
        return {'position_ids': flat.unsqueeze(0)}
    kinds = inputs['mm_token_type_ids']
    grids = inputs.get('image_grid_thw')
    axes, start, image = [], 0, 0
    for length in lengths:
        part = slice(start, start + length)
        images = _images(kinds[0, part])
        own_grids = grids[image : image + images] if grids is not None else None
        axes.append(
            core.get_rope_index(
                inputs['input_ids'][:, part],
                mm_token_type_ids=kinds[:, part],
                image_grid_thw=own_grids,
            )[0]
        )
        start, image = part.stop, image + images
    return {'position_ids': torch.cat((flat.view(1, 1, -1), torch.cat(axes, -1)))}


def _core(model: Any) -> Any:
    """The module that has `get_rope_index`, inside any peft wrappers."""
    for module in model.modules():
        if hasattr(module, 'get_rope_index'):
            return module
    return None


def _images(kinds: Tensor) -> int:
    """Number of runs of vision tokens in one dialogue."""
    marks = (kinds == 1).int()
    return int(marks[0]) + int((marks.diff() == 1).sum())
