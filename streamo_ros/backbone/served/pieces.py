# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tokens that carry their own text, since the tokenizer of a served model is out of reach.

The id of a text is the number that its UTF-8 bytes spell, so nothing has to be looked up or kept.
Lengths are estimates: a piece is about what a tokenizer makes one token of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from streamo_ros.core.protocol import ChatFormat
from streamo_ros.core.protocol import STATE_TAGS

SYSTEM, USER, ASSISTANT, END = '<|system|>', '<|user|>', '<|assistant|>', '<|end|>'
"""What stands for the boundaries of messages: the server's template writes the real ones."""
CHAT = ChatFormat(SYSTEM, USER, ASSISTANT, END, END, image_open='', image_close='')
FOREIGN = frozenset(
    {
        *('<s>', '</s>', '<bos>', '<eos>', '<pad>', '[INST]', '[/INST]', '[IMG]'),
        *('<start_of_turn>', '<end_of_turn>', '<end_of_utterance>', '<think>', '</think>'),
        *('<image>', '<video>', '<IMG_CONTEXT>', '<image_soft_token>', '<__media__>'),
    }
)
"""Control tokens of common chat templates that do not look like <|these|>. A server recognizes
them in any text, so an instruction must not hold one (Law 9)."""

_PIECES = re.compile(r' ?[A-Za-z]{1,4}|.', re.DOTALL)
_MARK = b'\x01'


class PieceTokenizer:
    """Satisfies `protocol.Tokenizer`."""

    def __init__(self) -> None:
        controls = (SYSTEM, USER, ASSISTANT, END, *STATE_TAGS.values())
        # Below 256, where no text is: the mark and one byte make at least 256.
        self.ids = {text: number for number, text in enumerate(controls, 2)}
        self._texts = {number: text for text, number in self.ids.items()}
        self._controls = re.compile('|'.join(map(re.escape, controls)))
        self.control_tokens = frozenset({*controls, *FOREIGN})
        self.control_ids = frozenset(self._texts)

    def control(self, text: str) -> tuple[int, ...]:
        """Encode our own text, in which the boundaries and states are recognized."""
        ids: list[int] = []
        start = 0
        for match in self._controls.finditer(text):
            ids += self.plain(text[start : match.start()])
            ids.append(self.ids[match[0]])
            start = match.end()
        return (*ids, *self.plain(text[start:]))

    def plain(self, text: str) -> tuple[int, ...]:
        """Encode text from outside: no id in the result is a control id."""
        return tuple(map(piece_id, _PIECES.findall(text)))

    def text(self, ids: Sequence[int]) -> str:
        """Decode ids; those of boundaries and states are dropped."""
        return ''.join(piece_text(token) for token in ids if token not in self.control_ids)

    def spelled(self, token: int) -> str:
        """The text of one id, also of a state's."""
        return self._texts.get(token) or piece_text(token)


def piece_id(text: str) -> int:
    """The id that stands for a text that is not empty."""
    return int.from_bytes(_MARK + text.encode('utf-8', 'replace'), 'big')


def piece_text(token: int) -> str:
    """The text that an id stands for."""
    spelled = token.to_bytes((token.bit_length() + 7) // 8, 'big')
    return spelled[len(_MARK) :].decode('utf-8', 'replace')
