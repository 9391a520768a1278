# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Shapes of published checkpoints, and two small ones: what `random_weights` fills.

Source: the configurations that the checkpoints were released with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamo_ros.backbone.shape_configs import CLIP
from streamo_ros.backbone.shape_configs import gemma4
from streamo_ros.backbone.shape_configs import GEMMA_PIXELS
from streamo_ros.backbone.shape_configs import HALF
from streamo_ros.backbone.shape_configs import internvl
from streamo_ros.backbone.shape_configs import internvl3_5
from streamo_ros.backbone.shape_configs import LARGE_TOWER
from streamo_ros.backbone.shape_configs import llava_onevision
from streamo_ros.backbone.shape_configs import quarter_billion
from streamo_ros.backbone.shape_configs import qwen2
from streamo_ros.backbone.shape_configs import qwen2_5_large
from streamo_ros.backbone.shape_configs import qwen3
from streamo_ros.backbone.shape_configs import SIGLIP_BASE
from streamo_ros.backbone.shape_configs import SIGLIP_LARGE
from streamo_ros.backbone.shape_configs import SMALL_TOWER
from streamo_ros.backbone.shape_configs import smolvlm
from streamo_ros.backbone.shape_configs import tiny
from streamo_ros.backbone.shape_configs import tiny_qwen3

QWEN2 = 'Qwen2VLForConditionalGeneration'
QWEN2_5 = 'Qwen2_5_VLForConditionalGeneration'
GEMMA4 = 'Gemma4ForConditionalGeneration'
QWEN3 = 'Qwen3VLForConditionalGeneration'
INTERNVL = 'InternVLForConditionalGeneration'
LLAVA = 'LlavaOnevisionForConditionalGeneration'
SMOLVLM = 'SmolVLMForConditionalGeneration'

