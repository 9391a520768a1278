# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A grammar of texts: `[one|another]` is a choice, `<name>` a rule, the rest is said as it stands.

Knows how such a text is read, drawn and counted. Knows no word of any instruction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from streamo_ros.worlds.scene import WorldError

_PIECE = re.compile(r'[\[\]|]|<\w+>|[^\[\]|<>]+')


@dataclass(frozen=True)
class Choice:
    """Exactly one of the options is said; an option is said from its first part to its last."""

    options: tuple[tuple[str | Choice, ...], ...]

    def draw(self, draw: np.random.Generator) -> str:
        """One of its texts; every option of a choice is as likely as the next."""
        count = len(self.options)
        option = self.options[int(draw.integers(count)) if count > 1 else 0]
        return ''.join(part if isinstance(part, str) else part.draw(draw) for part in option)

    def count(self) -> int:
        """Ways to draw a text."""
        return sum(
            prod(1 if isinstance(part, str) else part.count() for part in option)
            for option in self.options
        )

    def empty(self) -> bool:
        """Whether it may say nothing."""
        return any(
            all(not part.strip() if isinstance(part, str) else part.empty() for part in option)
            for option in self.options
        )

    def first_words(self) -> Iterator[str]:
        """Every word with which one of its texts begins."""
        for option in self.options:
            for part in option:
                if isinstance(part, str):
                    yield from part.split()[:1]
                    if part.strip():
                        break
                else:
                    yield from part.first_words()
                    if not part.empty():
                        break

    def words(self) -> Iterator[str]:
        """Every stretch of text in it, whole words each."""
        for option in self.options:
            for part in option:
                if isinstance(part, str):
                    yield part
                else:
                    yield from part.words()


class Grammar:
    """Rules by name, which texts may name.

    Args:
        rules: text of each rule; it may name the rules before it.

    Raises:
        WorldError: a rule is not well formed or names an unknown one.
    """

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules: dict[str, Choice] = {}
        for name, text in rules.items():
            self._rules[name] = self.read(text)

    def read(self, text: str) -> Choice:
        """The choice that a text stands for.

        Raises:
            WorldError: a bracket is not closed, or a rule is not known.
        """
        pieces = _PIECE.findall(text)
        if ''.join(pieces) != text or text.count('[') != text.count(']'):
            raise WorldError(f'{text!r} is no text of a grammar: close every [ and <')
        pieces.reverse()
        found = self._options(pieces)
        if pieces:
            raise WorldError(f'{text!r} closes a bracket that is not open: remove the ]')
        return found

    def _options(self, pieces: list[str]) -> Choice:
        """Read up to the closing bracket; `pieces` is a stack."""
        options: list[list[str | Choice]] = [[]]
        while pieces and (piece := pieces.pop()) != ']':
            if piece == '|':
                options.append([])
            elif piece == '[':
                options[-1].append(self._options(pieces))
            elif piece[0] == '<':
                options[-1].append(self._rule(piece[1:-1]))
            else:
                options[-1].append(piece)
        return Choice(tuple(tuple(option) for option in options))

    def _rule(self, name: str) -> Choice:
        if name not in self._rules:
            raise WorldError(f'no rule before it is called {name!r}: write it above its first use')
        return self._rules[name]


def tidy(text: str) -> str:
    """A drawn text with single spaces, and none before a mark."""
    return re.sub(r' +([,.?!:;])', r'\1', ' '.join(text.split()))
