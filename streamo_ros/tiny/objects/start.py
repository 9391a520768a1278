# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a run of streamo-objects starts with: a saved part of another run, or a checkpoint.

Its vocabulary may be the beginning of the network's own: what was added since then are numbers,
whose embeddings are made of those of their digits. It may have fewer layers: those that stand
between them add nothing at first (Chen et al., Net2Net, arXiv 1511.05641). It may be told less of
what the frames before show: what else is told counts for nothing at first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from torch import Tensor

from streamo_ros.tiny.objects.network import ObjectNetwork
from streamo_ros.tiny.objects.number_embeddings import give_numbers
from streamo_ros.tiny.saved_parts import read_part
from streamo_ros.training.train_config import TrainingError

_WEIGHTS = 'model.safetensors'
_NAMES = {'model.language_model.': 'hf.model.language_model.', 'model.visual.tokens.': 'adapt.'}
"""Beginnings of the names in a checkpoint, and in a network."""
EMBEDDINGS = {'hf.model.language_model.embed_tokens.weight', 'hf.lm_head.weight'}
"""Weights with a row for each token."""
_MARKS = 'adapt.marks.weight'
_LAYER = re.compile(r'(hf\.model\.language_model\.layers\.)(\d+)(\..*)')


def start_from(network: ObjectNetwork, tokenizer: Any, source: Path) -> None:
    """Give a network the weights of another run; what they lack stays as it is.

    Layers that it lacks add nothing until they are trained.

    Args:
        network: the network.
        tokenizer: its tokenizer.
        source: a saved part of a run, or the folder of a checkpoint.

    Raises:
        TrainingError: it is neither, or it has more tokens or layers than the network.
    """
    own, weights, added = network.state_dict(), weights_from(source), False
    weights = _spread(weights, len(network.language.layers), source)
    for name in EMBEDDINGS & weights.keys():
        known = len(weights[name])
        if known > len(own[name]):
            raise TrainingError(
                f'continue_from: {source} has {known} tokens, more than the {len(own[name])} of '
                'this version: train from a newer checkpoint'
            )
        added |= known < len(own[name])
        weights[name] = torch.cat((weights[name], own[name][known:]))
    told = weights.get(_MARKS)
    if told is not None:
        weights[_MARKS] = torch.cat((told, own[_MARKS][:, told.shape[1] :]), 1)
    network.load_state_dict(own | weights)
    placed = {int(match[2]) for name in weights if (match := _LAYER.match(name))}
    for place, layer in enumerate(network.language.layers):
        if place not in placed:
            nn.init.zeros_(layer.self_attn.o_proj.weight)
            nn.init.zeros_(layer.mlp.down_proj.weight)
    if added:
        give_numbers(network.language.embed_tokens.weight, tokenizer)


def _spread(weights: dict[str, Tensor], layers: int, source: Path) -> dict[str, Tensor]:
    """The weights with their layers as far apart as those of a network with so many."""
    numbers = [int(match[2]) for name in weights if (match := _LAYER.match(name))]
    known = 1 + max(numbers, default=layers - 1)
    if known > layers:
        raise TrainingError(
            f'continue_from: {source} has {known} layers, more than the {layers} of the network: '
            f'set layers to {known}'
        )

    def place(match: re.Match[str]) -> str:
        layer = int(match[2])
        return f'{match[1]}{layer + (layer + 1) * (layers - known) // known}{match[3]}'

    return {_LAYER.sub(place, name): weight for name, weight in weights.items()}


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
