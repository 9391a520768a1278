# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Draws the batches of coming steps in processes of its own, while the network learns."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import Generic
from typing import TypeVar

from torch.utils.data import DataLoader
from torch.utils.data import Dataset

_AHEAD = 4
"""Batches that each process draws in advance."""

T = TypeVar('T')


class DrawnAhead(Generic[T]):
    """What `draw` returns for the steps in turn; the same as without further processes.

    Args:
        draw: makes what belongs to a step, and depends on nothing else.
        steps: steps to be drawn, from 0.
        processes: number of processes; 0: each step is drawn when it is asked for.
    """

    def __init__(self, draw: Callable[[int], T], steps: int, processes: int) -> None:
        self._draw, self._steps, self._processes = draw, steps, processes
        self._next = -1
        self._drawn: Iterator[T] = iter(())

    def __call__(self, step: int) -> T:
        """What belongs to a step; steps asked for in turn are drawn ahead."""
        if not self._processes:
            return self._draw(step)
        if step != self._next:
            self._drawn = iter(self._loader(step))
        self._next = step + 1
        return next(self._drawn)

    def _loader(self, first: int) -> DataLoader[T]:
        return DataLoader(
            _Steps(self._draw),
            batch_size=None,
            sampler=range(first, self._steps),
            num_workers=self._processes,
            prefetch_factor=_AHEAD,
        )


class _Steps(Dataset[T]):
    """Steps by their numbers."""

    def __init__(self, draw: Callable[[int], T]) -> None:
        self._draw = draw

    def __getitem__(self, step: int) -> T:
        return self._draw(step)
