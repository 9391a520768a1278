# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One HTTP request that a server has begun to answer: its reply, or its events as they come."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from http.client import HTTPResponse
from typing import Any

from streamo_ros.core.interface import BackboneError
from streamo_ros.documents import load_json

LONGEST_REPLY = 32 << 20
LONGEST_LINE = 1 << 20
_SHOWN = 300


class RefusedError(BackboneError):
    """The server refused a request.

    Args:
        status: the HTTP status.
        sentence: what the server says.
    """

    def __init__(self, status: int, sentence: str) -> None:
        self.status, self.sentence = status, sentence
        super().__init__(f'the server refused the request with status {status}: {sentence}')


@dataclass(frozen=True)
class Call:
    """A request that the server has begun to answer.

    Attributes:
        connection: closed by whoever reads the reply.
        response: the reply.
        line: the connection's socket, which the connection itself may forget.
    """

    connection: HTTPConnection
    response: HTTPResponse
    line: socket.socket

    def read(self, deadline: float) -> bytes:
        """The whole reply.

        Args:
            deadline: on the steady clock.

        Raises:
            OSError, HTTPException: the connection broke, or the deadline has passed.
            BackboneError: the reply is far too long.
        """
        parts: list[bytes] = []
        size = 0
        while True:
            self.line.settimeout(seconds_left(deadline))
            part = self.response.read1(1 << 16)
            if not part:
                break
            parts.append(part)
            size += len(part)
            if size > LONGEST_REPLY:
                self.connection.close()
                raise BackboneError('the server answers more than 32 MiB: it is not understood')
        if self.response.length:
            raise ConnectionResetError('the connection broke in the middle of the reply')
        # Otherwise the connection refuses the next request.
        self.response.close()
        return b''.join(parts)

    def events(self, timeout: float) -> Iterator[dict[str, Any]]:
        """The objects of server-sent events, up to [DONE] or the end of the stream.

        Args:
            timeout: seconds to wait for each: an answer as a whole may take as long as it likes.

        Raises:
            OSError, HTTPException: the connection broke, or an event is late.
            RefusedError: an event is an error of the server's.
            BackboneError: an event is not an object of JSON.
        """
        while True:
            self.line.settimeout(timeout)
            line = self.response.readline(LONGEST_LINE)
            if not line:
                return
            if not line.startswith(b'data:'):
                continue
            content = line[len(b'data:') :].strip()
            if content == b'[DONE]':
                return
            event = parsed(content)
            if 'error' in event:
                raise RefusedError(500, sentence_of(content))
            yield event


def parsed(content: bytes) -> dict[str, Any]:
    """The object in a reply or event.

    Raises:
        BackboneError: it is none.
    """
    try:
        reply = load_json(content)
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        shown = content[:60].decode('utf-8', 'replace')
        raise BackboneError(
            f'the server answers {shown!r}, which is not what an OpenAI-compatible server says: '
            'check that model.path ends in /v1'
        )
    return reply


def sentence_of(content: bytes) -> str:
    """What a server says in a refusal, in the forms that servers have."""
    try:
        reason: Any = load_json(content)
    except ValueError:
        reason = content.decode('utf-8', 'replace')
    for name in ('error', 'message', 'detail'):
        if isinstance(reason, dict) and name in reason:
            reason = reason[name]
    text = ' '.join(str(reason).split()) or 'it gives no reason'
    return text if len(text) <= _SHOWN else f'{text[:_SHOWN]} …'


def seconds_left(deadline: float) -> float:
    """Seconds until a deadline on the steady clock.

    Raises:
        TimeoutError: it has passed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
