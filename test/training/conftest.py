# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny videos and tiny random checkpoints, made on the spot."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.core.protocol import SYSTEM_PROMPT

CHAT_TOKENS = (
    '<|endoftext|>',
    '<|im_start|>',
    '<|im_end|>',
    '<|vision_start|>',
    '<|vision_end|>',
    '<|image_pad|>',
    '<img>',
    '</img>',
    '<IMG_CONTEXT>',
    '<image>',
    '<global-img>',
    '<fake_token_around_image>',
    '<end_of_utterance>',
)
TEXT_TAGS = (SYSTEM_PROMPT, ' '.join(STATE_TAGS.values()) * 50)
"""What a tokenizer learns that writes each state in a few tokens, the first of them its own."""
TEXT = {
    'vocab_size': 480,
    'hidden_size': 32,
    'num_hidden_layers': 2,
    'num_attention_heads': 2,
    'num_key_value_heads': 1,
    'intermediate_size': 48,
    'max_position_embeddings': 4096,
}


@pytest.fixture
def make_video() -> Callable[..., Path]:
    """Write a video whose frame k has red value 4 k (mod 256), as decoding shows within a few."""

    def make(path: Path, frames: int = 76, rate: float = 1.0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), rate, (32, 24))
        assert writer.isOpened()
        for k in range(frames):
            image = np.zeros((24, 32, 3), np.uint8)
            image[:, :, 2] = (4 * k) % 256
            writer.write(image)
        writer.release()
        return path

    return make


def save_tokenizer(folder: Path, texts: Sequence[str] = (SYSTEM_PROMPT,)) -> Any:
    """A byte-level tokenizer trained here, without state tokens."""
    from tokenizers import decoders
    from tokenizers import models
    from tokenizers import pre_tokenizers
    from tokenizers import Tokenizer
    from tokenizers import trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=400,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            special_tokens=list(CHAT_TOKENS),
            show_progress=False,
        ),
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token='<|endoftext|>', eos_token='<|im_end|>'
    )
    fast.save_pretrained(folder)
    return fast


def save_qwen(folder: Path, family: str, tokenizer: Any, tied: bool, vocabulary: int) -> None:
    import transformers

    edge = {'Qwen2_5_VL': 14, 'Qwen3VL': 16}[family]
    sections: dict[str, Any] = {'mrope_section': [4, 2, 2]}
    vision = {
        'depth': 2,
        'hidden_size': 32,
        'num_heads': 2,
        'intermediate_size': 48,
        'patch_size': edge,
        'out_hidden_size': 32,
    }
    if family == 'Qwen2_5_VL':
        vision |= {'window_size': 56, 'fullatt_block_indexes': [1]}
    else:
        sections['mrope_interleaved'] = True
        vision |= {'num_position_embeddings': 16, 'deepstack_visual_indexes': [0]}
    config = getattr(transformers, f'{family}Config')(
        text_config={
            **TEXT,
            'vocab_size': vocabulary,
            'tie_word_embeddings': tied,
            'head_dim': 16,
            'rope_parameters': {'rope_type': 'default', 'rope_theta': 1e4, **sections},
        },
        vision_config=vision,
        tie_word_embeddings=tied,
        image_token_id=tokenizer.convert_tokens_to_ids('<|image_pad|>'),
    )
    getattr(transformers, f'{family}ForConditionalGeneration')(config).save_pretrained(folder)
    (folder / 'preprocessor_config.json').write_text(
        json.dumps(
            {
                'image_processor_type': 'Qwen2VLImageProcessor',
                'patch_size': edge,
                'merge_size': 2,
                'temporal_patch_size': 2,
                'size': {'shortest_edge': 784, 'longest_edge': 1003520},
                'image_mean': [0.5, 0.5, 0.5],
                'image_std': [0.5, 0.5, 0.5],
            }
        )
    )


