# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Models of a published shape with random weights: what speed and memory can be measured on.

They decide nothing sensible and say so in their identity.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from streamo_ros.backbone.build import build
from streamo_ros.backbone.dialects import AUTO
from streamo_ros.backbone.dialects import read_dialect
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.four_bit.random_packing import pack_randomly
from streamo_ros.backbone.options import find_device
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.published_shapes import SHAPES
from streamo_ros.backbone.streaming import StreamingBackbone
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.core.dialect import Dialect
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.core.protocol import SYSTEM_PROMPT

_CONTROL = (
    '<|im_start|>',
    '<|im_end|>',
    '<|vision_start|>',
    '<|vision_end|>',
    '<img>',
    '</img>',
    '<fake_token_around_image>',
    '<global-img>',
    '<end_of_utterance>',
)
"""Control tokens of the families' chats."""
_LATER = ('<bos>', '<|turn>', '<turn|>', '<|image>', '<image|>')
"""Those of Gemma 4, behind all others: recorded logits are of the ids that those have."""


def random_model(name: str, options: Options, layers: int = 0, *, four_bit: bool = False) -> Any:
    """A transformers model of a published shape; the same numbers at each call.

    Weights are made on the device: billions of them take seconds.

    Args:
        name: one of `SHAPES`.
        options: where and in which format.
        layers: text layers; 0 = as many as the shape has. With fewer the numbers differ.
        four_bit: its text layers have weights of four bits.

    Raises:
        BackboneError: there is no such shape; lists those there are.
    """
    import transformers

    if name not in SHAPES:
        raise BackboneError(f'there is no shape {name!r}: use one of {", ".join(SHAPES)}')
    architecture, _, configure = SHAPES[name]
    device, dtype = find_device(options)
    config = configure()
    if layers:
        config.text_config.num_hidden_layers = layers
        if getattr(config.text_config, 'layer_types', None):
            config.text_config.layer_types = config.text_config.layer_types[:layers]
    torch.manual_seed(0)
    with torch.device(device):
        kind = getattr(transformers, architecture)
        model = kind._from_config(config, dtype=dtype)  # noqa: SLF001
    if four_bit:
        pack_randomly(find_family(architecture).text(model), device)
    return model.eval().requires_grad_(False)


def random_backbone(name: str, options: Options, model: Any = None) -> StreamingBackbone:
    """A backbone of a published shape.

    Args:
        name: one of `SHAPES`.
        options: how it is run; `auto` is Streamo's dialect.
        model: made by `random_model`; None makes one. Its layers are taken over.

    Raises:
        BackboneError: there is no such shape, or it does not fit.
    """
    model = model or random_model(name, options)
    architecture, processor, _ = SHAPES[name]
    device, dtype = find_device(options)
    identity = BackboneInfo(
        model_id=f'random:{name}',
        model=f'{name} with random weights',
        architecture=architecture,
        protocol='special_tokens',
        dtype=str(dtype).removeprefix('torch.'),
        device=str(device),
        vision_backend_version=torch.__version__,
    )
    dialect = STREAMO if options.dialect == AUTO else read_dialect(options.dialect)
    identity = replace(identity, max_frames=dialect.window.frames, policy=dialect.window.policy)
    return build(model, processor, plain_prompt(architecture, dialect), identity, options)


def plain_prompt(architecture: str, dialect: Dialect = STREAMO) -> PromptTokens:
    """The dialogue of an architecture's chat in the stand-in tokenizer's tokens."""
    return PromptTokens(
        plain_tokenizer(dialect.tokens),
        find_family(architecture).chat,
        system_prompt=dialect.system_prompt or SYSTEM_PROMPT,
        dialect=dialect,
    )


def plain_tokenizer(more: Sequence[str] = ()) -> CheckpointTokenizer:
    """A small stand-in tokenizer: a turn takes about as many tokens as with the real one.

    Args:
        more: control tokens besides those of all chats and of Streamo.
    """
    from tokenizers import AddedToken
    from tokenizers import decoders
    from tokenizers import models
    from tokenizers import pre_tokenizers
    from tokenizers import Tokenizer
    from tokenizers import trainers

    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), byte_level]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=900, initial_alphabet=byte_level.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([SYSTEM_PROMPT, 'user\nassistant\n' * 50], trainer)
    tokenizer.add_special_tokens(
        [
            AddedToken(token, normalized=False)
            for token in dict.fromkeys((*_CONTROL, *STATE_TAGS.values(), *more, *_LATER))
        ]
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / 'tokenizer.json'
        tokenizer.save(str(file))
        return CheckpointTokenizer(file)
