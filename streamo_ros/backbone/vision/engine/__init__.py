# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The vision tower as a TensorRT engine: export, build, keep, check, run.

An engine is made for one checkpoint, one grid, one number format, one TensorRT and one kind of
GPU, and is used only after it has given torch's numbers on this very machine. Importing this
folder imports no TensorRT: the plain bindings can crash a process that sees no GPU.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from streamo_ros.core.interface import BackboneError

INPUT = 'patches'
"""Name of an engine's input."""

DTYPES = {'float32': torch.float32, 'float16': torch.float16, 'bfloat16': torch.bfloat16}

Flavour = Literal['tensorrt', 'tensorrt_rtx']


class EngineError(BackboneError):
    """An engine cannot be made or used; the message says why and what mends it."""


@dataclass(frozen=True)
class Gpu:
    """The GPU that an engine is for.

    Attributes:
        name: as the driver gives it.
        capability: compute capability, (major, minor).
    """

    name: str
    capability: tuple[int, int]

    def __str__(self) -> str:
        major, minor = self.capability
        return f'{self.name} (compute capability {major}.{minor})'


def output_names(count: int) -> list[str]:
    """Names of an engine's outputs: vision tokens, then deepstack levels."""
    return ['tokens', *(f'deepstack_{at}' for at in range(count - 1))]


def find_gpu(device: torch.device | None = None) -> Gpu | None:
    """The GPU behind a CUDA device, or the first; None where torch sees none."""
    if not torch.cuda.is_available() or (device is not None and device.type != 'cuda'):
        return None
    found = torch.cuda.get_device_properties(device or torch.device('cuda'))
    return Gpu(found.name, (found.major, found.minor))


def dtype_name(dtype: torch.dtype) -> str:
    """Our name of a number format that engines support.

    Raises:
        EngineError: they do not.
    """
    for name, known in DTYPES.items():
        if known == dtype:
            return name
    raise EngineError(f'an engine cannot be {dtype}: use {", ".join(DTYPES)}')
