# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A small text grammar: `[one|another]` is a choice, `<name>` a rule, the rest is literal."""

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
class Alternatives:
    """A choice of exactly one option; an option is a sequence of literals and choices."""

    options: tuple[tuple[str | Alternatives, ...], ...]

    def draw(self, rng: np.random.Generator) -> str:
        """One of its texts; all options of a choice are equally likely."""
        count = len(self.options)
        option = self.options[int(rng.integers(count)) if count > 1 else 0]
        return ''.join(part if isinstance(part, str) else part.draw(rng) for part in option)

    def count(self) -> int:
        """Number of ways to draw a text."""
        return sum(
            prod(1 if isinstance(part, str) else part.count() for part in option)
            for option in self.options
        )

    def can_be_empty(self) -> bool:
        """Whether one of its texts is empty."""
        return any(
            all(
                not part.strip() if isinstance(part, str) else part.can_be_empty()
                for part in option
            )
            for option in self.options
        )

    def first_words(self) -> Iterator[str]:
        """Every word that one of its texts begins with."""
        for option in self.options:
            for part in option:
                if isinstance(part, str):
                    yield from part.split()[:1]
                    if part.strip():
                        break
                else:
                    yield from part.first_words()
                    if not part.can_be_empty():
                        break

    def words(self) -> Iterator[str]:
        """Every literal in it; literals consist of whole words."""
        for option in self.options:
            for part in option:
                if isinstance(part, str):
                    yield part
                else:
                    yield from part.words()


class Grammar:
    """Named rules that texts can refer to.

    Args:
        rules: the text of each rule by name; it may refer to the rules before it.

    Raises:
        WorldError: a rule is malformed or refers to an unknown one.
    """

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules: dict[str, Alternatives] = {}
        for name, text in rules.items():
            self._rules[name] = self.parse(text)

    def parse(self, text: str) -> Alternatives:
        """Parse a text.

        Raises:
            WorldError: a bracket is not closed, or a rule is unknown.
        """
        pieces = _PIECE.findall(text)
        if ''.join(pieces) != text or text.count('[') != text.count(']'):
            raise WorldError(f'cannot parse {text!r}: close every [ and <')
        pieces.reverse()
        choice = self._options(pieces)
        if pieces:
            raise WorldError(f'{text!r} closes a bracket that is not open: remove the ]')
        return choice

    def _options(self, pieces: list[str]) -> Alternatives:
        """Parse up to the closing bracket; `pieces` is a stack."""
        options: list[list[str | Alternatives]] = [[]]
        while pieces and (piece := pieces.pop()) != ']':
            if piece == '|':
                options.append([])
            elif piece == '[':
                options[-1].append(self._options(pieces))
            elif piece[0] == '<':
                options[-1].append(self._rule(piece[1:-1]))
            else:
                options[-1].append(piece)
        return Alternatives(tuple(tuple(option) for option in options))

    def _rule(self, name: str) -> Alternatives:
        if name not in self._rules:
            raise WorldError(f'unknown rule {name!r}: define it before its first use')
        return self._rules[name]


def tidy(text: str) -> str:
    """A drawn text with single spaces, and none before punctuation."""
    return re.sub(r' +([,.?!:;])', r'\1', ' '.join(text.split()))
