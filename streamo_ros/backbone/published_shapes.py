# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Shapes of published checkpoints, and two small ones: what `random_weights` fills."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_CLIP = {
    'image_mean': (0.48145466, 0.4578275, 0.40821073),
    'image_std': (0.26862954, 0.26130258, 0.27577711),
}
_HALF = {'image_mean': (0.5, 0.5, 0.5), 'image_std': (0.5, 0.5, 0.5)}


def _qwen2_5(text: dict[str, Any], vision: dict[str, Any], section: list[int]) -> Any:
    import transformers

    rope = {'rope_type': 'default', 'rope_theta': 1e6, 'mrope_section': section}
    text = {'rope_parameters': rope, 'max_position_embeddings': 128000, **text}
    vision = {'out_hidden_size': text['hidden_size'], **vision}
    return transformers.Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, tie_word_embeddings=text['tie_word_embeddings']
    )


def _qwen2_5_large(**text: Any) -> Any:
    text = {'rms_norm_eps': 1e-6, **text}
    vision = {
        'depth': 32,
        'hidden_size': 1280,
        'num_heads': 16,
        'intermediate_size': 3420,
        'window_size': 112,
        'fullatt_block_indexes': [7, 15, 23, 31],
    }
    return _qwen2_5(text, vision, [16, 24, 24])


def _tiny() -> Any:
    """The shape of the embedded model."""
    text = {
        'hidden_size': 128,
        'num_hidden_layers': 4,
        'num_attention_heads': 4,
        'num_key_value_heads': 2,
        'intermediate_size': 384,
        'vocab_size': 1024,
        'tie_word_embeddings': True,
        'max_position_embeddings': 32768,
        'bos_token_id': None,
        'eos_token_id': None,
    }
    vision = {
        'depth': 3,
        'hidden_size': 128,
        'num_heads': 4,
        'intermediate_size': 256,
        'window_size': 112,
        'fullatt_block_indexes': [0, 1, 2],
    }
    return _qwen2_5(text, vision, [6, 5, 5])


def _qwen3(vision: dict[str, Any], **text: Any) -> Any:
    import transformers

    rope = {
        'rope_type': 'default',
        'rope_theta': 5e6,
        'mrope_section': [24, 20, 20],
        'mrope_interleaved': True,
    }
    shared = {
        'vocab_size': 151936,
        'head_dim': 128,
        'num_key_value_heads': 8,
        'rope_parameters': rope,
        'max_position_embeddings': 262144,
    }
    return transformers.Qwen3VLConfig(
        text_config={**shared, **text},
        vision_config={'out_hidden_size': text['hidden_size'], **vision},
        tie_word_embeddings=text['tie_word_embeddings'],
    )


def _tiny_qwen3() -> Any:
    """A shape of Qwen3-VL for tests."""
    vision = {
        'depth': 3,
        'hidden_size': 128,
        'intermediate_size': 256,
        'num_heads': 4,
        'deepstack_visual_indexes': [0, 1],
        'num_position_embeddings': 256,
    }
    return _qwen3(
        vision,
        hidden_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        head_dim=32,
        num_key_value_heads=2,
        intermediate_size=384,
        vocab_size=1024,
        tie_word_embeddings=True,
        rope_parameters={
            'rope_type': 'default',
            'rope_theta': 5e6,
            'mrope_section': [6, 5, 5],
            'mrope_interleaved': True,
        },
    )


def _internvl(**text: Any) -> Any:
    import transformers

    text = {'model_type': 'qwen2', 'vocab_size': 151674, 'max_position_embeddings': 32768, **text}
    text['tie_word_embeddings'] = False
    return transformers.InternVLConfig(text_config=text, tie_word_embeddings=False)


_SMALL_TOWER = {
    'depth': 24,
    'hidden_size': 1024,
    'intermediate_size': 4096,
    'num_heads': 16,
    'deepstack_visual_indexes': [5, 11, 17],
}
_LARGE_TOWER = {
    'depth': 27,
    'hidden_size': 1152,
    'intermediate_size': 4304,
    'num_heads': 16,
    'deepstack_visual_indexes': [8, 16, 24],
}

SHAPES: dict[str, tuple[str, dict[str, Any], Callable[[], Any]]] = {
    'tiny': ('Qwen2_5_VLForConditionalGeneration', _CLIP, _tiny),
    'qwen2.5-vl-3b': (
        'Qwen2_5_VLForConditionalGeneration',
        _CLIP,
        lambda: _qwen2_5_large(
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
        'Qwen2_5_VLForConditionalGeneration',
        _CLIP,
        lambda: _qwen2_5_large(
            hidden_size=3584,
            num_hidden_layers=28,
            num_attention_heads=28,
            num_key_value_heads=4,
            intermediate_size=18944,
            vocab_size=152064,
            tie_word_embeddings=False,
        ),
    ),
    'tiny-qwen3': ('Qwen3VLForConditionalGeneration', _HALF, _tiny_qwen3),
    'qwen3-vl-2b': (
        'Qwen3VLForConditionalGeneration',
        _HALF,
        lambda: _qwen3(
            _SMALL_TOWER,
            hidden_size=2048,
            num_hidden_layers=28,
            num_attention_heads=16,
            intermediate_size=6144,
            tie_word_embeddings=True,
        ),
    ),
    'qwen3-vl-4b': (
        'Qwen3VLForConditionalGeneration',
        _HALF,
        lambda: _qwen3(
            _SMALL_TOWER,
            hidden_size=2560,
            num_hidden_layers=36,
            num_attention_heads=32,
            intermediate_size=9728,
            tie_word_embeddings=True,
        ),
    ),
    'qwen3-vl-8b': (
        'Qwen3VLForConditionalGeneration',
        _HALF,
        lambda: _qwen3(
            _LARGE_TOWER,
            hidden_size=4096,
            num_hidden_layers=36,
            num_attention_heads=32,
            intermediate_size=12288,
            tie_word_embeddings=False,
        ),
    ),
    'internvl3-1b': (
        'InternVLForConditionalGeneration',
        _CLIP,
        lambda: _internvl(
            hidden_size=896,
            num_hidden_layers=24,
            num_attention_heads=14,
            num_key_value_heads=2,
            intermediate_size=4864,
        ),
    ),
    'internvl3-2b': (
        'InternVLForConditionalGeneration',
        _CLIP,
        lambda: _internvl(
            hidden_size=1536,
            num_hidden_layers=28,
            num_attention_heads=12,
            num_key_value_heads=2,
            intermediate_size=8960,
        ),
    ),
}
"""Architecture, image processor's settings and configuration of each name."""
