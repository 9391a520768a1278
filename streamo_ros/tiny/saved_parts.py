# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Saves the state of a stage and resumes from it; a part is a file in the run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from streamo_ros.files import replacing
from streamo_ros.tiny.optimizer import Optimizer
from streamo_ros.training.train_config import TrainingError

# The names of entries are those of earlier runs, which can be continued.
_STEP, _OPTIMIZER = 'step', 'optimiser'


def read_part(path: Path) -> dict[str, Any]:
    """Read a part; it contains only tensors and numbers.

    Raises:
        TrainingError: there is no such file.
    """
    if not path.is_file():
        raise TrainingError(f'{path} does not exist: train it first')
    return torch.load(path, map_location='cpu', weights_only=True)


def resume(path: Path, module: torch.nn.Module, optimizer: Optimizer, entry: str) -> int:
    """Load module and optimizer from a part, if there is one.

    Args:
        path: the part.
        module: the module to load.
        optimizer: its optimizer.
        entry: name of the module's state in the part.

    Returns:
        Number of steps done; 0 without a part.
    """
    if not path.is_file():
        return 0
    part = read_part(path)
    module.load_state_dict(part[entry])
    optimizer.load_state_dict(part[_OPTIMIZER])
    return int(part[_STEP])


def save_part(path: Path, states: dict[str, Any], optimizer: Optimizer, steps: int) -> None:
    """Save a part; an interruption while it is written leaves the previous one intact.

    Args:
        path: the part.
        states: state dicts by name.
        optimizer: the optimizer.
        steps: number of steps done.
    """
    _save(path, {**states, _OPTIMIZER: optimizer.state_dict(), _STEP: steps})


def save_weights(path: Path, states: dict[str, Any]) -> None:
    """Save a part that no stage of this run has trained.

    Args:
        path: the part.
        states: state dicts by name.
    """
    _save(path, {**states, _STEP: 0})


def _save(path: Path, content: dict[str, Any]) -> None:
    with replacing(path) as new:
        torch.save(content, new)