SHAPES: dict[str, tuple[str, dict[str, Any], Callable[[], Any]]] = {
    'tiny': (QWEN2_5, CLIP, tiny),
    '0.2b': (QWEN2_5, CLIP, quarter_billion),
    'qwen2-vl-2b': (
        QWEN2,
        CLIP,
        lambda: qwen2(
            hidden_size=1536,
            num_hidden_layers=28,
            num_attention_heads=12,
            num_key_value_heads=2,
            intermediate_size=8960,
            vocab_size=151936,
            tie_word_embeddings=True,
        ),
    ),
    'qwen2-vl-7b': (
        QWEN2,
        CLIP,
        lambda: qwen2(
            hidden_size=3584,
            num_hidden_layers=28,
            num_attention_heads=28,
            num_key_value_heads=4,
            intermediate_size=18944,
            vocab_size=152064,
            tie_word_embeddings=False,
        ),
    ),
    'qwen2.5-vl-3b': (
        QWEN2_5,
        CLIP,
        lambda: qwen2_5_large(
            hidden_size=2048,
            num_hidden_layers=36,
            num_attention_heads=16,
            num_key_value_heads=2,
            intermediate_size=11008,
            vocab_size=151936,
            tie_word_embeddings=True,
        ),
    ),
    'qwen2.5-vl-7b': (
        QWEN2_5,
        CLIP,
        lambda: qwen2_5_large(
            hidden_size=3584,
            num_hidden_layers=28,
            num_attention_heads=28,
            num_key_value_heads=4,
            intermediate_size=18944,
            vocab_size=152064,
            tie_word_embeddings=False,
        ),
    ),
    'tiny-qwen3': (QWEN3, HALF, tiny_qwen3),
    'qwen3-vl-2b': (
        QWEN3,
        HALF,
        lambda: qwen3(
            SMALL_TOWER,
            hidden_size=2048,
            num_hidden_layers=28,
            num_attention_heads=16,
            intermediate_size=6144,
            tie_word_embeddings=True,
        ),
    ),
    'qwen3-vl-4b': (
        QWEN3,
        HALF,
        lambda: qwen3(
            SMALL_TOWER,
            hidden_size=2560,
            num_hidden_layers=36,
            num_attention_heads=32,
            intermediate_size=9728,
            tie_word_embeddings=True,
        ),
    ),
    'qwen3-vl-8b': (
        QWEN3,
        HALF,
        lambda: qwen3(
            LARGE_TOWER,
            hidden_size=4096,
            num_hidden_layers=36,
            num_attention_heads=32,
            intermediate_size=12288,
            tie_word_embeddings=False,
        ),
    ),
    'internvl3-1b': (
        INTERNVL,
        CLIP,
        lambda: internvl(
            hidden_size=896,
            num_hidden_layers=24,
            num_attention_heads=14,
            num_key_value_heads=2,
            intermediate_size=4864,
        ),
    ),
    'internvl3-2b': (
        INTERNVL,
        CLIP,
        lambda: internvl(
            hidden_size=1536,
            num_hidden_layers=28,
            num_attention_heads=12,
            num_key_value_heads=2,
            intermediate_size=8960,
        ),
    ),
    'internvl3.5-1b': (
        INTERNVL,
        CLIP,
        lambda: internvl3_5(
            hidden_size=1024,
            num_hidden_layers=28,
            num_attention_heads=16,
            intermediate_size=3072,
        ),
    ),
    'internvl3.5-2b': (
        INTERNVL,
        CLIP,
        lambda: internvl3_5(
            hidden_size=2048,
            num_hidden_layers=28,
            num_attention_heads=16,
            intermediate_size=6144,
        ),
    ),
    'internvl3.5-4b': (
        INTERNVL,
        CLIP,
        lambda: internvl3_5(
            hidden_size=2560,
            num_hidden_layers=36,
            num_attention_heads=32,
            intermediate_size=9728,
        ),
    ),
    'internvl3.5-8b': (
        INTERNVL,
        CLIP,
        lambda: internvl3_5(
            hidden_size=4096,
            num_hidden_layers=36,
            num_attention_heads=32,
            intermediate_size=12288,
        ),
    ),
    'llava-onevision-0.5b': (
        LLAVA,
        HALF,
        lambda: llava_onevision(
            hidden_size=896,
            num_hidden_layers=24,
            num_attention_heads=14,
            num_key_value_heads=2,
            intermediate_size=4864,
            tie_word_embeddings=True,
        ),
    ),
    'llava-onevision-7b': (
        LLAVA,
        HALF,
        lambda: llava_onevision(
            hidden_size=3584,
            num_hidden_layers=28,
            num_attention_heads=28,
            num_key_value_heads=4,
            intermediate_size=18944,
            vocab_size=152128,
            tie_word_embeddings=False,
        ),
    ),
    'gemma-4-e2b': (
        GEMMA4,
        GEMMA_PIXELS,
        lambda: gemma4(
            4,
            35,
            hidden_size=1536,
            num_key_value_heads=1,
            intermediate_size=6144,
            num_kv_shared_layers=20,
            use_double_wide_mlp=True,
        ),
    ),
    'gemma-4-e4b': (
        GEMMA4,
        GEMMA_PIXELS,
        lambda: gemma4(
            5,
            42,
            hidden_size=2560,
            num_key_value_heads=2,
            intermediate_size=10240,
            num_kv_shared_layers=18,
        ),
    ),
    'smolvlm2-256m': (
        SMOLVLM,
        HALF,
        lambda: smolvlm(
            SIGLIP_BASE,
            4,
            hidden_size=576,
            num_hidden_layers=30,
            num_attention_heads=9,
            num_key_value_heads=3,
            intermediate_size=1536,
        ),
    ),
    'smolvlm2-500m': (
        SMOLVLM,
        HALF,
        lambda: smolvlm(
            SIGLIP_BASE,
            4,
            hidden_size=960,
            num_hidden_layers=32,
            num_attention_heads=15,
            num_key_value_heads=5,
            intermediate_size=2560,
        ),
    ),
    'smolvlm2-2.2b': (
        SMOLVLM,
        HALF,
        lambda: smolvlm(
            SIGLIP_LARGE,
            3,
            hidden_size=2048,
            num_hidden_layers=24,
            num_attention_heads=32,
            num_key_value_heads=32,
            intermediate_size=8192,
        ),
    ),
}
"""Architecture, image processor's settings and configuration of each name."""

# Post-trained from these, with the same configuration.
SHAPES['livecc-7b'] = SHAPES['qwen2-vl-7b']
SHAPES['cosmos-reason1-7b'] = SHAPES['qwen2.5-vl-7b']
SHAPES['cosmos-reason2-2b'] = SHAPES['qwen3-vl-2b']
SHAPES['cosmos-reason2-8b'] = SHAPES['qwen3-vl-8b']
