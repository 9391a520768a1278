# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a run of streamo-objects starts with: a saved part of another run, or a checkpoint."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from streamo_ros.tiny.saved_parts import read_part
from streamo_ros.training.train_config import TrainingError

_WEIGHTS = 'model.safetensors'
_NAMES = {'model.language_model.': 'hf.model.language_model.', 'model.visual.tokens.': 'adapt.'}
"""Beginnings of the names in a checkpoint, and in a network."""


def weights_from(source: Path) -> dict[str, Tensor]:
    """Weights of an `ObjectNetwork` by name; what a checkpoint lacks is missing.

    Args:
        source: a saved part of a run, or the folder of a checkpoint.

    Raises:
        TrainingError: it is neither.
    """
    if not source.is_dir():
        weights: dict[str, Tensor] = read_part(source)['ema']
        return weights
    try:
        kept = load_file(source / _WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f'continue_from: {source / _WEIGHTS} cannot be read: pass the folder of a checkpoint '
            'such as models/streamo-objects'
        ) from error
    return {
        own + name.removeprefix(theirs): weight.float()
        for name, weight in kept.items()
        for theirs, own in _NAMES.items()
        if name.startswith(theirs)
    }
