# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Positions of several dialogues packed into one row: each counts from its own beginning.

Knows the two kinds of positions that the supported families have. Attention of variable length
finds the borders of the dialogues where the positions begin again.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def packed_positions(model: Any, inputs: dict[str, Any]) -> dict[str, Tensor]:
    """Take `lengths` out of the inputs and give `position_ids` for it.

    Args:
        model: without wrappers; one with `get_rope_index` has three axes and a fourth for order.
        inputs: a packed batch of one row.

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
    axes, begin, image = [], 0, 0
    for length in lengths:
        part = slice(begin, begin + length)
        images = _images(kinds[0, part])
        own = grids[image : image + images] if grids is not None else None
        axes.append(
            core.get_rope_index(
                inputs['input_ids'][:, part], mm_token_type_ids=kinds[:, part], image_grid_thw=own
            )[0]
        )
        begin, image = part.stop, image + images
    return {'position_ids': torch.cat((flat.view(1, 1, -1), torch.cat(axes, -1)))}


def _core(model: Any) -> Any:
    """The module that knows `get_rope_index`, inside whatever peft put around it."""
    for module in model.modules():
        if hasattr(module, 'get_rope_index'):
            return module
    return None


def _images(kinds: Tensor) -> int:
    """Runs of vision tokens in one dialogue."""
    marks = (kinds == 1).int()
    return int(marks[0]) + int((marks.diff() == 1).sum())
