# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A tiny checkpoint of STRIDE's class whose weights follow from the names of its tensors.

So whoever makes it anew, in whatever version of torch, has the same numbers.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np

TOKENS = ('<activation>', '<active>', '<inactive>')
SALT = 3
"""With these weights some segments become complete."""
WINDOW = {
    'trigger_window_past': 12,
    'trigger_window_future': 0,
    'trigger_temporal_resolution': 1.0,
    'single_sequence': False,
}


def save_stride(folder: Path, tokenizer_file: Path) -> Path:
    """Save it.

    Args:
        folder: takes it.
        tokenizer_file: a tokenizer.json with Qwen's chat tokens.
    """
    from transformers import AddedToken
    from transformers import PreTrainedTokenizerFast
    from transformers import Qwen3VLConfig
    from transformers import Qwen3VLForConditionalGeneration

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer_file), pad_token='<|endoftext|>', eos_token='<|im_end|>'
    )
    tokenizer.add_tokens(
        [AddedToken(token, special=True, normalized=False) for token in TOKENS],
        special_tokens=True,
    )
    tokenizer.save_pretrained(folder)
    number = tokenizer.convert_tokens_to_ids
    config = Qwen3VLConfig(
        text_config={
            'vocab_size': len(tokenizer) + 8,
            'hidden_size': 32,
            'num_hidden_layers': 2,
            'num_attention_heads': 2,
            'num_key_value_heads': 1,
            'intermediate_size': 48,
            'max_position_embeddings': 4096,
            'head_dim': 16,
            'rope_parameters': {
                'rope_type': 'default',
                'rope_theta': 1e4,
                'mrope_section': [4, 2, 2],
                'mrope_interleaved': True,
            },
        },
        vision_config={
            'depth': 2,
            'hidden_size': 32,
            'num_heads': 2,
            'intermediate_size': 48,
            'patch_size': 16,
            'out_hidden_size': 32,
            'num_position_embeddings': 16,
            'deepstack_visual_indexes': [0],
        },
        tie_word_embeddings=False,
        image_token_id=number('<|image_pad|>'),
        video_token_id=number('<|video_pad|>'),
        vision_start_token_id=number('<|vision_start|>'),
        vision_end_token_id=number('<|vision_end|>'),
    )
    model = Qwen3VLForConditionalGeneration(config)
    fill(model, SALT)
    model.save_pretrained(folder)
    file = folder / 'config.json'
    values = json.loads(file.read_text())
    file.write_text(json.dumps({**values, **WINDOW, 'architectures': ['Qwen3VLForSTRIDE']}))
    processor = {
        'patch_size': 16,
        'merge_size': 2,
        'temporal_patch_size': 2,
        'image_mean': [0.5, 0.5, 0.5],
        'image_std': [0.5, 0.5, 0.5],
    }
    image = {'image_processor_type': 'Qwen2VLImageProcessor', **processor}
    (folder / 'preprocessor_config.json').write_text(json.dumps(image))
    video = {'video_processor_type': 'Qwen3VLVideoProcessor', **processor}
    (folder / 'video_preprocessor_config.json').write_text(json.dumps(video))
    return folder


def fill(model, salt: int) -> None:
    """Give a model weights that follow from their names and a salt."""
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            random = np.random.RandomState(zlib.crc32(f'{salt}{name}'.encode()))
            values = random.standard_normal(tuple(parameter.shape)).astype(np.float32)
            scale = 1.0 if name.startswith('lm_head') else 0.3
            offset = 1.0 if 'norm' in name and name.endswith('weight') else 0.0
            parameter.copy_(torch.from_numpy(offset + scale * values))


def frames(count: int) -> list[np.ndarray]:
    """Frames whose pixels change slowly, RGB, uint8, shape (96, 128, 3)."""
    random = np.random.RandomState(7)
    base, change = random.rand(2, 96, 128, 3)
    return [np.uint8(255 * (0.5 + 0.5 * np.sin(6 * base + at * change))) for at in range(count)]
