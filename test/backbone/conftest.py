# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tiny random checkpoints of every family, as folders, and the dialogues that test them."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray
from tokenizers import AddedToken
from tokenizers import decoders
from tokenizers import models
from tokenizers import pre_tokenizers
from tokenizers import Regex
from tokenizers import Tokenizer
from tokenizers import trainers

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.dialects import read_dialect
from streamo_ros.core.interface import Request
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.core.protocol import SYSTEM_PROMPT

torch.set_num_threads(1)

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
    '<|video_pad|>',
)
MORE_TOKENS = {'gemma4': ('<bos>', '<|turn>', '<turn|>', '<|image>', '<|image|>', '<image|>')}
"""Chat tokens that only this family has: the records of other families have none of them."""
QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r'|\s*[\r\n]+|\s+(?!\S)|\s+'
)


def make_tokenizer(states: bool = True, family: str = '') -> Tokenizer:
    """A byte-level tokenizer trained here, split as Qwen's, with chat and state tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_SPLIT), 'isolated'),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    words = 'user assistant system <0s-1s> </Silence></Standby></Response> ' * 50
    tokenizer.train_from_iterator([SYSTEM_PROMPT, words], trainer)
    chat = (*CHAT_TOKENS, *MORE_TOKENS.get(family, ()))
    tokens = [*chat, *(STATE_TAGS.values() if states else ())]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in tokens])
    tokenizer.add_tokens([AddedToken('<tool_call>', normalized=False, special=False)])
    return tokenizer


def text_settings(**more: Any) -> dict[str, Any]:
    return {
        'vocab_size': 512,
        'hidden_size': 64,
        'num_hidden_layers': 3,
        'num_attention_heads': 4,
        'num_key_value_heads': 2,
        'intermediate_size': 96,
        'max_position_embeddings': 8192,
        'initializer_range': 0.2,
        'tie_word_embeddings': True,
        **more,
    }


def rope(sections: list[int], **more: bool) -> dict[str, Any]:
    """Rotary embeddings of three axes."""
    return {
        'rope_type': 'default',
        'rope_theta': 10000.0,
        'mrope_section': sections,
        **more,
    }


QWEN_PROCESSOR = {
    'image_processor_type': 'Qwen2VLImageProcessor',
    'patch_size': 14,
    'merge_size': 2,
    'temporal_patch_size': 2,
    'size': {'shortest_edge': 784, 'longest_edge': 1003520},
    'image_mean': [0.48145466, 0.4578275, 0.40821073],
    'image_std': [0.26862954, 0.26130258, 0.27577711],
}


def qwen2_vl(tokenizer: Tokenizer) -> tuple[Any, dict[str, Any]]:
    config = transformers.Qwen2VLConfig(
        text_config=text_settings(rope_parameters=rope([2, 3, 3])),
        vision_config={
            'depth': 2,
            'embed_dim': 48,
            'num_heads': 2,
            'mlp_ratio': 2,
            'patch_size': 14,
            'hidden_size': 64,
            'initializer_range': 0.2,
        },
        image_token_id=tokenizer.token_to_id('<|image_pad|>'),
        video_token_id=tokenizer.token_to_id('<|video_pad|>'),
        tie_word_embeddings=True,
    )
    return transformers.Qwen2VLForConditionalGeneration(config), QWEN_PROCESSOR


def qwen2_5_vl(tokenizer: Tokenizer) -> tuple[Any, dict[str, Any]]:
    config = transformers.Qwen2_5_VLConfig(
        text_config=text_settings(rope_parameters=rope([2, 3, 3])),
        vision_config={
            'depth': 3,
            'hidden_size': 48,
            'num_heads': 2,
            'intermediate_size': 64,
            'patch_size': 14,
            'out_hidden_size': 64,
            'window_size': 56,
            'fullatt_block_indexes': [1],
            'initializer_range': 0.2,
        },
        image_token_id=tokenizer.token_to_id('<|image_pad|>'),
        video_token_id=tokenizer.token_to_id('<|video_pad|>'),
        tie_word_embeddings=True,
    )
    return transformers.Qwen2_5_VLForConditionalGeneration(config), QWEN_PROCESSOR


def qwen3_vl(tokenizer: Tokenizer) -> tuple[Any, dict[str, Any]]:
    config = transformers.Qwen3VLConfig(
        text_config=text_settings(
            head_dim=24,
            rope_parameters=rope([4, 4, 4], mrope_interleaved=True),
        ),
        vision_config={
            'depth': 4,
            'hidden_size': 48,
            'num_heads': 2,
            'intermediate_size': 64,
            'patch_size': 16,
            'out_hidden_size': 64,
            'num_position_embeddings': 64,
            'deepstack_visual_indexes': [0, 2],
            'initializer_range': 0.2,
        },
        image_token_id=tokenizer.token_to_id('<|image_pad|>'),
        video_token_id=tokenizer.token_to_id('<|video_pad|>'),
        tie_word_embeddings=True,
    )
    return transformers.Qwen3VLForConditionalGeneration(config), {
        **QWEN_PROCESSOR,
        'patch_size': 16,
        'size': {'shortest_edge': 1024, 'longest_edge': 1003520},
        'image_mean': [0.5, 0.5, 0.5],
        'image_std': [0.5, 0.5, 0.5],
    }


def internvl3_5(tokenizer: Tokenizer) -> tuple[Any, dict[str, Any]]:
    return internvl(tokenizer, model_type='qwen3', head_dim=24)


def internvl(tokenizer: Tokenizer, **text: Any) -> tuple[Any, dict[str, Any]]:
    config = transformers.InternVLConfig(
        text_config={'model_type': 'qwen2', **text_settings(**text)},
        vision_config={
            'hidden_size': 48,
            'num_hidden_layers': 2,
            'num_attention_heads': 2,
            'intermediate_size': 64,
            'image_size': [84, 84],
            'patch_size': [14, 14],
            'initializer_range': 0.2,
            'attention_bias': True,
        },
        image_token_id=tokenizer.token_to_id('<IMG_CONTEXT>'),
        image_seq_length=9,
        tie_word_embeddings=True,
    )
    model = transformers.InternVLForConditionalGeneration(config)
    torch.nn.init.normal_(model.model.vision_tower.embeddings.position_embeddings)
    return model, {
        'image_processor_type': 'GotOcr2ImageProcessor',
        'size': {'height': 84, 'width': 84},
        'image_mean': [0.485, 0.456, 0.406],
        'image_std': [0.229, 0.224, 0.225],
    }


def smolvlm(tokenizer: Tokenizer) -> tuple[Any, dict[str, Any]]:
    config = transformers.SmolVLMConfig(
        text_config={'model_type': 'llama', **text_settings(pad_token_id=None)},
        vision_config={
            'hidden_size': 48,
            'num_hidden_layers': 2,
            'num_attention_heads': 2,
            'intermediate_size': 64,
            'image_size': 100,
            'patch_size': 16,
            'initializer_range': 0.2,
        },
        scale_factor=2,
        image_token_id=tokenizer.token_to_id('<image>'),
        pad_token_id=None,
        tie_word_embeddings=True,
    )
    return transformers.SmolVLMForConditionalGeneration(config), {
        'image_processor_type': 'SmolVLMImageProcessor',
        'size': {'longest_edge': 384},
        'max_image_size': {'longest_edge': 100},
        'video_sampling': {'fps': 1, 'max_frames': 64, 'video_size': {'longest_edge': 100}},
        'resample': 1,
        'image_mean': [0.5, 0.5, 0.5],
        'image_std': [0.5, 0.5, 0.5],
    }


def llava_onevision(tokenizer: Tokenizer) -> tuple[Any, dict[str, Any]]:
    config = transformers.LlavaOnevisionConfig(
        text_config={'model_type': 'qwen2', **text_settings()},
        vision_config={
            'model_type': 'siglip_vision_model',
            'hidden_size': 48,
            'num_hidden_layers': 2,
            'num_attention_heads': 2,
            'intermediate_size': 64,
            # Seven patches, which are pooled to four, and two pixels that are cut off.
            'image_size': 100,
            'patch_size': 14,
            'vision_use_head': False,
        },
        image_token_index=tokenizer.token_to_id('<image>'),
        video_token_index=tokenizer.token_to_id('<|video_pad|>'),
        image_grid_pinpoints=[[100, 100]],
        tie_word_embeddings=True,
    )
    return transformers.LlavaOnevisionForConditionalGeneration(config), {
        'image_processor_type': 'LlavaOnevisionImageProcessor',
        'size': {'height': 100, 'width': 100},
        'image_grid_pinpoints': [[100, 100]],
        'image_mean': [0.5, 0.5, 0.5],
        'image_std': [0.5, 0.5, 0.5],
    }


def gemma4(tokenizer: Tokenizer, **text: Any) -> tuple[Any, dict[str, Any]]:
    """Sliding and full layers, the last of which have no keys; inputs of each layer's own."""
    settings = text_settings(
        num_hidden_layers=5,
        head_dim=16,
        global_head_dim=24,
        layer_types=[
            'sliding_attention', 'full_attention', 'sliding_attention', 'sliding_attention',
            'full_attention',
        ],
        num_kv_shared_layers=2,
        use_double_wide_mlp=True,
        sliding_window=50,
        final_logit_softcapping=20.0,
        vocab_size_per_layer_input=512,
        hidden_size_per_layer_input=8,
    )  # fmt: skip
    config = transformers.Gemma4Config(
        text_config=settings | text,
        vision_config={
            'hidden_size': 48,
            'num_hidden_layers': 2,
            'num_attention_heads': 2,
            'num_key_value_heads': 2,
            'head_dim': 24,
            'intermediate_size': 64,
            'patch_size': 4,
            'position_embedding_size': 320,
            'use_clipped_linears': True,
            'standardize': True,
            'initializer_range': 0.2,
        },
        image_token_id=tokenizer.token_to_id('<|image|>'),
        video_token_id=tokenizer.token_to_id('<|video_pad|>'),
        audio_token_id=None,
        tie_word_embeddings=True,
    )
    model = transformers.Gemma4ForConditionalGeneration(config)
    language, vision = model.model.language_model, model.model.vision_tower
    with torch.no_grad():
        # What begins as one or zero would hide that it is left out.
        for name, part in model.named_parameters():
            if name.endswith('norm.weight'):
                part.uniform_(0.5, 1.5)
            if name.endswith('q_norm.weight'):
                # Scores are not divided, and those of random queries would be too large.
                part.mul_(0.3)
        for layer in language.layers:
            layer.layer_scalar.uniform_(0.5, 1.5)
        for name, part in language.named_parameters():
            if 'embed_tokens' in name:
                part[0].normal_(0, 0.2)
        vision.patch_embedder.position_embedding_table.normal_(0, 0.2)
        vision.std_bias.normal_(0, 0.2)
        vision.std_scale.uniform_(0.5, 1.5)
        for name, part in vision.named_buffers():
            if name.endswith(('input_min', 'output_min')):
                part.fill_(-1.5)
            if name.endswith(('input_max', 'output_max')):
                part.fill_(1.5)
    return model, {
        'image_processor_type': 'Gemma4ImageProcessor',
        'patch_size': 4,
        'max_soft_tokens': 70,
        'pooling_kernel_size': 3,
        'do_normalize': False,
        'image_mean': [0.0, 0.0, 0.0],
        'image_std': [1.0, 1.0, 1.0],
    }


