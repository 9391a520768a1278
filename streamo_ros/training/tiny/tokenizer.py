# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded model's own tokenizer: few entries, in which a word of the worlds is one token.

Knows text. Every digit is a token of its own, and the pieces of a turn that never change are
single tokens, so that a turn is short. Every byte can be spelled, so any instruction can be given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from tokenizers import decoders
from tokenizers import models
from tokenizers import pre_tokenizers
from tokenizers import Regex
from tokenizers import Tokenizer
from tokenizers import trainers

from streamo_ros.protocol import STATE_TAGS
from streamo_ros.training.worlds.phrasing import article
from streamo_ros.training.worlds.phrasing import PHRASES
from streamo_ros.training.worlds.scene import COLOURS
from streamo_ros.training.worlds.scene import SHAPES

SYSTEM_PROMPT = 'You watch a video frame by frame.\n'
"""Short: the embedded model has no words to spare for the long one."""
_MOST = 1024
STOP, PAD, IMAGE = '<|im_end|>', '<|endoftext|>', '<|image_pad|>'
VISION_START, VISION_END, VIDEO = '<|vision_start|>', '<|vision_end|>', '<|video_pad|>'
CONTROL = (PAD, '<|im_start|>', STOP, VISION_START, VISION_END, IMAGE, VIDEO,
           *STATE_TAGS.values())

_SPLIT = (r'\d|s-(?=\d)|s>\n|user\n|assistant\n|system\n'
          r'| ?\p{L}+| ?[^\s\p{L}\d]+|\s+')
_ROUNDS = 300
_CHAT = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}{% if m['content'] is string "
    "%}{{ m['content'] }}{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' or "
    "'image' in c %}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}{% elif 'text' in c %}"
    "{{ c['text'] }}{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>' + 'assistant\n' }}{% endif %}"
)
_EVERYDAY = (
    'tell me when the kettle boils', 'the robot watches the kitchen and the door',
    'say when someone enters the room or picks up the cup',
    'the person walks to the car and opens the door', 'is the light on or off',
    'how many people are there', 'left right top bottom front behind between near far',
    'bicycle street sky water hand robot arm gripper wall floor window',
)


@dataclass(frozen=True)
class Vocabulary:
    """What a network must know of a tokenizer.

    Attributes:
        size: number of entries.
        ids: of the control tokens, by their texts.
    """

    size: int
    ids: dict[str, int]


def vocabulary(tokenizer: Any) -> Vocabulary:
    """Size and control tokens of what `build_tokenizer` gave."""
    return Vocabulary(
        len(tokenizer), {text: tokenizer.convert_tokens_to_ids(text) for text in CONTROL})


def build_tokenizer() -> Any:
    """Train the tokenizer; always the same one.

    Returns:
        A `transformers.PreTrainedTokenizerFast` with a chat template.
    """
    # Imported here: transformers takes a second that dialogues do without.
    from transformers import PreTrainedTokenizerFast

    found = PreTrainedTokenizerFast(
        tokenizer_object=_train(), eos_token=STOP, pad_token=PAD,
        additional_special_tokens=list(CONTROL[1:]), clean_up_tokenization_spaces=False)
    found.chat_template = _CHAT
    return found


def _train() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(_SPLIT), 'isolated'),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_MOST, special_tokens=list(CONTROL), min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(_corpus(), trainer)
    return tokenizer


def _corpus() -> Iterator[str]:
    """Everything that is said in the worlds, and a little that is said elsewhere."""
    draw = np.random.default_rng(0)
    for _ in range(_ROUNDS):
        for phrasings in PHRASES.values():
            for text in phrasings:
                colour, shape = COLOURS[draw.integers(7)], SHAPES[draw.integers(5)]
                yield text.format(a=article(colour), c=colour, s=shape) + '\n'
        for colour in COLOURS:
            for shape in SHAPES:
                yield from _answers(colour, shape)
        yield from (
            'Yes.', 'No.', f'From {draw.integers(900)}s to {draw.integers(900)}s.', 'user\n',
            'assistant\n', 'system\n', SYSTEM_PROMPT,
            f'<{draw.integers(900)}s-{draw.integers(900)}s>\n', 'Nothing.')
    yield from _EVERYDAY


def _answers(colour: str, shape: str) -> tuple[str, ...]:
    one = f'{article(colour)} {colour} {shape}'
    return (
        f'{one.capitalize()} has arrived.', f'The {colour} {shape} has left.',
        f'The {shape} is now {colour}.', f'The {colour} {shape} was moved.',
        f'The {colour} {shape} touches the wall.', f'{one.capitalize()}, {one}.',
        f'{colour.capitalize()}.', f' {colour}', f' {shape}')
