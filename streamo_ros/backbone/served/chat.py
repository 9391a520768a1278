# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A lane's row of tokens and frames as the messages of a chat.

What is appended to a row is appended to its messages, so the text that a server makes of one
request begins the text of the next: its prefix cache holds all but the new frame.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.served.pieces import ASSISTANT
from streamo_ros.backbone.served.pieces import END
from streamo_ros.backbone.served.pieces import PieceTokenizer
from streamo_ros.backbone.served.pieces import SYSTEM
from streamo_ros.backbone.served.pieces import USER
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import Sighting
from streamo_ros.core.interface import VisionTokens

Message: TypeAlias = 'dict[str, Any]'
_ROLES = {SYSTEM: 'system', USER: 'user', ASSISTANT: 'assistant'}


@dataclass(frozen=True, eq=False)
class ServedFrame:
    """A frame as it is sent.

    Attributes:
        tokens: that it takes in a lane, as measured on the server.
        grid: rows and columns of 28 pixels.
        name: hash of its JPEG data; what a server that keeps frames calls it.
        url: the JPEG data as a data URL.
        sightings: none, the server recognizes nothing for us.
        vector: none, the embeddings are the server's.
    """

    tokens: int
    grid: tuple[int, int]
    name: str
    url: str
    sightings: tuple[Sighting, ...] = ()
    vector: NDArray[np.float16] | None = None


Row: TypeAlias = 'list[int | ServedFrame]'
"""A lane's content; a frame stands in it once for each of its tokens."""


def row_of(pieces: Sequence[Piece]) -> Row:
    """What pieces add to a row."""
    row: Row = []
    for piece in pieces:
        row += piece if isinstance(piece, tuple) else [own_frame(piece)] * piece.tokens
    return row


def own_frame(vision: VisionTokens) -> ServedFrame:
    """A frame that this backbone has encoded."""
    assert isinstance(vision, ServedFrame)
    return vision


def chat_of(row: Row, tokenizer: PieceTokenizer) -> tuple[list[Message], str]:
    """The messages of a row.

    Returns:
        The complete messages, in which frames stand as `ServedFrame`; and how the message that
        the assistant is writing begins.
    """
    messages: list[Message] = []
    content: list[str | ServedFrame] = []
    for token in row:
        if isinstance(token, ServedFrame):
            if not content or content[-1] is not token:
                content.append(token)
            continue
        text = tokenizer.spelled(token)
        if text in _ROLES:
            content = []
            messages.append({'role': _ROLES[text], 'content': content})
        elif text != END:
            if content and isinstance(content[-1], str):
                content[-1] += text
            else:
                content.append(text)
    started = ''
    if messages and messages[-1]['role'] == 'assistant' and row[-1] != tokenizer.ids[END]:
        started = ''.join(map(str, messages.pop()['content']))
    return messages, started


def to_json(
    messages: Sequence[Message], known: Collection[str] = (), *, named: bool = False
) -> list[Message]:
    """Messages as the interface of OpenAI has them.

    Args:
        messages: of `chat_of`.
        known: names of frames that the server has; they are sent by name alone.
        named: whether frames get names, which is an extension of vLLM.
    """
    sent: list[Message] = []
    for message in messages:
        content: Any = message['content']
        if any(isinstance(part, ServedFrame) for part in content):
            content = [_part(part, known, named) for part in content]
        else:
            # Also of a user: some servers take nothing else where a chat template is simple.
            content = ''.join(map(str, content))
        sent.append({'role': message['role'], 'content': content})
    return sent


def frames_of(messages: Sequence[Message]) -> list[ServedFrame]:
    """The frames in messages, in order."""
    return [part for each in messages for part in each['content'] if isinstance(part, ServedFrame)]


def _part(part: str | ServedFrame, known: Collection[str], named: bool) -> Message:
    if isinstance(part, str):
        return {'type': 'text', 'text': part}
    url = None if part.name in known else {'url': part.url}
    return {'type': 'image_url', 'image_url': url, **({'uuid': part.name} if named else {})}