MAKERS: dict[str, Callable[..., tuple[Any, dict[str, Any]]]] = {
    'gemma4': gemma4,
    'internvl': internvl,
    'internvl3_5': internvl3_5,
    'llava_onevision': llava_onevision,
    'qwen2_vl': qwen2_vl,
    'qwen2_5_vl': qwen2_5_vl,
    'qwen3_vl': qwen3_vl,
    'smolvlm': smolvlm,
}


def save_checkpoint(folder: Path, family: str, states: bool = True, **text: Any) -> Path:
    """A checkpoint with random weights, seeded; `text` is what else its text model has."""
    torch.manual_seed(sum(map(ord, family)))
    tokenizer = make_tokenizer(states, family)
    model, processor = MAKERS[family](tokenizer, **text)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / 'tokenizer.json'))
    (folder / 'preprocessor_config.json').write_text(json.dumps(processor))
    return folder


class Original:
    """The same checkpoint run by plain transformers, whole dialogues at once."""

    def __init__(self, folder: Path) -> None:
        self.model = transformers.AutoModelForImageTextToText.from_pretrained(
            folder, dtype=torch.float32
        ).eval()
        self.processor = transformers.AutoImageProcessor.from_pretrained(folder, backend='pil')
        # A frame of LLaVA-OneVision is a video of one frame.
        self.one_frame_videos = self.model.config.model_type == 'llava_onevision'
        config = self.model.config
        self.image_token = (
            config.video_token_id if self.one_frame_videos else config.image_token_id
        )

    def inputs(
        self,
        rows: Sequence[int | None],
        images: Sequence[Any],
        max_pixels: int | Sequence[int],
    ) -> dict[str, torch.Tensor]:
        """Inputs of a dialogue.

        Args:
            rows: None stands for a place of a frame.
            images: frames, or pairs of frames, each of which is a video of its own.
            max_pixels: of all of them, or of each.
        """
        sizes = [max_pixels] * len(images) if isinstance(max_pixels, int) else max_pixels
        if isinstance(images[0], tuple):
            return self.video_inputs(rows, images, sizes[0])
        ids = torch.tensor([[self.image_token if row is None else row for row in rows]])
        if len(set(sizes)) == 1:
            seen = self.processor(list(images), return_tensors='pt', **self.choices(sizes[0]))
        else:
            each = [
                self.processor([image], return_tensors='pt', **self.choices(size))
                for image, size in zip(images, sizes, strict=True)
            ]
            seen = {name: torch.cat([one[name] for one in each]) for name in each[0]}
        if self.one_frame_videos:
            # The first of its tiles is the whole picture.
            return {'input_ids': ids, 'pixel_values_videos': seen['pixel_values'][:, :1]}
        inputs = {'input_ids': ids, 'pixel_values': seen['pixel_values']}
        if 'image_position_ids' in seen:
            inputs['image_position_ids'] = seen['image_position_ids']
        if 'image_grid_thw' in seen:
            inputs['image_grid_thw'] = seen['image_grid_thw']
            inputs['mm_token_type_ids'] = (ids == self.image_token).int()
        return inputs

    def video_inputs(
        self,
        rows: Sequence[int | None],
        pairs: Sequence[tuple[NDArray[np.uint8], ...]],
        max_pixels: int,
    ) -> dict[str, torch.Tensor]:
        """Inputs of a dialogue of pairs of frames, each a video of its own."""
        token = self.model.config.video_token_id
        ids = torch.tensor([[token if row is None else row for row in rows]])
        patches, sizes = [], []
        for pair in pairs:
            seen = self.processor(list(pair), return_tensors='pt', **self.choices(max_pixels))
            first, second = seen['pixel_values'].unflatten(1, (3, 2, -1)).chunk(2)
            # Each frame alone is shown twice; a video has the first and then the second.
            patches.append(torch.stack((first[:, :, 0], second[:, :, 1]), 2).flatten(1))
            sizes.append(seen['image_grid_thw'][0])
        return {
            'input_ids': ids,
            'pixel_values_videos': torch.cat(patches),
            'video_grid_thw': torch.stack(sizes),
            'mm_token_type_ids': 2 * (ids == token).int(),
        }

    def choices(self, max_pixels: int) -> dict[str, Any]:
        """How the image processor is called for frames."""
        if hasattr(self.processor, 'max_soft_tokens'):
            return {}
        size = dict(self.processor.size)
        if hasattr(self.processor, 'do_image_splitting'):
            # As the processor of videos, which never splits, does it.
            return {'size': self.processor.max_image_size, 'do_image_splitting': False}
        if self.one_frame_videos:
            return {}
        if 'longest_edge' in size:
            size['longest_edge'] = max_pixels
        return {'size': size}

    @torch.no_grad()
    def logits(
        self,
        rows: Sequence[int | None],
        images: Sequence[Any],
        max_pixels: int | Sequence[int],
    ) -> NDArray[np.float32]:
        """Logits of every row, (rows, vocabulary)."""
        return self.model(**self.inputs(rows, images, max_pixels)).logits[0].numpy()


