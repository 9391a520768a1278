# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a build fits, asked before the minutes are spent.

A robot that runs out of memory loses more than the build. Knows sizes only.
"""

from __future__ import annotations

import torch

from streamo_ros.backbone.sizing import free_bytes
from streamo_ros.backbone.sizing import shares_memory
from streamo_ros.backbone.vision.engine import EngineError

HOST_COPIES = 3.0
"""Copies of the weights that parsing and building hold at once: graph, network, plan."""

DEVICE_COPIES = 2.0
"""Copies on the GPU: the one being timed and the one being made."""

DISK_COPIES = 2.5
"""Copies on disk: graph, plan, and room for the rest."""

_OVERHEAD = 512 << 20
_MIB = 1 << 20


def disk_need(weights: int) -> int:
    """Bytes on disk while an engine of so many bytes of weights is made."""
    return int(DISK_COPIES * weights) + (16 << 20)


def check_memory(weights: int, workspace: int, device: torch.device | None) -> None:
    """Refuse a build that would not fit.

    Args:
        weights: bytes of the tower's weights.
        workspace: bytes that TensorRT may use for a kernel.
        device: the GPU; None builds for another machine, on the CPU.

    Raises:
        EngineError: says how much there is and how much it takes.
    """
    host = int(HOST_COPIES * weights) + _OVERHEAD
    card = 0 if device is None else int(DEVICE_COPIES * weights) + workspace
    shared = device is not None and shares_memory(device)
    _check('memory', free_bytes(torch.device('cpu')), host + card if shared else host)
    if device is not None and not shared:
        _check('GPU memory', free_bytes(device), card)


def _check(what: str, free: int, need: int) -> None:
    if free < need:
        raise EngineError(
            f'building needs about {need / _MIB:.0f} MiB of {what} and {free / _MIB:.0f} MiB are '
            'free: stop what else runs (the node too), lower --workspace, or add swap'
        )
