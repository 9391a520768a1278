# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One answer in progress: tokens in, whole characters out."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import clean_answer

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
        prompt: the dialect in the model's tokens.
        max_tokens: most tokens that it may have.

    Attributes:
        tokens: of the answer so far.
        taken: what the dialogue keeps of the last token: itself; () if it only ended the answer;
            its text before the end where the dialect cuts it off.
        finish: why it ended; UNKNOWN while it has not.
    """

    def __init__(self, prompt: PromptTokens, max_tokens: int) -> None:
        self._tokenizer = prompt.tokenizer
        self._marks = (*prompt.dialect.states.texts.values(), *prompt.dialect.cut)
        self._cut = prompt.dialect.cut
        self._ending = frozenset(prompt.ending)
        self._max_tokens = max_tokens
        self._shown = 0
        self.tokens: list[int] = []
        self.taken: tuple[int, ...] = ()
        self.finish = Finish.UNKNOWN

    def on_token(self, token: int | None) -> str:
        """Take the next token.

        Args:
            token: an id; None if the model failed.

        Returns:
            Text that can be shown now and will not change; '' if there is none yet.
        """
        self.taken = ()
        if token is None:
            self.finish = Finish.ERROR
        elif token in self._ending:
            # It is part of the dialogue and not of the text.
            self.taken, self.finish = (token,), Finish.STOP
        elif token in self._tokenizer.control_ids:
            self.finish = Finish.STOP
        else:
            self._take(token)
        return self._advance()

    def end(self, finish: Finish) -> str:
        """End it now; returns the text not shown yet."""
        self.finish = finish
        return self._advance()

    @property
    def text(self) -> str:
        """The answer so far, cleaned; incomplete characters at its end are left out."""
        text = clean_answer(self._tokenizer.text(self.tokens), self._marks)
        while text.endswith(_REPLACEMENT):
            text = text.rstrip(_REPLACEMENT).rstrip()
        return text

    def _take(self, token: int) -> None:
        before = self._tokenizer.text(self.tokens)
        self.tokens.append(token)
        self.taken = (token,)
        whole = self._tokenizer.text(self.tokens)
        # A line break before the first word does not end the line.
        words = len(whole) - len(whole.lstrip())
        cuts = [at for at in (whole.find(mark, words) for mark in self._cut) if at >= 0]
        if cuts:
            self.taken = self._tokenizer.plain(whole[len(before) : min(cuts)])
            self.finish = Finish.STOP
        elif any(mark in whole for mark in self._marks if mark not in self._cut):
            self.finish = Finish.STOP
        elif len(self.tokens) >= self._max_tokens:
            self.finish = Finish.LENGTH

    def _advance(self) -> str:
        text = self.text
        ready = len(text) if self.finish else _stable_length(text, self._marks)
        fresh = text[self._shown : ready]
        self._shown = max(self._shown, ready)
        return fresh


def _stable_length(text: str, marks: Sequence[str]) -> int:
    """How much of the text the next token cannot change: a mark may have begun."""
    begun = [
        length
        for mark in marks
        for length in range(1, min(len(mark), len(text)) + 1)
        if text.endswith(mark[:length])
    ]
    return len(text) - max(begun, default=0)