class Dialogue:
    """One lane's dialogue: what goes into the backbone, and the same as plain rows."""

    def __init__(self, backbone: Any, instruction: str) -> None:
        self.backbone = backbone
        self.slot = backbone.open()
        self.rows: list[int | None] = []
        self.images: list[NDArray[np.uint8]] = []
        self.pending = backbone.prompt.sink(instruction)

    def turn(self, image: NDArray[np.uint8], vision: Any = None) -> Request:
        """The next frame's request; what was pending leads it."""
        words = self.backbone.prompt
        at = len(self.images)
        vision = vision or self.backbone.encode(image)
        head = words.turn_prefix if at else ()
        tag = words.tag(Fraction(at), Fraction(at + 1))
        before = self.pending + head + tag + words.image_open
        after = words.image_close + words.reply_prompt
        self.rows += [*before, *[None] * vision.tokens, *after]
        self.images.append(image)
        self.pending = ()
        return Request(self.slot, (before, vision, after))

    def settle(self, state: State) -> None:
        """The state's tokens and the end of the turn wait for the next request."""
        words = self.backbone.prompt
        self.pending = words.replies[state] + words.close


DIALECT_FAMILIES = {'livecc': 'qwen2_vl', 'streaming_vlm': 'qwen2_5_vl'}
"""The class of the released checkpoint, where it is not Qwen3-VL."""

