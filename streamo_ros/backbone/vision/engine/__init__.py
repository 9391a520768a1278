# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the vision tower as a TensorRT engine: export, build, cache, check, run.

An engine is built for one checkpoint, one grid, one number format, one TensorRT version and one
kind of GPU, and is used only after it has reproduced torch's numbers on this machine. Importing
this package does not import TensorRT: the plain bindings can crash a process that sees no GPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from streamo_ros.core.interface import BackboneError

INPUT = 'patches'
"""Name of an engine's input."""

DTYPES = {'float32': torch.float32, 'float16': torch.float16, 'bfloat16': torch.bfloat16}

Flavor = Literal['tensorrt', 'tensorrt_rtx']


class EngineError(BackboneError):
    """An engine cannot be built or used; states the problem and how to fix it."""


@dataclass(frozen=True)
class Gpu:
    """The GPU that an engine is built for.

    Attributes:
        name: the driver's name for it.
        capability: compute capability, (major, minor).
    """

    name: str
    capability: tuple[int, int]

    def __str__(self) -> str:
        major, minor = self.capability
        return f'{self.name} (compute capability {major}.{minor})'


def output_names(count: int) -> list[str]:
    """Names of an engine's outputs: vision tokens, then deepstack levels."""
    return ['tokens', *(f'deepstack_{level}' for level in range(count - 1))]


def find_gpu(device: torch.device | None = None) -> Gpu | None:
    """The GPU of a CUDA device, by default the first; None if torch sees no GPU."""
    if not torch.cuda.is_available() or (device is not None and device.type != 'cuda'):
        return None
    properties = torch.cuda.get_device_properties(device or torch.device('cuda'))
    return Gpu(properties.name, (properties.major, properties.minor))


def dtype_name(dtype: torch.dtype) -> str:
    """The name of a number format.

    Raises:
        EngineError: engines do not support it.
    """
    for name, known in DTYPES.items():
        if known == dtype:
            return name
    raise EngineError(f'an engine cannot be {dtype}: use {", ".join(DTYPES)}')
