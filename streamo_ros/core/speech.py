# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One answer in progress: tokens in, whole characters out."""

from __future__ import annotations

import enum
from collections.abc import Callable
from collections.abc import Sequence

from streamo_ros.core.protocol import clean_answer
from streamo_ros.core.protocol import STATE_TAGS

_REPLACEMENT = '\ufffd'


class Finish(enum.IntEnum):
    """Why an answer ended; the values are those of Response.msg."""

    UNKNOWN = 0
    STOP = 1
    LENGTH = 2
    CANCELED = 3
    ERROR = 4


class Speech:
    """The text of one answer while it is decoded.

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
        self._shown = 0
        self.tokens: list[int] = []
        self.finish = Finish.UNKNOWN

    def on_token(self, token: int | None) -> str:
        """Take the next token.

        Args:
            token: an id; None if the model failed.

        Returns:
            Text that can be shown now and will not change; '' if there is none yet.
        """
        if token is None:
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

    def end(self, finish: Finish) -> str:
        """End it now; returns the text not shown yet."""
        self.finish = finish
        return self._advance()

    @property
    def text(self) -> str:
        """The answer so far, cleaned; incomplete characters at its end are left out."""
        text = clean_answer(self._text(self.tokens))
        while text.endswith(_REPLACEMENT):
            text = text.rstrip(_REPLACEMENT).rstrip()
        return text

    def _advance(self) -> str:
        text = self.text
        ready = len(text) if self.finish else _stable_length(text)
        fresh = text[self._shown : ready]
        self._shown = max(self._shown, ready)
        return fresh


def _stable_length(text: str) -> int:
    """How much of the text the next token cannot change: a state tag may have begun."""
    start = text.rfind('<')
    begun = start >= 0 and any(tag.startswith(text[start:]) for tag in STATE_TAGS.values())
    return start if begun else len(text)