MAX_PIXELS = 16384
"""Small frames: a few tokens on every family."""


@pytest.fixture(scope='session')
def tiny_checkpoint(made_once: Callable[..., Path]) -> Callable[[str], Path]:
    """The folder of the tiny checkpoint of a family; it must not be changed."""
    return lambda family: made_once(family, lambda folder: save_checkpoint(folder, family))


@pytest.fixture(scope='session', params=sorted(MAKERS))
def checkpoint(request: pytest.FixtureRequest, tiny_checkpoint: Callable[[str], Path]) -> Path:
    """The folder of a tiny checkpoint, one of each family in turn."""
    return tiny_checkpoint(request.param)


# InternVL3.5 has the tower of InternVL3.
@pytest.fixture(scope='session', params=sorted(set(MAKERS) - {'internvl3_5'}))
def tower_checkpoint(
    request: pytest.FixtureRequest, tiny_checkpoint: Callable[[str], Path]
) -> Path:
    """The folder of a tiny checkpoint, one of each vision tower in turn."""
    return tiny_checkpoint(request.param)


@pytest.fixture(scope='session', name='make_tokenizer')
def tokenizer_maker() -> Callable[..., Tokenizer]:
    """Makes a tokenizer."""
    return make_tokenizer


@pytest.fixture(scope='session')
def make_checkpoint() -> Callable[..., Path]:
    """Saves a checkpoint of a family into a folder."""
    return save_checkpoint