def save_internvl(folder: Path, tokenizer: Any, tied: bool, vocabulary: int) -> None:
    import transformers

    config = transformers.InternVLConfig(
        text_config={
            'model_type': 'qwen2',
            **TEXT,
            'vocab_size': vocabulary,
            'tie_word_embeddings': tied,
        },
        vision_config={
            'hidden_size': 32,
            'num_hidden_layers': 1,
            'num_attention_heads': 2,
            'intermediate_size': 48,
            'image_size': [56, 56],
            'patch_size': [14, 14],
        },
        image_token_id=tokenizer.convert_tokens_to_ids('<IMG_CONTEXT>'),
        image_seq_length=4,
        tie_word_embeddings=tied,
    )
    transformers.InternVLForConditionalGeneration(config).save_pretrained(folder)
    (folder / 'preprocessor_config.json').write_text(
        json.dumps(
            {
                'image_processor_type': 'GotOcr2ImageProcessor',
                'size': {'height': 56, 'width': 56},
                'image_mean': [0.5, 0.5, 0.5],
                'image_std': [0.5, 0.5, 0.5],
            }
        )
    )


def save_smolvlm(folder: Path, tokenizer: Any, tied: bool, vocabulary: int) -> None:
    import transformers

    image_token = tokenizer.convert_tokens_to_ids('<image>')
    config = transformers.SmolVLMConfig(
        text_config={
            'model_type': 'llama',
            **TEXT,
            'vocab_size': vocabulary,
            'pad_token_id': None,
            'tie_word_embeddings': tied,
        },
        vision_config={
            'hidden_size': 32,
            'num_hidden_layers': 1,
            'num_attention_heads': 2,
            'intermediate_size': 48,
            'image_size': 64,
            'patch_size': 16,
        },
        scale_factor=2,
        image_token_id=image_token,
        pad_token_id=None,
        tie_word_embeddings=tied,
    )
    transformers.SmolVLMForConditionalGeneration(config).save_pretrained(folder)
    (folder / 'preprocessor_config.json').write_text(
        json.dumps(
            {
                'image_processor_type': 'SmolVLMImageProcessor',
                'size': {'longest_edge': 64},
                'max_image_size': {'longest_edge': 64},
                'video_sampling': {'fps': 1, 'max_frames': 64, 'video_size': {'longest_edge': 64}},
                'resample': 1,
                'image_mean': [0.5, 0.5, 0.5],
                'image_std': [0.5, 0.5, 0.5],
            }
        )
    )


@pytest.fixture
def make_checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """Save a random checkpoint without state tokens, as released ones are."""

    def make(
        family: str = 'Qwen2_5_VL',
        *,
        tied: bool = True,
        vocabulary: int = 480,
        states_as_text: bool = False,
    ) -> Path:
        import torch

        torch.manual_seed(0)
        folder = tmp_path / f'{family}-{tied}-{vocabulary}'
        texts = TEXT_TAGS if states_as_text else (SYSTEM_PROMPT,)
        tokenizer = save_tokenizer(folder, texts)
        if family == 'InternVL':
            save_internvl(folder, tokenizer, tied, vocabulary)
        elif family == 'SmolVLM':
            save_smolvlm(folder, tokenizer, tied, vocabulary)
        else:
            save_qwen(folder, family, tokenizer, tied, vocabulary)
        return folder

    return make


@pytest.fixture(scope='session')
def make_prompt(tmp_path_factory) -> Callable[..., PromptTokens]:
    """The protocol in a tokenizer trained here, for a family's chat and either kind of states."""
    folder = tmp_path_factory.mktemp('tokenizer')
    save_tokenizer(folder / 'text_tags', TEXT_TAGS)
    tokenizer = save_tokenizer(folder / 'special_tokens')
    tokenizer.add_tokens(list(STATE_TAGS.values()), special_tokens=True)
    tokenizer.save_pretrained(folder / 'special_tokens')

    def make(
        family: str = 'Qwen2_5_VLForConditionalGeneration', kind: str = 'special_tokens'
    ) -> PromptTokens:
        path = folder / kind / 'tokenizer.json'
        return PromptTokens(CheckpointTokenizer(path), find_family(family).chat, kind)

    return make
