# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One answer of a served model: pieces of text as the server writes them.

The server is asked to go on after the state that was decided. Where its interface cannot do that,
the model is asked again, and it begins with the state by itself, or because it is told to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from streamo_ros.backbone.served.server import choice_of
from streamo_ros.backbone.served.server import text_of
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS

TAG = STATE_TAGS[State.RESPONSE]


class ServedAnswer:
    """Pieces of one answer.

    Args:
        stream: opened here, closed by `close` or at the end.
        tagged: whether the server repeats the state, which is taken off.

    Attributes:
        length: tokens of the lane after the last piece; the caller's own note.

    Raises:
        BackboneError: the server does not begin to answer.
    """

    def __init__(
        self, stream: AbstractContextManager[Iterator[dict[str, Any]]], *, tagged: bool
    ) -> None:
        self.length = 0
        self._stream = stream
        self._events = stream.__enter__()
        self._tagged = tagged
        self._ended = False
        self._said = False

    def next_piece(self) -> str:
        """The next piece of text; '' = the answer is complete.

        Raises:
            BackboneError: the answer broke off, is empty, or begins with another state.
        """
        while not self._ended:
            text = self._take()
            if self._tagged:
                text = self._without_tag(text)
            if text:
                self._said = True
                return text
        self.close()
        if not self._said:
            raise BackboneError('the served model ended its answer without a word')
        return ''

    def close(self) -> None:
        """Stop the server, if it is still writing."""
        self._ended = True
        self._stream.__exit__(None, None, None)

    def _take(self) -> str:
        event = next(self._events, None)
        if event is None:
            self.close()
            raise BackboneError('the server ended in the middle of an answer')
        if not event.get('choices'):
            return ''
        choice = choice_of(event)
        self._ended = bool(choice.get('finish_reason'))
        return text_of(choice)

    def _without_tag(self, text: str) -> str:
        """The text behind the state, which may come in several pieces."""
        while not self._ended and TAG.startswith(text.lstrip()):
            text += self._take()
        text = text.lstrip()
        if not text.startswith(TAG):
            self.close()
            raise BackboneError(
                f'the served model began its answer with {text[:40]!r} and not with {TAG}'
            )
        self._tagged = False
        return text[len(TAG) :].lstrip()
