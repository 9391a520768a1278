# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded model's own tokenizer: a small vocabulary with whole-word tokens.

Every digit is a token of its own, and the fixed parts of a turn are single tokens, so that a turn
is short. Every word of the training instructions and many other common words are single tokens,
too; bytes cover the rest, so any instruction can be encoded.
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
from streamo_ros.worlds import common_words
from streamo_ros.worlds import greetings
from streamo_ros.worlds.grammar import Alternatives
from streamo_ros.worlds.phrasing import article
from streamo_ros.worlds.phrasing import instruction_grammars
from streamo_ros.worlds.phrasing import later_first_words
from streamo_ros.worlds.phrasing import PHRASES
from streamo_ros.worlds.phrasing import span_grammars
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import SHAPES

SYSTEM_PROMPT = 'You watch a video frame by frame.\n'
"""Short: the embedded model has no tokens to spare for the long one."""
_MAX_SIZE = 2112
STOP, PAD, IMAGE = '<|im_end|>', '<|endoftext|>', '<|image_pad|>'
VISION_START, VISION_END, VIDEO = '<|vision_start|>', '<|vision_end|>', '<|video_pad|>'
CONTROL = (PAD, '<|im_start|>', STOP, VISION_START, VISION_END, IMAGE, VIDEO, *STATE_TAGS.values())

_SPLIT = (
    r'|s-(?=\d)|s>\n|user\n|assistant\n|system\n'
    r'| ?\p{L}+| ?[^\s\p{L}\d]+|\s+'
)
_DIGIT = r'\d'
_CHAT = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}{% if m['content'] is string "
    "%}{{ m['content'] }}{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' or "
    "'image' in c %}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}{% elif 'text' in c %}"
    "{{ c['text'] }}{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>' + 'assistant\n' }}{% endif %}"
)


@dataclass(frozen=True)
class Vocabulary:
    """What a network needs to know about a tokenizer.

    Attributes:
        size: number of entries.
        ids: ids of the control tokens by text.
    """

    size: int
    ids: dict[str, int]


def vocabulary(tokenizer: Any) -> Vocabulary:
    """Size and control tokens of a tokenizer made by `build_tokenizer`."""
    return Vocabulary(
        len(tokenizer), {text: tokenizer.convert_tokens_to_ids(text) for text in CONTROL}
    )


def build_tokenizer() -> Any:
    """Train the tokenizer; the result is always the same.

    Returns:
        A `transformers.PreTrainedTokenizerFast` with a chat template.
    """
    return with_chat(_train())


def with_chat(trained: Tokenizer) -> Any:
    """A tokenizer with control tokens and chat template, as `build_tokenizer` returns it."""
    # Imported here: transformers takes a second to import, and drawing dialogues needs none of it.
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=trained,
        eos_token=STOP,
        pad_token=PAD,
        additional_special_tokens=list(CONTROL[1:]),
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = _CHAT
    return tokenizer


def _train() -> Tokenizer:
    """Byte-pair encoding trained on the words, which are in the vocabulary as a whole, too.

    With `ignore_merges` a word is looked up before it is split into byte pairs, so that a whole
    word needs no entries for its intermediate merges.
    """
    whole = _whole_pieces()
    trained = _train_bpe(whole, _MAX_SIZE - len(whole))
    vocab: dict[str, int] = trained['vocab']
    for piece in whole:
        vocab.setdefault(piece, len(vocab))
    merges = [(left, right) for left, right in trained['merges']]
    return whole_word_tokenizer(vocab, merges, pre_tokenizer())


def whole_word_tokenizer(
    vocab: dict[str, int], merges: list[tuple[str, str]], cut: pre_tokenizers.PreTokenizer
) -> Tokenizer:
    """A tokenizer that looks a piece up before it splits it.

    Args:
        vocab: ids of all tokens.
        merges: pairs that are joined in a piece that is not in the vocabulary.
        cut: what cuts a text into pieces.
    """
    tokenizer = Tokenizer(
        models.BPE(vocab=vocab, merges=merges, byte_fallback=False, ignore_merges=True)
    )
    tokenizer.add_special_tokens(list(CONTROL))
    tokenizer.pre_tokenizer = cut
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _train_bpe(whole: Iterable[str], size: int) -> dict[str, Any]:
    """A byte-pair model with at most `size` entries, the control tokens first."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=False))
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(CONTROL),
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(whole, trainer)
    model: dict[str, Any] = json.loads(tokenizer.to_str())['model']
    return model


def pre_tokenizer(phrases: str = '', number: str = _DIGIT) -> pre_tokenizers.PreTokenizer:
    """What cuts a text into pieces.

    Args:
        phrases: a pattern of several words that are one piece, followed by '|'.
        number: a pattern of the digits that are one piece.
    """
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(phrases + number + _SPLIT), 'isolated'),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _whole_pieces() -> list[str]:
    """Every piece of text that is to be a single token, as byte-level characters."""
    cut = pre_tokenizer()
    return list(
        dict.fromkeys(piece for text in _texts() for piece, _ in cut.pre_tokenize_str(text))
    )


def _texts() -> Iterator[str]:
    """Texts whose pieces are to be single tokens, each wherever in a text it may occur."""
    yield from ('user\n', 'assistant\n', 'system\n', '? ', ', ', SYSTEM_PROMPT, '<1s-2s>\n', ': ')
    # Answers are preceded by a space.
    yield from (' Yes.', ' No.', ' From 1s to 2s.', ' Nothing.')
    for color in COLORS:
        for shape in SHAPES:
            yield from (f' {text}' for text in _answers(color, shape))
    for word in sorted(_instruction_words()):
        yield f' {word}'
    for word in sorted(_first_words()):
        yield from (word, word[:1].upper() + word[1:])
    yield from (f' {word[:1].upper()}{word[1:]}' for word in sorted(later_first_words()))
    yield from (f' {word}' for word in OTHER_WORDS)
    yield from common_words.CAPITALS


@cache
def _instruction_words() -> frozenset[str]:
    """Words that occur within an instruction."""
    texts = [text for phrasings in PHRASES.values() for text in phrasings]
    texts += [text for choice in _grammars() for text in choice.words()]
    texts += [*greetings.GREETINGS, *greetings.CLOSINGS, *COLORS, *SHAPES, 'a', 'an']
    return frozenset(word for text in texts for word in _words(text))


def _first_words() -> frozenset[str]:
    """Words that begin an instruction."""
    texts = [text for phrasings in PHRASES.values() for text in phrasings]
    texts += [text for choice in _grammars() for text in choice.first_words()]
    # A text that begins with what it is about, '{a} {c} {s}', has no such word.
    return frozenset(word for text in (*texts, *greetings.GREETINGS) for word in _words(text)[:1])


def _grammars() -> Iterator[Alternatives]:
    yield from instruction_grammars().values()
    yield from span_grammars().values()


def _words(text: str) -> list[str]:
    return re.findall(r'[A-Za-z]+', re.sub(r'{\w}', ' ', text))


def _answers(color: str, shape: str) -> tuple[str, ...]:
    thing = f'{article(color)} {color} {shape}'
    return (
        f'{thing.capitalize()} has arrived.',
        f'The {color} {shape} has left.',
        f'The {shape} is now {color}.',
        f'The {color} {shape} was moved.',
        f'The {color} {shape} touches the wall.',
        f'{thing.capitalize()}, {thing}.',
        f'{color.capitalize()}.',
        color,
        shape,
    )


OTHER_WORDS: tuple[str, ...] = tuple(
    word for word in common_words.WORDS if word not in _instruction_words()
)
"""Common words that no training instruction contains; each is one token after a space."""
