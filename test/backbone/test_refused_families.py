# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Why a family is refused: what a window of keys needs and its text model does not have.

Tiny random checkpoints in transformers, no code of ours: what the refusals in
`backbone.unsupported` and docs/models.md say can be read off here. Where the reason would end, the
test fails, and the family can be written.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

BOUND = 1e-4
"""What streaming may differ from one forward pass, of every family that is supported."""
HEAD, FRAME, NEXT = 10, 6, 4
"""Tokens of what stays, of a frame that leaves, and of what follows."""


def qwen3() -> Any:
    """A text model as those that are supported."""
    return transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**shared(), head_dim=8))


def qwen3_5() -> Any:
    """Three recurrent layers and one of attention."""
    config = transformers.Qwen3_5TextConfig(
        **shared(layers=4),
        head_dim=8,
        linear_key_head_dim=8,
        linear_value_head_dim=8,
        linear_num_key_heads=2,
        linear_num_value_heads=2,
    )
    return transformers.Qwen3_5ForCausalLM(config)


def shared(layers: int = 3) -> dict[str, Any]:
    return {
        'vocab_size': 64,
        'hidden_size': 32,
        'intermediate_size': 48,
        'num_hidden_layers': layers,
        'num_attention_heads': 4,
        'num_key_value_heads': 2,
        'max_position_embeddings': 256,
        'initializer_range': 0.3,
    }


def make(build: Any, **choices: Any) -> Any:
    """The same weights whatever the choices."""
    torch.manual_seed(0)
    return build(**choices).eval()


@pytest.fixture
def ids() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(1, 64, (1, HEAD + FRAME + NEXT), generator=generator)


@torch.no_grad()
def logits(model: Any, ids: Tensor, **more: Any) -> Tensor:
    found: Tensor = model(ids, **more).logits[0, -1]
    return found


@torch.no_grad()
def after_dropping(model: Any, ids: Tensor) -> Tensor:
    """Logits behind what stays and what follows, when a frame in between was taken back."""
    cache = transformers.DynamicCache(config=model.config)
    model(ids[:, :HEAD], past_key_values=cache)
    model(ids[:, HEAD : HEAD + FRAME], past_key_values=cache)
    cache.crop(-FRAME)
    return logits(model, ids[:, HEAD + FRAME :], past_key_values=cache)


def without_frame(ids: Tensor) -> Tensor:
    return torch.cat((ids[:, :HEAD], ids[:, HEAD + FRAME :]), dim=1)


def difference(one: Tensor, other: Tensor) -> float:
    return float((one - other).detach().abs().max())


def test_a_frame_is_taken_back_out_of_keys(ids: Tensor) -> None:
    """What the window relies on, and that this file's comparison can come out equal."""
    model = make(qwen3)
    assert difference(after_dropping(model, ids), logits(model, without_frame(ids))) < BOUND


def test_a_frame_is_not_taken_back_out_of_a_recurrent_state(ids: Tensor) -> None:
    with pytest.raises(RuntimeError, match='crop'):
        after_dropping(make(qwen3_5), ids)


def test_a_recurrent_state_has_no_rows_that_could_be_left_out(ids: Tensor) -> None:
    """Every one of its numbers changes with a frame, and none is the frame's alone."""
    model, states = make(qwen3_5), []
    for tokens in (HEAD, HEAD + FRAME):
        cache = transformers.DynamicCache(config=model.config)
        with torch.no_grad():
            model(ids[:, :tokens], past_key_values=cache)
        states.append(
            [
                torch.cat([state.flatten() for state in layer.recurrent_states.values()])
                for layer in cache.layers
                if hasattr(layer, 'recurrent_states')
            ]
        )
    assert [len(state) for state in states[0]] == [len(state) for state in states[1]]
    assert len(states[0]) == 3
    assert all((one != other).all() for one, other in zip(*states, strict=True))
