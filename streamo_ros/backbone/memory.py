# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a key-value window fits, and what would fit instead. Asked before it is allocated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from streamo_ros.backbone.face import BackboneError
from streamo_ros.backbone.window import WindowShape

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
        '(instructions.capacity, context.capacity)'
    )
