# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The words of steps that have left, which a dialect may keep in a message of their own.

Their keys and values move along with them, as in StreamingVLM's `process_past_kv`.
"""

from __future__ import annotations

from collections.abc import Iterable

from streamo_ros.core.prompt import Ids
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.turn import Range
from streamo_ros.core.turn import Turn


class PastWords:
    """What one dialogue has kept of its answers.

    Args:
        prompt: the dialect in the model's tokens.

    Attributes:
        ids: the words; () where the dialect keeps none.
    """

    def __init__(self, prompt: PromptTokens) -> None:
        self._prompt = prompt
        self._past = prompt.dialect.past
        self.ids: Ids = ()

    def take(self, answers: Iterable[tuple[int, Turn]]) -> list[Range]:
        """Take in the words of answers that leave.

        Args:
            answers: each with the place of its reply in the slot, oldest first.

        Returns:
            Where the words stand in the slot, in their order.
        """
        start = self._prompt.past_start
        places: Ids = tuple(range(start, start + len(self.ids)))
        for place, turn in answers:
            length = self._length(turn.reply)
            self.ids = self._cut(self.ids + turn.reply[:length])
            places = self._cut(places + tuple(range(place, place + length)))
        return [(place, place + 1) for place in places]

    def _length(self, reply: Ids) -> int:
        """How many tokens of an answer are words that are kept."""
        if not self._past.open:
            return 0
        length = len(reply) - len(self._prompt.close)
        return length - (reply[:length][-1:] == self._prompt.ending != ())

    def _cut(self, words: Ids) -> Ids:
        """Words, or their places, without those in the middle that are too many."""
        past = self._past
        if len(words) <= past.first + past.last:
            return words
        return words[: past.first] + words[len(words) - past.last :]