@pytest.fixture(scope='session')
def qwen(tiny_checkpoint: Callable[[str], Path]) -> Path:
    """The folder of a tiny Qwen2.5-VL checkpoint, for what does not depend on the family."""
    return tiny_checkpoint('qwen2_5_vl')


@pytest.fixture
def without_states(tmp_path: Path) -> Path:
    """A checkpoint whose tokenizer has no state tokens."""
    return save_checkpoint(tmp_path / 'model', 'qwen2_5_vl', states=False)


@pytest.fixture(scope='session')
def whole_model() -> type[Original]:
    """Plain transformers over the checkpoint in a folder."""
    return Original


@pytest.fixture(scope='session')
def original(checkpoint: Path) -> Original:
    """Plain transformers over `checkpoint`."""
    return Original(checkpoint)


@pytest.fixture(scope='session')
def original_qwen(qwen: Path) -> Original:
    """Plain transformers over `qwen`."""
    return Original(qwen)


@pytest.fixture(scope='session')
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a tiny random checkpoint whose streamo.json names a dialect."""

    def make(name: str) -> Path:
        family = DIALECT_FAMILIES.get(name, 'qwen3_vl')
        folder = save_checkpoint(tmp_path_factory.mktemp(name), family)
        file = folder / 'tokenizer.json'
        tokenizer = Tokenizer.from_file(str(file))
        dialect = read_dialect(name)
        words = [AddedToken(text, normalized=False) for text in dialect.tokens]
        tokenizer.add_special_tokens(words)
        tokenizer.save(str(file))
        (folder / 'streamo.json').write_text(json.dumps({'dialect': name}))
        return folder

    return make


@pytest.fixture(scope='session', name='expected_states')
def states_of_transformers() -> Callable[..., list[float]]:
    """What a row of plain transformers says about the states of a dialect."""

    def expected(prompt: PromptTokens, logits: NDArray[np.float32]) -> list[float]:
        if not prompt.first_tokens:
            return [float(logits[token]) for token in prompt.read_ids]
        silent = np.isin(np.arange(len(logits)), prompt.first_tokens)
        parts = [logits[part].astype(np.float64) for part in (silent, ~silent)]
        silence, response = (float(np.logaddexp.reduce(part)) for part in parts)
        return [silence, silence, response]

    return expected


@pytest.fixture(scope='session')
def load_tiny() -> Callable[..., Any]:
    """Loads a tiny checkpoint with small sizes."""
    small = Options('cpu', 'float32', max_pixels=MAX_PIXELS, lanes=3, capacity=1024)
    return lambda path, **choices: load(path, replace(small, **choices))


@pytest.fixture(scope='session')
def frames() -> list[NDArray[np.uint8]]:
    """Random frames of one size."""
    generator = np.random.default_rng(7)
    return [generator.integers(0, 256, (120, 160, 3), dtype=np.uint8) for _ in range(8)]


@pytest.fixture
def dialogue() -> type[Dialogue]:
    """The class."""
    return Dialogue
