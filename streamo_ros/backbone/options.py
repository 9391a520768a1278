# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a checkpoint is to be run: what can be chosen, and what the choices mean here."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from streamo_ros.core.interface import BackboneError

MAX_PIXELS = 100352
"""Streamo's frame area: 128 merged tokens of 28 x 28 pixels."""

VISION = ('auto', 'torch', 'tensorrt')

DTYPES = {'float32': torch.float32, 'bfloat16': torch.bfloat16, 'float16': torch.float16}


@dataclass(frozen=True)
class Options:
    """How a checkpoint is run; see `load`."""

    device: str = 'auto'
    dtype: str = 'auto'
    protocol: str = 'auto'
    max_pixels: int = MAX_PIXELS
    lanes: int = 8
    capacity: int = 0
    frames: int = 0
    vision: str = 'auto'
    wait: bool = False


def find_device(options: Options) -> tuple[torch.device, torch.dtype]:
    """Device and number format that are meant.

    Raises:
        BackboneError: this machine or build of torch does not have them.
    """
    name = options.device
    if name == 'auto':
        name = 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BackboneError(f'there is no device {name!r}: use auto, cpu or cuda') from error
    if device.type == 'cuda' and not torch.cuda.is_available():
        raise BackboneError('torch sees no CUDA device: set model.device to cpu or auto')
    if device.type not in ('cpu', 'cuda'):
        raise BackboneError(f'the device {name!r} is not supported: use auto, cpu or cuda')
    kind = options.dtype
    if kind == 'auto':
        kind = 'float32' if device.type == 'cpu' else 'bfloat16'
    if kind not in DTYPES:
        raise BackboneError(f'the dtype {kind!r} is not supported: use auto, {", ".join(DTYPES)}')
    return device, DTYPES[kind]
