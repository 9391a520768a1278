# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One answer in progress: tokens in, whole characters out."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import clean_answer
from streamo_ros.core.protocol import Kind

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
        kind: what it is, as far as its beginning tells.

    Attributes:
        tokens: of the answer so far.
        taken: what the dialogue keeps of the last token: itself; () if it only ended the answer;
            its text before the end where the dialect cuts it off.
        finish: why it ended; UNKNOWN while it has not.
    """

    def __init__(self, prompt: PromptTokens, max_tokens: int, kind: Kind = Kind.ANSWER) -> None:
        states, self._cut = prompt.dialect.states, prompt.dialect.cut
        self._tokenizer = prompt.tokenizer
        self._begun = kind
        self._delegation = states.delegation
        # One token of its own, or ordinary text.
        own = prompt.tokenizer.control(states.delegation)
        self._handover = own[0] if len(own) == 1 else None
        self._ends = (*states.texts.values(), *states.openings.values(), *self._cut)
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
        elif token in self._tokenizer.control_ids and token != self._handover:
            self.finish = Finish.STOP
        else:
            self._take(token)
        return self._advance()

    def end(self, finish: Finish) -> str:
        """End it now; returns the text not shown yet."""
        self.finish = finish
        return self._advance()

    @property
    def kind(self) -> Kind:
        """What it is, so far."""
        handed = self._delegation and self._delegation in self._whole
        return Kind.DELEGATION if handed else self._begun

    @property
    def text(self) -> str:
        """The answer so far, cleaned; incomplete characters at its end are left out.

        A question that is handed to another model stands on a line of its own, the last.
        """
        text = clean_answer(self._whole, self._ends)
        if self._delegation:
            note, _, question = text.partition(self._delegation)
            text = f'{note.rstrip()}\n{question.lstrip()}'.strip()
        while text.endswith(_REPLACEMENT):
            text = text.rstrip(_REPLACEMENT).rstrip()
        return text

    @property
    def _whole(self) -> str:
        """The text of its tokens, with the mark of a delegation."""
        if self._handover not in self.tokens:
            return self._tokenizer.text(self.tokens)
        at = self.tokens.index(self._handover)
        note, question = map(self._tokenizer.text, (self.tokens[:at], self.tokens[at + 1 :]))
        return note + self._delegation + question

    def _take(self, token: int) -> None:
        before = self._whole
        self.tokens.append(token)
        self.taken = (token,)
        whole = self._whole
        # A line break before the first word does not end the line.
        words = len(whole) - len(whole.lstrip())
        cuts = [at for at in (whole.find(mark, words) for mark in self._cut) if at >= 0]
        if cuts:
            self.taken = self._tokenizer.plain(whole[len(before) : min(cuts)])
            self.finish = Finish.STOP
        elif any(mark in whole for mark in self._ends if mark not in self._cut):
            self.finish = Finish.STOP
        elif len(self.tokens) >= self._max_tokens:
            self.finish = Finish.LENGTH

    def _advance(self) -> str:
        text = self.text
        marks = (*self._ends, self._delegation)
        ready = len(text) if self.finish else _stable_length(text, marks)
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
    # Blanks before a mark are no part of the answer.
    return len(text[: len(text) - max(begun)].rstrip()) if begun else len(text)
