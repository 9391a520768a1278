# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Earlier answers as text, in front of the question that a dialogue starts over with.

Source: JoyAI-VL-Interaction, `build_dynamic_system_content` of its adapter.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from streamo_ros.core.prompt import PromptTokens

Answer = tuple[Fraction, str]
"""When it was given, in seconds since the time origin, and its text."""


class Recounting:
    """Remembers the answers of one dialogue that have left its window.

    Args:
        prompt: the dialect in the model's tokens.
        room: most tokens of all of them; the oldest are left out.
    """

    def __init__(self, prompt: PromptTokens, room: int) -> None:
        self._prompt = prompt
        self._style = prompt.dialect.recount
        self._room = room
        self._groups: list[list[Answer]] = []
        self._told: tuple[str, Fraction, str] | None = None

    def add(self, answers: Sequence[Answer]) -> None:
        """Remember answers that leave together."""
        if answers and self._style.open:
            self._groups = [*self._groups, list(answers)][-self._style.most :]
            self._told = None

    def clear(self) -> None:
        """Forget them."""
        self._groups, self._told = [], None

    def text(self, question: str, asked: Fraction) -> str:
        """All of them that there is room for; '' if there are none.

        Args:
            question: what they answer.
            asked: when it was asked, in seconds since the time origin.
        """
        if self._told is None or self._told[:2] != (question, asked):
            self._told = question, asked, self._fitting(question, asked)
        return self._told[2]

    def _fitting(self, question: str, asked: Fraction) -> str:
        while self._groups:
            told = self._text(question, asked)
            if len(self._prompt.tokenizer.plain(told)) <= self._room:
                return told
            self._groups.pop(0)
        return ''

    def _text(self, question: str, asked: Fraction) -> str:
        style, tag = self._style, self._prompt.dialect.tag
        parts = []
        for number, answers in enumerate(self._groups, 1):
            start = tag.seconds(asked)
            lines = [style.group.format(number=number, start=start, question=question)]
            lines += [
                style.answer.format(start=tag.seconds(since), answer=text)
                for since, text in answers
            ]
            parts.append('\n'.join(lines))
        return style.open + '\n'.join(parts) + style.close
