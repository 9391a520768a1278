# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded model's own tokenizer: few entries, in which a word of the worlds is one token.

Knows text. Every digit is a token of its own, and the pieces of a turn that never change are
single tokens, so that a turn is short. Every word of an instruction of the training, and many an
everyday word, is one token too; every byte can be spelled, so any instruction can be given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tokenizers import decoders
from tokenizers import models
from tokenizers import pre_tokenizers
from tokenizers import Regex
from tokenizers import Tokenizer
from tokenizers import trainers

from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.tiny import common_words
from streamo_ros.worlds import greetings
from streamo_ros.worlds.phrasing import article
from streamo_ros.worlds.phrasing import PHRASES
from streamo_ros.worlds.phrasing import second_words
from streamo_ros.worlds.phrasing import span_wordings
from streamo_ros.worlds.phrasing import wordings
from streamo_ros.worlds.scene import COLOURS
from streamo_ros.worlds.scene import SHAPES

SYSTEM_PROMPT = 'You watch a video frame by frame.\n'
"""Short: the embedded model has no words to spare for the long one."""
_MOST = 2112
STOP, PAD, IMAGE = '<|im_end|>', '<|endoftext|>', '<|image_pad|>'
VISION_START, VISION_END, VIDEO = '<|vision_start|>', '<|vision_end|>', '<|video_pad|>'
CONTROL = (PAD, '<|im_start|>', STOP, VISION_START, VISION_END, IMAGE, VIDEO, *STATE_TAGS.values())

_SPLIT = (
    r'\d|s-(?=\d)|s>\n|user\n|assistant\n|system\n'
    r'| ?\p{L}+| ?[^\s\p{L}\d]+|\s+'
)
_CHAT = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}{% if m['content'] is string "
    "%}{{ m['content'] }}{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' or "
    "'image' in c %}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}{% elif 'text' in c %}"
    "{{ c['text'] }}{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>' + 'assistant\n' }}{% endif %}"
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
        len(tokenizer), {text: tokenizer.convert_tokens_to_ids(text) for text in CONTROL}
    )


def build_tokenizer() -> Any:
    """Train the tokenizer; always the same one.

    Returns:
        A `transformers.PreTrainedTokenizerFast` with a chat template.
    """
    # Imported here: transformers takes a second that dialogues do without.
    from transformers import PreTrainedTokenizerFast

    found = PreTrainedTokenizerFast(
        tokenizer_object=_train(),
        eos_token=STOP,
        pad_token=PAD,
        additional_special_tokens=list(CONTROL[1:]),
        clean_up_tokenization_spaces=False,
    )
    found.chat_template = _CHAT
    return found


def _train() -> Tokenizer:
    """Byte pairs learned from the words; the words themselves stand in the vocabulary whole.

    `ignore_merges` looks a word up before it is spelled by byte pairs, so that a whole word needs
    no entries for the steps on the way to it.
    """
    whole = _whole()
    learned = _learn(whole, _MOST - len(whole))
    vocab: dict[str, int] = learned['vocab']
    for piece in whole:
        vocab.setdefault(piece, len(vocab))
    merges = [(left, right) for left, right in learned['merges']]
    tokenizer = Tokenizer(
        models.BPE(vocab=vocab, merges=merges, byte_fallback=False, ignore_merges=True)
    )
    tokenizer.add_special_tokens(list(CONTROL))
    tokenizer.pre_tokenizer = _pieces()
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _learn(whole: Iterable[str], size: int) -> dict[str, Any]:
    """A model of byte pairs with at most `size` entries, the control tokens first."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=False))
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(CONTROL),
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(whole, trainer)
    found: dict[str, Any] = json.loads(tokenizer.to_str())['model']
    return found


def _pieces() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), 'isolated'),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _whole() -> list[str]:
    """Every piece of text that is to be one token, in bytes as the vocabulary spells them."""
    cut = _pieces()
    return list(
        dict.fromkeys(piece for text in _texts() for piece, _ in cut.pre_tokenize_str(text))
    )


def _texts() -> Iterator[str]:
    """Everything that is said in the worlds, and the words of elsewhere, each in its places."""
    yield from ('user\n', 'assistant\n', 'system\n', '? ', ', ', SYSTEM_PROMPT, '<1s-2s>\n', ': ')
    # An answer stands behind a space.
    yield from (' Yes.', ' No.', ' From 1s to 2s.', ' Nothing.')
    for colour in COLOURS:
        for shape in SHAPES:
            yield from (f' {text}' for text in _answers(colour, shape))
    for word in sorted(_said_words()):
        yield f' {word}'
    for word in sorted(_first_words()):
        yield from (word, word[:1].upper() + word[1:])
    yield from (f' {word[:1].upper()}{word[1:]}' for word in sorted(second_words()))
    yield from (f' {word}' for word in EVERYDAY_WORDS)
    yield from common_words.CAPITALS


@cache
def _said_words() -> frozenset[str]:
    """Words of the instructions, as they stand within one."""
    texts = [text for phrasings in PHRASES.values() for text in phrasings]
    texts += [
        text
        for found in (wordings(), span_wordings())
        for choice in found.values()
        for text in choice.words()
    ]
    texts += [*greetings.HEADS, *greetings.TAILS, *COLOURS, *SHAPES, 'a', 'an']
    return frozenset(word for text in texts for word in _words(text))


def _first_words() -> frozenset[str]:
    """Words with which an instruction begins."""
    texts = [text for phrasings in PHRASES.values() for text in phrasings]
    texts += [
        text
        for found in (wordings(), span_wordings())
        for choice in found.values()
        for text in choice.first_words()
    ]
    # None where a text begins with what it is about: '{a} {c} {s}'.
    return frozenset(word for text in (*texts, *greetings.HEADS) for word in _words(text)[:1])


def _words(text: str) -> list[str]:
    return re.findall(r'[A-Za-z]+', re.sub(r'{\w}', ' ', text))


def _answers(colour: str, shape: str) -> tuple[str, ...]:
    one = f'{article(colour)} {colour} {shape}'
    return (
        f'{one.capitalize()} has arrived.',
        f'The {colour} {shape} has left.',
        f'The {shape} is now {colour}.',
        f'The {colour} {shape} was moved.',
        f'The {colour} {shape} touches the wall.',
        f'{one.capitalize()}, {one}.',
        f'{colour.capitalize()}.',
        colour,
        shape,
    )


EVERYDAY_WORDS: tuple[str, ...] = tuple(
    word for word in common_words.WORDS if word not in _said_words()
)
"""Everyday words that no instruction of the training says, each one token behind a space."""
