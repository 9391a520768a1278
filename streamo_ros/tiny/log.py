# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The log of a run: one JSON object a line, figures averaged between two lines.

Knows figures by name and where they are written; knows no training.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

Figures = dict[str, float]


def average(figures: Sequence[Figures]) -> Figures:
    """Means of what is there."""
    found = {}
    for name in figures[0]:
        values = [one[name] for one in figures if not math.isnan(one[name])]
        if values:
            found[name] = round(sum(values) / len(values), 4)
    return found


class Log:
    """JSON lines; figures between two lines are averaged.

    Args:
        path: of the file, which is appended to.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._begun = path, time.monotonic()
        self._waiting: list[Figures] = []

    def add(self, part: str, step: int, figures: Figures, every: int) -> None:
        """Take figures in, and write a line every so many steps."""
        self._waiting.append(figures)
        if step % every == 0:
            self.line(part, step, average(self._waiting))
            self._waiting = []

    def line(self, part: str, step: int, figures: Figures) -> None:
        """Write a line; its seconds count from the beginning of this process."""
        seconds = round(time.monotonic() - self._begun, 1)
        with self._path.open('a', encoding='utf-8') as stream:
            stream.write(
                json.dumps({'part': part, 'step': step, 'seconds': seconds, **figures}) + '\n'
            )
