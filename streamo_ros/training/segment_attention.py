# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attention over a lane whose window has evicted tokens, in one pass and exactly as it is served.

In service the keys and values of what stays in the window are those of when it was appended: they
know of tokens that have left since. Only their positions close up. A row therefore holds every
token of a lane once, at the position at which it was appended. Each segment (what comes between
two evictions) attends to itself and to the earlier tokens that were left, whose keys are rotated
on to the positions to which they have moved. To compute what was left anew, as if it had been
there alone, gives other states than the engine reads.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch import Tensor
from torch.nn import functional
from torch.nn.attention.bias import causal_lower_right
from transformers import AttentionInterface
from transformers import AttentionMaskInterface
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from streamo_ros.training.positions import rope_positions
from streamo_ros.training.train_config import TrainingError

_PREFIX = 'segments_'

Attention = Callable[..., tuple[Tensor, Tensor | None]]


@dataclass(frozen=True)
class TokenSegment:
    """Tokens of a row that are appended between two evictions.

    Attributes:
        start: its first token.
        stop: the token after its last one.
        held: earlier tokens that it sees, int64, ascending.
    """

    start: int
    stop: int
    held: Tensor


@dataclass(frozen=True)
class MovedSegment:
    """A segment, and how the keys of what it holds are rotated on.

    Attributes:
        segment: see `TokenSegment`.
        cos: float32, shape (held, head size).
        sin: likewise.
    """

    segment: TokenSegment
    cos: Tensor
    sin: Tensor


def enable_segments(model: Any) -> None:
    """Let a model's text layers take `segments`; without them they do what they did.

    Args:
        model: a transformers model of a supported family.
    """
    for config in _text_configs(model):
        name = _implementation(config)
        if name.startswith(_PREFIX) or name not in ALL_ATTENTION_FUNCTIONS:
            continue
        AttentionInterface.register(_PREFIX + name, _attention(ALL_ATTENTION_FUNCTIONS[name]))
        AttentionMaskInterface.register(_PREFIX + name, ALL_MASK_ATTENTION_FUNCTIONS[name])
        config._attn_implementation = _PREFIX + name  # noqa: SLF001


def segment_inputs(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """What the model takes in place of the `segments` of a batch, which are removed from it.

    Args:
        model: unwrapped, after `enable_segments`.
        inputs: a batch of one row.

    Raises:
        TrainingError: the attention implementation takes no segments.
    """
    segments: Sequence[TokenSegment] = inputs.pop('segments')
    if not all(_implementation(c).startswith(_PREFIX) for c in _text_configs(model)):
        raise TrainingError(
            'this attention implementation cannot train on lanes whose window has evicted frames: '
            'set attention to sdpa'
        )
    ids = inputs['input_ids']
    born: Tensor | None = None
    moved = []
    frequencies = text_model(model).rotary_emb.inv_freq.float()
    for segment in segments:
        own = torch.arange(segment.start, segment.stop)
        row = torch.cat((segment.held, own)).to(ids.device)
        positions = rope_positions(model, inputs, row)
        count = len(segment.held)
        if born is None:
            born = torch.zeros((len(positions), ids.shape[1]), dtype=torch.int64).to(ids.device)
        born[:, segment.start : segment.stop] = positions[:, count:]
        # A token moves by the same number on every axis.
        steps = positions[0, :count] - born[0, row[:count]]
        angles = steps[:, None].float() * frequencies[None]
        angles = torch.cat((angles, angles), -1)
        moved.append(MovedSegment(segment, angles.cos(), angles.sin()))
    assert born is not None
    return {
        'position_ids': born if len(born) == 1 else born[:, None],
        'segments': tuple(moved),
        # Anything of four axes keeps transformers from building a mask, which is not used.
        'attention_mask': torch.ones((1, 1, 1, 1), dtype=torch.bool, device=ids.device),
    }


def _attention(base: Attention) -> Attention:
    """An attention function that takes segments, else is `base`."""

    def attend(
        module: nn.Module,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None,
        segments: Sequence[MovedSegment] = (),
        **more: Any,
    ) -> tuple[Tensor, Tensor | None]:
        if not segments:
            return base(module, query, key, value, attention_mask, **more)
        groups = query.shape[1] // key.shape[1]
        outputs = [
            _segment(moved, query, key, value, groups, more['scaling'], more.get('dropout', 0.0))
            for moved in segments
        ]
        return torch.cat(outputs, 2).transpose(1, 2).contiguous(), None

    return attend


def _segment(
    moved: MovedSegment,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    groups: int,
    scaling: float,
    dropout: float,
) -> Tensor:
    """Attention of one segment, shape (1, heads, tokens, head size)."""
    own = slice(moved.segment.start, moved.segment.stop)
    held = moved.segment.held.to(key.device)
    queries, keys, values = query[:, :, own], key[:, :, own], value[:, :, own]
    causal = None
    if len(held):
        keys = torch.cat((_rotated(key[:, :, held], moved), keys), 2)
        values = torch.cat((value[:, :, held], values), 2)
        causal = causal_lower_right(queries.shape[2], keys.shape[2])
    return functional.scaled_dot_product_attention(
        queries,
        keys.repeat_interleave(groups, 1),
        values.repeat_interleave(groups, 1),
        causal,
        dropout,
        is_causal=causal is None,
        scale=scaling,
    )


def _rotated(keys: Tensor, moved: MovedSegment) -> Tensor:
    """Keys that are rotated already, rotated on; computed in float32."""
    wide = keys.float()
    first, second = wide.chunk(2, -1)
    turned = torch.cat((-second, first), -1)
    cos, sin = moved.cos.to(keys.device), moved.sin.to(keys.device)
    return (wide * cos + turned * sin).to(keys.dtype)


def text_model(model: Any) -> Any:
    """The language model within a supported transformers model, inside any peft wrappers."""
    return next(module for module in model.modules() if hasattr(module, 'rotary_emb'))


def _implementation(config: Any) -> str:
    return str(config._attn_implementation)  # noqa: SLF001


def _text_configs(model: Any) -> list[Any]:
    """The configurations that its text layers read."""
    configs = {
        id(module.config): module.config
        for module in text_model(model).modules()
        if hasattr(module, 'config')
    }
    return list(configs.values())
