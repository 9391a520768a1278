# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The size of a key-value window: whether it fits, and what would fit instead.

Checked before anything is allocated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from streamo_ros.backbone.attention.shape import LayerKind
from streamo_ros.backbone.attention.shape import WindowShape
from streamo_ros.backbone.layer_kinds import find_layer_kinds
from streamo_ros.backbone.options import Options
from streamo_ros.core.interface import BackboneError

PREFILL_TOKENS = 1024
"""Longest part of a prefill in one pass: bounds its working memory."""
LIBRARIES = 512 << 20
"""What CUDA's libraries and kernels take on first use."""
_GIB = 1 << 30


def free_bytes(device: torch.device) -> int:
    """Memory that can be taken on a device now.

    Where a GPU shares the system's memory, its driver does not count what the page cache would
    give back, and that has just grown by the weights.

    Raises:
        BackboneError: the system does not say.
    """
    if device.type == 'cuda' and not shares_memory(device):
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path('/proc/meminfo').read_text().splitlines()
        line = next(line for line in lines if line.startswith('MemAvailable:'))
    except (OSError, StopIteration) as error:
        raise BackboneError('/proc/meminfo does not say how much memory is free') from error
    return int(line.split()[1]) * 1024


def shares_memory(device: torch.device) -> bool:
    """Whether a GPU has no memory of its own, as on a Jetson."""
    return bool(getattr(torch.cuda.get_device_properties(device), 'is_integrated', False))


def workspace_bytes(
    config: Any, shape: WindowShape, dtype: torch.dtype, device: torch.device
) -> int:
    """GPU memory that passes need besides weights and window, including graphs and libraries.

    On a CPU nothing is set apart: pages are taken as they are touched, and given back.

    Args:
        config: of the text model.
        shape: of the window.
        dtype: of the passes.
        device: where they run.
    """
    if device.type != 'cuda':
        return 0
    heads = (config.num_attention_heads + 2 * shape.heads) * shape.dim
    row = 6 * config.hidden_size + 2 * heads + 3 * config.intermediate_size
    rows = PREFILL_TOKENS * row * dtype.itemsize
    parts = 8 * PREFILL_TOKENS * config.num_attention_heads * shape.dim * 4
    scratch = shape.lanes * shape.rows * shape.heads * shape.dim * dtype.itemsize
    logits = 2 * shape.lanes * config.vocab_size * 4
    # Rows twice: captured passes keep their own in addition to those of eager ones.
    return scratch + 2 * (rows + parts + logits) + LIBRARIES


def check_memory(shape: WindowShape, dtype: torch.dtype, free: int, workspace: int = 0) -> None:
    """Refuse a window that does not fit into `free` bytes together with `workspace`.

    Raises:
        BackboneError: with how many lanes, or how many tokens, would fit.
    """
    need, room = shape.bytes(dtype), max(0, free - workspace)
    if need <= room:
        return
    lanes = room // replace(shape, lanes=1).bytes(dtype)
    token = replace(shape, capacity=1, slack=0).bytes(dtype)
    capacity = max(0, room // token - shape.slack)
    fits = [f'{capacity} tokens with {count_lanes(shape.lanes)}']
    if lanes:
        fits.append(f'{count_lanes(lanes)} of {shape.capacity} tokens')
    passes = f', {workspace / _GIB:.2f} GiB of them for passes' if workspace else ''
    raise BackboneError(
        f'{count_lanes(shape.lanes)} of {shape.capacity} tokens would need {need / _GIB:.2f} GiB '
        f'for keys and values and {free / _GIB:.2f} GiB are free{passes}: '
        f'{" or ".join(fits)} would fit '
        '(max_instructions, context.max_frames, context.capacity, context.dtype)'
    )


def count_lanes(count: int) -> str:
    """A number of lanes in words."""
    return '1 lane' if count == 1 else f'{count} lanes'


def window_shape(config: Any, options: Options, copies: int, wanted: int) -> WindowShape:
    """Sizes of the window of a text model.

    Args:
        config: of the text model.
        options: how it is run.
        copies: see `WindowShape`.
        wanted: tokens of a slot where `options.capacity` does not say.

    Raises:
        BackboneError: it would be longer than the model's trained positions, or empty.
    """
    trained = config.max_position_embeddings
    capacity = options.capacity or min(wanted, trained)
    if capacity > trained:
        raise BackboneError(
            f'context.capacity {capacity} is more than the {trained} positions that the '
            f'checkpoint was trained for: set it to at most {trained}'
        )
    if capacity < 1 or options.lanes < 1:
        raise BackboneError(
            f'{options.lanes} lanes of {capacity} tokens hold nothing: both must be at least 1'
        )
    kinds, homes = find_layer_kinds(config)
    layers, heads, dim = _largest(kinds) if kinds else _uniform(config)
    return WindowShape(
        lanes=options.lanes,
        capacity=capacity,
        layers=layers,
        heads=heads,
        dim=dim,
        query_heads=config.num_attention_heads,
        copies=copies,
        kinds=kinds,
        homes=homes,
    )


def _largest(kinds: Sequence[LayerKind]) -> tuple[int, int, int]:
    """All layers with keys, and the most heads and the largest of any."""
    layers = sum(kind.layers for kind in kinds)
    return layers, max(kind.heads for kind in kinds), max(kind.dim for kind in kinds)


def _uniform(config: Any) -> tuple[int, int, int]:
    """Layers, heads and their size of a text model whose layers are all alike."""
    dim = getattr(config, 'head_dim', None) or config.hidden_size // config.num_attention_heads
    return config.num_hidden_layers, config.num_key_value_heads, dim
