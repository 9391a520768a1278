# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks whether a build fits into memory before it starts.

A robot that runs out of memory loses more than the build.
"""

from __future__ import annotations

import torch

from streamo_ros.backbone.sizing import free_bytes
from streamo_ros.backbone.sizing import shares_memory
from streamo_ros.backbone.vision.engine import EngineError

HOST_COPIES = 3.0
"""Copies of the weights in memory at the same time: graph, network and plan."""

DEVICE_COPIES = 2.0
"""Copies of the weights on the GPU: the one being timed and the one being built."""

DISK_COPIES = 2.5
"""Copies of the weights on disk: graph, plan, and a margin."""

_OVERHEAD = 512 << 20
_MIB = 1 << 20


def disk_need(weights: int) -> int:
    """Disk space in bytes for building an engine with this many bytes of weights."""
    return int(DISK_COPIES * weights) + (16 << 20)


def check_memory(weights: int, workspace: int, device: torch.device | None) -> None:
    """Refuse a build that would not fit.

    Args:
        weights: bytes of the tower's weights.
        workspace: bytes that TensorRT may use for a kernel.
        device: the GPU; None = the build is for another machine and runs on the CPU.

    Raises:
        EngineError: it does not fit; states how much is needed and how much is free.
    """
    host = int(HOST_COPIES * weights) + _OVERHEAD
    on_gpu = 0 if device is None else int(DEVICE_COPIES * weights) + workspace
    shared = device is not None and shares_memory(device)
    _check('memory', free_bytes(torch.device('cpu')), host + on_gpu if shared else host)
    if device is not None and not shared:
        _check('GPU memory', free_bytes(device), on_gpu)


def _check(kind: str, free: int, need: int) -> None:
    if free < need:
        raise EngineError(
            f'building needs about {need / _MIB:.0f} MiB of {kind} and {free / _MIB:.0f} MiB are '
            'free: stop other programs (also the node), lower --workspace, or add swap'
        )
