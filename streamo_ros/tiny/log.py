# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The log of a run: one JSON object per line, with figures averaged since the previous line."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path

Figures = dict[str, float]


def average(figures: Sequence[Figures]) -> Figures:
    """The mean of each figure, NaN excluded; figures that are always NaN are left out."""
    means = {}
    for name in figures[0]:
        values = [row[name] for row in figures if not math.isnan(row[name])]
        if values:
            means[name] = round(sum(values) / len(values), 4)
    return means


class Log:
    """Appends JSON lines to a file.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._started = path, time.monotonic()
        self._pending: list[Figures] = []

    def add(self, part: str, step: int, figures: Figures, every: int) -> None:
        """Add the figures of a step, and write their averages every so many steps."""
        self._pending.append(figures)
        if step % every == 0:
            self.write(part, step, average(self._pending))
            self._pending = []

    def write(self, part: str, step: int, figures: Figures) -> None:
        """Write a line; its seconds count from the creation of this object."""
        seconds = round(time.monotonic() - self._started, 1)
        with self._path.open('a', encoding='utf-8') as stream:
            stream.write(
                json.dumps({'part': part, 'step': step, 'seconds': seconds, **figures}) + '\n'
            )
