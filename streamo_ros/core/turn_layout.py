# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What opens a turn, and which turn holds the instruction."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from fractions import Fraction

from streamo_ros.core.frame import Tick
from streamo_ros.core.past_words import PastWords
from streamo_ros.core.prompt import HANDED_ON
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.recounting import Recounting
from streamo_ros.core.turn import blocks
from streamo_ros.core.turn import Range
from streamo_ros.core.turn import Turn


class TurnLayout:
    """Lays out the turns of one dialogue as its dialect has them.

    Args:
        prompt: the dialect in the model's tokens.
        instruction: the instruction's text.
        room: most tokens of earlier answers, where the dialect tells them.
    """

    def __init__(self, prompt: PromptTokens, instruction: str, room: int = 0) -> None:
        self._prompt = prompt
        self._question = prompt.dialect.question
        self._instruction = instruction if self._question.place == 'turn' else ''
        self._asked = False
        self._text = instruction
        self._words = PastWords(prompt)
        self._since = Fraction(0)
        self._measured = '', 0
        self._recounting = Recounting(prompt, room)

    @property
    def sink(self) -> tuple[int, ...]:
        """What stands before the first turn."""
        return self._prompt.sink(self._text, self._words.ids)

    def let_go(
        self,
        turns: Iterable[tuple[int, Turn]],
        interval: Callable[[Tick], tuple[Fraction, Fraction]],
    ) -> list[Range]:
        """Take in the words of turns that leave.

        Args:
            turns: each with the place of its reply in the slot.
            interval: see `apply`.

        Returns:
            Where what is the sink from now on stands in the slot, in its order.
        """
        length, words = len(self.sink), len(self._words.ids)
        left = [(place, turn) for place, turn in turns if turn.answered]
        self._recounting.add([(interval(turn.ticks[0])[0], self._said(turn)) for _, turn in left])
        start = self._prompt.past_start
        return [(0, start), *self._words.take(left), (start + words, length)]

    def apply(
        self, turn: Turn, interval: Callable[[Tick], tuple[Fraction, Fraction]], *, first: bool
    ) -> None:
        """Give a turn what opens it, and the text around its frames.

        Args:
            turn: the turn.
            interval: what a tick represents, in seconds since the time origin.
            first: whether it follows the sink.
        """
        turn.asks = turn.asks or (first and self.must_ask(turn))
        if turn.asks and not self._asked:
            self._asked, self._since = True, interval(turn.ticks[0])[0]
        turn.prefix = self._prompt.first_prefix if first else self._prompt.turn_prefix
        asked = self._question_text if turn.asks else ''
        turn.texts = self._prompt.texts(self.intervals(turn, interval), asked)

    def intervals(
        self, turn: Turn, interval: Callable[[Tick], tuple[Fraction, Fraction]]
    ) -> list[tuple[Fraction, Fraction]]:
        """What each block of a turn's frames represents; see `apply`."""
        begin = turn.tick.start - interval(turn.tick)[0]
        found = blocks(turn.ticks, self._prompt.dialect.block)
        return [(start - begin, end - begin) for start, end in found]

    def tag(self, turn: Turn, interval: Callable[[Tick], tuple[Fraction, Fraction]]) -> str:
        """The time tag of a turn's last block; '' in a dialect without tags; see `apply`."""
        return self._prompt.dialect.tag.write(*self.intervals(turn, interval)[-1]).strip()

    def must_ask(self, turn: Turn) -> bool:
        """Whether a turn that follows the sink has to hold the instruction, and does not."""
        due = self._question.repeated or not self._asked
        return bool(self._instruction) and due and not turn.asks

    def instruct(self, instruction: str) -> None:
        """Change the instruction, from the next time that it is laid out."""
        self._text = instruction
        if self._instruction:
            self._instruction = instruction

    def restart(self) -> None:
        """Forget that the instruction has been given, and all words."""
        self._asked, self._words = False, PastWords(self._prompt)
        self._recounting.clear()

    def longest_turn(self, vision_tokens: int) -> int:
        """Most tokens that a turn takes, instruction included, without an answer.

        Args:
            vision_tokens: of one of its frames, markers not counted.
        """
        asked = self._question_text
        if asked != self._measured[0]:
            self._measured = asked, len(self._prompt.encode(asked))
        return self._prompt.longest_turn(vision_tokens) + self._measured[1]

    @property
    def _question_text(self) -> str:
        """What a turn that asks holds: earlier answers, and the instruction."""
        if not self._instruction:
            return ''
        told = self._recounting.text(self._instruction, self._since)
        return told + self._prompt.ask(self._instruction)

    def _said(self, turn: Turn) -> str:
        """The words of an answer, on one line."""
        parts: list[list[int]] = [[]]
        for token in turn.reply:
            if (token,) == self._prompt.delegation:
                parts.append([])
            else:
                parts[-1].append(token)
        words = HANDED_ON.join(self._prompt.tokenizer.text(part) for part in parts)
        return ' '.join(words.split())
