# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One answer under way: tokens in, whole characters out.

Knows when an answer is over and which part of its text can no longer change; not what the tokens
cost or whose answer it is.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from collections.abc import Sequence

from streamo_ros.core.protocol import clean_answer
from streamo_ros.core.protocol import STATE_TAGS


class Finish(enum.IntEnum):
    """Why an answer ended; the values are those of Response.msg."""

    UNKNOWN = 0
    STOP = 1
    LENGTH = 2
    CANCELED = 3
    ERROR = 4


class Speech:
    """The text of one answer as it is decoded.

    Args:
        text: decodes token ids (`Tokenizer.text`).
        control_ids: ids that end an answer.
        max_tokens: most tokens that it may have.
    """

    def __init__(
        self,
        text: Callable[[Sequence[int]], str],
        control_ids: frozenset[int],
        max_tokens: int,
    ) -> None:
        self._text = text
        self._control_ids = control_ids
        self._max_tokens = max_tokens
        self._said = 0
        self.tokens: list[int] = []
        self.finish = Finish.UNKNOWN

    def hear(self, token: int) -> str:
        """Take the next token.

        Args:
            token: an id; -1 when the model failed.

        Returns:
            Text that can be shown now and will not change; '' when there is none yet.
        """
        if token < 0:
            self.finish = Finish.ERROR
        elif token in self._control_ids:
            self.finish = Finish.STOP
        else:
            self.tokens.append(token)
            if any(tag in self._text(self.tokens) for tag in STATE_TAGS.values()):
                self.finish = Finish.STOP
            elif len(self.tokens) >= self._max_tokens:
                self.finish = Finish.LENGTH
        return self._advance()

    def cut(self, finish: Finish) -> str:
        """End it now; returns the text not yet shown."""
        self.finish = finish
        return self._advance()

    @property
    def text(self) -> str:
        """The answer so far, cleaned."""
        return clean_answer(self._text(self.tokens)).rstrip('\ufffd').rstrip()

    def _advance(self) -> str:
        text = self.text
        ready = len(text) if self.finish else _settled(text)
        fresh = text[self._said : ready]
        self._said = max(self._said, ready)
        return fresh


def _settled(text: str) -> int:
    """How much of the text the next token cannot change: a state tag may be on its way."""
    start = text.rfind('<')
    begun = start >= 0 and any(tag.startswith(text[start:]) for tag in STATE_TAGS.values())
    return start if begun else len(text)
