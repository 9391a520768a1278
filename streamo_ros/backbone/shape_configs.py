# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Configurations of published shapes: what their checkpoints share, so that a shape is one row."""

from __future__ import annotations

from typing import Any

CLIP = {
    'image_mean': (0.48145466, 0.4578275, 0.40821073),
    'image_std': (0.26862954, 0.26130258, 0.27577711),
}
HALF = {'image_mean': (0.5, 0.5, 0.5), 'image_std': (0.5, 0.5, 0.5)}


def qwen2(**text: Any) -> Any:
    """A Qwen2-VL with the tower that all published ones have."""
    import transformers

    rope = {'rope_type': 'default', 'rope_theta': 1e6, 'mrope_section': [16, 24, 24]}
    text = {'rope_parameters': rope, 'max_position_embeddings': 32768, **text}
    return transformers.Qwen2VLConfig(
        text_config=text,
        vision_config={'hidden_size': text['hidden_size']},
        tie_word_embeddings=text['tie_word_embeddings'],
    )


def qwen2_5(text: dict[str, Any], vision: dict[str, Any], section: list[int]) -> Any:
    """A Qwen2.5-VL."""
    import transformers

    rope = {'rope_type': 'default', 'rope_theta': 1e6, 'mrope_section': section}
    text = {'rope_parameters': rope, 'max_position_embeddings': 128000, **text}
    vision = {'out_hidden_size': text['hidden_size'], **vision}
    return transformers.Qwen2_5_VLConfig(
        text_config=text, vision_config=vision, tie_word_embeddings=text['tie_word_embeddings']
    )


def qwen2_5_large(**text: Any) -> Any:
    """A Qwen2.5-VL with the tower that all published ones have."""
    text = {'rms_norm_eps': 1e-6, **text}
    vision = {
        'depth': 32,
        'hidden_size': 1280,
        'num_heads': 16,
        'intermediate_size': 3420,
        'window_size': 112,
        'fullatt_block_indexes': [7, 15, 23, 31],
    }
    return qwen2_5(text, vision, [16, 24, 24])


def tiny() -> Any:
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
    return qwen2_5(text, vision, [6, 5, 5])


def quarter_billion() -> Any:
    """232 million parameters: the shape that other engines were compared on, on a CPU."""
    text = {
        'hidden_size': 1024,
        'num_hidden_layers': 16,
        'num_attention_heads': 8,
        'num_key_value_heads': 2,
        'intermediate_size': 3072,
        'vocab_size': 2072,
        'tie_word_embeddings': True,
        'max_position_embeddings': 32768,
        'bos_token_id': None,
        'eos_token_id': None,
    }
    vision = {
        'depth': 8,
        'hidden_size': 640,
        'num_heads': 8,
        'intermediate_size': 1280,
        'window_size': 112,
        'fullatt_block_indexes': list(range(8)),
    }
    return qwen2_5(text, vision, [24, 20, 20])


def qwen3(vision: dict[str, Any], **text: Any) -> Any:
    """A Qwen3-VL."""
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


def tiny_qwen3() -> Any:
    """A shape of Qwen3-VL for tests."""
    vision = {
        'depth': 3,
        'hidden_size': 128,
        'intermediate_size': 256,
        'num_heads': 4,
        'deepstack_visual_indexes': [0, 1],
        'num_position_embeddings': 256,
    }
    return qwen3(
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


def internvl3_5(**text: Any) -> Any:
    """An InternVL3.5: InternVL3 with Qwen3 as the text model."""
    shared = {'model_type': 'qwen3', 'vocab_size': 151936, 'head_dim': 128}
    return internvl(**shared, num_key_value_heads=8, max_position_embeddings=40960, **text)


def smolvlm(vision: dict[str, Any], scale: int, **text: Any) -> Any:
    """A SmolVLM2."""
    import transformers

    rope = {'rope_type': 'default', 'rope_theta': 1e5}
    shared = {'model_type': 'llama', 'vocab_size': 49280, 'max_position_embeddings': 8192}
    return transformers.SmolVLMConfig(
        text_config={**shared, 'rope_parameters': rope, **text},
        vision_config=vision,
        scale_factor=scale,
        tie_word_embeddings=False,
    )


def llava_onevision(**text: Any) -> Any:
    """A LLaVA-OneVision with the tower that all published ones have."""
    import transformers

    rope = {'rope_type': 'default', 'rope_theta': 1e6}
    shared = {'model_type': 'qwen2', 'vocab_size': 152000, 'max_position_embeddings': 32768}
    return transformers.LlavaOnevisionConfig(
        text_config={**shared, 'rope_parameters': rope, **text},
        tie_word_embeddings=text['tie_word_embeddings'],
    )


def gemma4(sliding: int, layers: int, **text: Any) -> Any:
    """A small Gemma 4, without what hears.

    Args:
        sliding: sliding layers in front of each full one.
        layers: of the text model.
        text: what else its text model has.
    """
    import transformers

    pattern = ['sliding_attention'] * sliding + ['full_attention']
    return transformers.Gemma4Config(
        text_config={
            'num_hidden_layers': layers,
            'layer_types': [pattern[at % len(pattern)] for at in range(layers)],
            'num_attention_heads': 8,
            'head_dim': 256,
            'global_head_dim': 512,
            'sliding_window': 512,
            'final_logit_softcapping': 30.0,
            **text,
        },
        vision_config={'use_clipped_linears': True},
    )


def internvl(**text: Any) -> Any:
    """An InternVL3 with the tower of 300 million parameters."""
    import transformers

    text = {'model_type': 'qwen2', 'vocab_size': 151674, 'max_position_embeddings': 32768, **text}
    text['tie_word_embeddings'] = False
    return transformers.InternVLConfig(text_config=text, tie_word_embeddings=False)


GEMMA_PIXELS = {
    'image_mean': [0.0, 0.0, 0.0],
    'image_std': [1.0, 1.0, 1.0],
    'max_soft_tokens': 280,
}
SMALL_TOWER = {
    'depth': 24,
    'hidden_size': 1024,
    'intermediate_size': 4096,
    'num_heads': 16,
    'deepstack_visual_indexes': [5, 11, 17],
}
LARGE_TOWER = {
    'depth': 27,
    'hidden_size': 1152,
    'intermediate_size': 4304,
    'num_heads': 16,
    'deepstack_visual_indexes': [8, 16, 24],
}
SIGLIP_BASE = {
    'hidden_size': 768,
    'intermediate_size': 3072,
    'num_hidden_layers': 12,
    'num_attention_heads': 12,
    'image_size': 512,
    'patch_size': 16,
}
SIGLIP_LARGE = {
    'hidden_size': 1152,
    'intermediate_size': 4304,
    'num_hidden_layers': 27,
    'num_attention_heads': 16,
    'image_size': 384,
    'patch_size': 14,
}
