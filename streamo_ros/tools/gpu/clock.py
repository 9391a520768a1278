# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How time is taken: the wall clock of whole calls on an idle device, medians of repeats."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

_LEAST = 3
"""Calls that are counted however long they take."""


@dataclass(frozen=True)
class Effort:
    """How often things are done.

    Attributes:
        warm: calls that are not counted: kernels are compiled and passes captured then.
        repeats: calls that are.
        answers: answers that are counted, one more is not.
        steps: tokens of an answer behind its first one.
        limit: seconds of equal calls after which `_LEAST` of them are enough.
    """

    warm: int = 4
    repeats: int = 15
    answers: int = 4
    steps: int = 32
    limit: float = 3.0


GLANCE = Effort(warm=1, repeats=3, answers=1, steps=4)
"""Enough to see that it works."""


@dataclass(frozen=True)
class CallTimes:
    """Seconds of equal calls.

    Attributes:
        first: the very first one.
        each: those that count.
    """

    first: float
    each: tuple[float, ...]

    @property
    def ms(self) -> float:
        """The median, milliseconds."""
        return 1e3 * median(self.each)

    @property
    def worst_ms(self) -> float:
        """The slowest that counts, milliseconds."""
        return 1e3 * max(self.each)


def repeat(
    call: Callable[[], object],
    wait: Callable[[], None],
    effort: Effort,
    prepare: Callable[[], object] = int,
) -> CallTimes:
    """Time equal calls.

    Args:
        call: what is timed, until it has returned.
        wait: waits for the device before the clock starts.
        effort: how often.
        prepare: done before each call and not timed.
    """
    taken: list[float] = []
    began = time.perf_counter()
    while (counted := len(taken) - effort.warm) < effort.repeats:
        if counted >= _LEAST and time.perf_counter() - began > effort.limit:
            break
        prepare()
        wait()
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return CallTimes(taken[0], tuple(taken[effort.warm :]))
