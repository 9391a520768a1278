# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Questions about the past, as the page asks them, and the pictures that answers rest on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from typing import Protocol

from streamo_ros.core.errors import StreamoError
from streamo_ros.live.commands import CommandError
from streamo_ros.memory.ask import Answer
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.memory.clock_times import find_zone
from streamo_ros.memory.question import MOST_CHARACTERS
from streamo_ros.memory.reader import StoreReader


class ShownPast(Protocol):
    """Answers questions about the past; neither method raises, and neither waits for ever."""

    async def ask(self, question: str) -> Answer:
        """The answer to a question in plain English."""

    async def picture(self, stamp: int) -> bytes:
        """The kept JPEG file of a capture time, nanoseconds; b'' when there is none."""


class StorePast(ShownPast):
    """Answers from a memory store, as `streamo ask` does, without a node.

    Args:
        reader: the store.
    """

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader
        self._asker = Asker(reader, find_zone(''))
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, question: str) -> Answer:
        """What the record says; see `ShownPast`."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._answer, question)

    async def picture(self, stamp: int) -> bytes:
        """A kept picture; see `ShownPast`."""
        return await asyncio.to_thread(kept_picture, self._reader, stamp)

    def _answer(self, question: str) -> Answer:
        try:
            return self._asker.from_record(self._asker.recall(question, at=time.monotonic()))
        except StreamoError as error:
            return Answer(AskOutcome.ERROR, message=str(error))


def kept_picture(reader: StoreReader, stamp: int) -> bytes:
    """The JPEG file that a store keeps of a capture time, nanoseconds; b'' when there is none."""
    try:
        frames = reader.frames((stamp, stamp), 1)
    except (StreamoError, OverflowError):
        # SQLite has no number beyond 64 bits; what else a reader says, an answer says as well.
        return b''
    return reader.pictures.read(frames[0].id) if frames else b''


def parse_question(plain: Mapping[str, Any]) -> str:
    """The question of a request.

    Raises:
        CommandError: it is missing, or too long.
    """
    question = plain.get('question')
    if not isinstance(question, str) or not question.strip():
        raise CommandError('question is missing: ask something, such as "when did the door open?"')
    if len(question) > MOST_CHARACTERS:
        raise CommandError(f'the question is too long: at most {MOST_CHARACTERS} characters')
    return question


def answer_fields(answer: Answer) -> dict[str, Any]:
    """An answer as the page gets it; stamps are text, because JavaScript rounds such numbers."""
    return {
        'outcome': answer.outcome.name,
        'text': answer.text,
        'message': answer.message,
        'evidence': [str(stamp) for stamp in answer.evidence],
        'probability': answer.probability,
    }
