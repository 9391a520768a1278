# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Weights of a Qwen2.5 text model under the names that transformers gives them.

The engine runs the weights itself (`decoder.Decoder`), so nothing of transformers' own modeling
code is needed, whose import alone takes 200 MB and some seconds.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class QwenText(nn.Module):
    """The text model; it has no forward pass of its own.

    Args:
        config: a Qwen2.5 text configuration with default rotary embeddings.
    """

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(QwenLayer(config) for _ in range(config.num_hidden_layers))
        self.norm = _Norm(config.hidden_size)
        self.rotary_emb = QwenRotary(config)


class QwenLayer(nn.Module):
    """One layer.

    Args:
        config: see `QwenText`.
    """

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.self_attn = _Attention(config)
        self.mlp = _Mlp(config)
        self.input_layernorm = _Norm(config.hidden_size)
        self.post_attention_layernorm = _Norm(config.hidden_size)


class QwenRotary(nn.Module):
    """What `family.find_rotary` reads of a rotary embedding.

    Attributes:
        inv_freq: float32, shape (head dim / 2,); not part of a checkpoint.
        rope_type: always default.
        attention_scaling: always 1.

    Args:
        config: see `QwenText`.
    """

    rope_type = 'default'
    attention_scaling = 1.0
    inv_freq: torch.Tensor

    def __init__(self, config: Any) -> None:
        super().__init__()
        dim = config.hidden_size // config.num_attention_heads
        exponents = torch.arange(0, dim, 2, dtype=torch.float32) / dim
        frequencies = 1.0 / config.rope_parameters['rope_theta'] ** exponents
        self.register_buffer('inv_freq', frequencies, persistent=False)


class _Attention(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        heads, keys = config.num_attention_heads, config.num_key_value_heads
        hidden = config.hidden_size
        self.head_dim = hidden // heads
        self.q_proj = nn.Linear(hidden, heads * self.head_dim, bias=True)
        self.k_proj = nn.Linear(hidden, keys * self.head_dim, bias=True)
        self.v_proj = nn.Linear(hidden, keys * self.head_dim, bias=True)
        self.o_proj = nn.Linear(heads * self.head_dim, hidden, bias=False)


class _Mlp(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        hidden, inner = config.hidden_size, config.intermediate_size
        self.gate_proj = nn.Linear(hidden, inner, bias=False)
        self.up_proj = nn.Linear(hidden, inner, bias=False)
        self.down_proj = nn.Linear(inner, hidden, bias=False)


class _Norm(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
