# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How large a key-value window is, whether it fits, and what would fit instead.

Asked before it is allocated.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from streamo_ros.backbone.batch import Buckets
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.window import WindowShape
from streamo_ros.core.dialogue import DEFAULT_MAX_FRAMES
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import PromptTokens

LONG_INSTRUCTION, LONG_ANSWER, ANSWERS = 600, 128, 9
"""Tokens that a slot has room for beside its frames: 2,000 characters, and eight answers that are
kept and one that is spoken. A policy that meets more evicts earlier."""
_GIB = 1 << 30


def free_bytes(device: torch.device) -> int:
    """Memory that can be taken on a device now.

    Raises:
        BackboneError: the system does not say.
    """
    if device.type == 'cuda':
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path('/proc/meminfo').read_text().splitlines()
        line = next(line for line in lines if line.startswith('MemAvailable:'))
    except (OSError, StopIteration) as error:
        raise BackboneError('/proc/meminfo does not say how much memory is free') from error
    return int(line.split()[1]) * 1024


def check_memory(shape: WindowShape, dtype: torch.dtype, free: int) -> None:
    """Refuse a window that does not fit into `free` bytes.

    Raises:
        BackboneError: with how many lanes, or how many tokens, would fit.
    """
    need = shape.bytes(dtype)
    if need <= free:
        return
    lanes = free // replace(shape, lanes=1).bytes(dtype)
    token = replace(shape, capacity=1, slack=0).bytes(dtype)
    capacity = max(0, free // token - shape.slack)
    fits = [f'{capacity} tokens with {shape.lanes} lanes']
    if lanes:
        fits.append(f'{lanes} lanes of {shape.capacity} tokens')
    raise BackboneError(
        f'{shape.lanes} lanes of {shape.capacity} tokens need {need / _GIB:.2f} GiB for keys and '
        f'values and {free / _GIB:.2f} GiB are free: {" or ".join(fits)} would fit '
        '(instructions.capacity, context.max_frames, context.capacity)'
    )


def wanted_capacity(frames: int, frame_tokens: int, prompt: PromptTokens) -> int:
    """Tokens of a slot that holds so many frames, a long instruction and the last answers.

    Args:
        frames: in the window; 0 = `DEFAULT_MAX_FRAMES`.
        frame_tokens: most vision tokens that a frame can have.
        wording: the dialogue in the checkpoint's tokens.
    """
    answers = ANSWERS * (prompt.longest_turn(0) + LONG_ANSWER)
    fixed = len(prompt.sink('')) + LONG_INSTRUCTION + answers
    return fixed + ((frames or DEFAULT_MAX_FRAMES) + 1) * prompt.longest_turn(frame_tokens)


def window_shape(config: Any, options: Options, buckets: Buckets, wanted: int) -> WindowShape:
    """Sizes of the window of a text model.

    Args:
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
    dim = getattr(config, 'head_dim', None) or config.hidden_size // config.num_attention_heads
    return WindowShape(
        lanes=options.lanes,
        capacity=capacity,
        layers=config.num_hidden_layers,
        heads=config.num_key_value_heads,
        dim=dim,
        slack=buckets.slack(capacity),
    )


def check_context(capacity: int, prompt: PromptTokens, tokens: int) -> None:
    """Refuse a slot that cannot hold the sink and one turn with a frame of so many tokens.

    Raises:
        BackboneError: with what it would have to hold.
    """
    need = len(prompt.sink('instruction')) + prompt.longest_turn(tokens)
    if need > capacity:
        raise BackboneError(
            f'{capacity} tokens cannot hold the system prompt and one turn, which take {need}: '
            'raise context.capacity or lower model.max_pixels'
        )
