# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Low-rank adapters in peft's format, added to the weights of their base when they are loaded.

Plain LoRA and trained rows of the token tables are read, which is what `streamo train` writes.
peft itself is not needed.

Source: Hu et al., 'LoRA: Low-Rank Adaptation of Large Language Models', arXiv 2106.09685, sec.
4.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from streamo_ros.backbone.four_bit import FourBitLinear
from streamo_ros.core.interface import BackboneError
from streamo_ros.documents import load_json

CONFIG, WEIGHTS = 'adapter_config.json', 'adapter_model.safetensors'
_PREFIX = 'base_model.model.'
_DOWN, _UP = '.lora_A.weight', '.lora_B.weight'
_ROWS = '.token_adapter.trainable_tokens_delta'
_PLAIN: Mapping[str, Any] = {
    'peft_type': 'LORA',
    'bias': 'none',
    'use_dora': False,
    'fan_in_fan_out': False,
    'modules_to_save': None,
    'layer_replication': None,
    'rank_pattern': {},
    'alpha_pattern': {},
}
"""What makes an adapter a plain one."""


@dataclass(frozen=True)
class Adapter:
    """A checked adapter.

    Attributes:
        path: its folder.
        base: folder of the checkpoint that it belongs to.
        scale: factor of each low-rank product.
        rows: rows of a token table that it replaces, by the table's name.
    """

    path: Path
    base: Path
    scale: float
    rows: Mapping[str, tuple[int, ...]]


def read_adapter(path: Path) -> Adapter | None:
    """The adapter in a folder; None if the folder is something else.

    Raises:
        BackboneError: it is of another kind, or its base is missing.
    """
    file = path / CONFIG
    if not file.is_file() or (path / 'config.json').is_file():
        return None
    try:
        config = load_json(file.read_text(encoding='utf-8'))
        rank, alpha = float(config['r']), float(config['lora_alpha'])
        base = str(config['base_model_name_or_path'])
        rows = dict(config.get('trainable_token_indices') or {})
    except (ValueError, KeyError, TypeError) as error:
        raise BackboneError(f'{file} is not a configuration of peft: {error!r}') from error
    for name, plain in _PLAIN.items():
        if config.get(name, plain) != plain:
            raise BackboneError(
                f'{path} is an adapter with {name} {config[name]!r}, which is not supported: '
                'merge it into its base with peft (merge_and_unload) and save the whole checkpoint'
            )
    if not (path / WEIGHTS).is_file():
        raise BackboneError(f'{path} has no {WEIGHTS}: save the adapter with save_pretrained')
    # A relative one is beside the adapter, which may have been moved together with it.
    found = path / base if (path / base).is_dir() else Path(base)
    if not found.is_dir():
        raise BackboneError(
            f'the adapter {path} belongs to the checkpoint {base}, which does not exist: correct '
            f'base_model_name_or_path in its {CONFIG}'
        )
    scale = alpha / (math.sqrt(rank) if config.get('use_rslora') else rank)
    return Adapter(path, found, scale, {name: tuple(ids) for name, ids in rows.items()})


def add_adapter(model: Any, adapter: Adapter) -> None:
    """Add an adapter to the weights of its base, in place; what the model lacks is left out.

    Args:
        model: the transformers model of the base, perhaps without its text layers.
        adapter: what to add.

    Raises:
        BackboneError: it does not fit, or has tensors of another kind.
    """
    from safetensors.torch import load_file

    tensors = load_file(adapter.path / WEIGHTS)
    last = max((max(ids) for ids in adapter.rows.values()), default=0)
    if last >= model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(last + 1, mean_resizing=False)
    modules = dict(model.named_modules())
    for key, tensor in tensors.items():
        name = key.removeprefix(_PREFIX)
        try:
            if name.endswith(_DOWN):
                name = name.removesuffix(_DOWN)
                _add(modules.get(name), adapter.scale, tensors[f'{_PREFIX}{name}{_UP}'], tensor)
            elif name.endswith(_ROWS):
                name = name.removesuffix(_ROWS)
                _replace(modules.get(name), adapter.rows[name.rsplit('.', 1)[-1]], tensor)
            elif not name.endswith(_UP):
                raise KeyError(key)
        except (KeyError, RuntimeError) as error:
            raise BackboneError(
                f'{adapter.path} does not fit to {adapter.base} at {name}: {error}'
            ) from error


@torch.no_grad()
def _add(module: Any, scale: float, up: Tensor, down: Tensor) -> None:
    if isinstance(module, FourBitLinear):
        raise BackboneError(
            'an adapter cannot be added to weights of four bits: use its base in bfloat16'
        )
    if module is not None:
        weight = module.weight
        change = scale * (up.float() @ down.float())
        weight.copy_(weight.float() + change.to(weight.device))


@torch.no_grad()
def _replace(module: Any, rows: tuple[int, ...], values: Tensor) -> None:
    if module is not None:
        weight = module.weight
        weight[list(rows)] = values.to(weight.device, weight.dtype)
