# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Small pictures of synthetic worlds, with labels of what each cell contains.

A cell is the area of one vision token. Pictures are rendered larger and then downsampled, as a
camera's are. Rendering is spread over processes; every world has its own seed.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.tiny.tower import CELL
from streamo_ros.worlds.episode import PICTURES
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import SHAPES
from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.world import World

Job = TypeVar('Job')
Result = TypeVar('Result')

SMALL = {'4:3': (140, 112), '16:9': (168, 84), '1:1': (112, 112)}
"""Width and height in pixels of the tower's input, for each aspect ratio."""
ASPECTS = tuple(SMALL)
SHARES = (0.5, 0.25, 0.25)
"""Sampling probabilities of the aspect ratios."""
KINDS = {
    'colour': len(COLORS) + 1,
    'shape': len(SHAPES) + 1,
    'cut': 3,
    'into': len(COLORS) + 1,
    'gripped': 3,
    'touching': 3,
}
"""Labels of a cell, and their number of classes; 0 is an empty cell."""
DIGITS = 11
"""Classes of a digit of the display; 0 without a display."""
_TIMES = 10
"""Pictures per world."""
_MAX_SECONDS = 60.0
"""Pictures show a world's first seconds."""


@dataclass(frozen=True)
class Pool:
    """Pictures of one aspect.

    Attributes:
        frames: uint8, shape (pictures, height, width, 3).
        cells: int8, shape (pictures, rows, columns, kinds): see `KINDS`.
        digits: int8, shape (pictures, 2).
    """

    frames: NDArray[np.uint8]
    cells: NDArray[np.int8]
    digits: NDArray[np.int8]


def grid(aspect: str) -> tuple[int, int]:
    """Number of rows and columns of vision tokens."""
    width, height = SMALL[aspect]
    return height // CELL, width // CELL


def shrink(picture: NDArray[np.uint8], aspect: str) -> NDArray[np.uint8]:
    """A picture downsampled to the tower's input size."""
    return np.asarray(cv2.resize(picture, SMALL[aspect], interpolation=cv2.INTER_AREA), np.uint8)


def cell(x: float, y: float, table: Table, aspect: str) -> tuple[int, int]:
    """Row and column of the cell at a point in units, or nearest to a point outside."""
    rows, columns = grid(aspect)
    down = min(max(y / table.height, 0.0), 0.9999)
    across = min(max(x / table.width, 0.0), 0.9999)
    return int(down * rows), int(across * columns)


def label(view: View, table: Table, aspect: str) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """The cells and digits of a view; see `Pool`."""
    cells = np.zeros((*grid(aspect), len(KINDS)), np.int8)
    for thing in view.things:
        cells[cell(thing.x, thing.y, table, aspect)] = (
            COLORS.index(thing.color) + 1,
            SHAPES.index(thing.shape) + 1,
            2 - thing.whole,
            COLORS.index(thing.into) + 1 if thing.into else 0,
            1 + thing.gripped,
            1 + thing.touching,
        )
    value = view.panel.value if view.panel else None
    digits = (0, 0) if value is None else (value // 10 + 1, value % 10 + 1)
    return cells, np.array(digits, np.int8)


def draw_pools(seeds: Sequence[int], processes: int, folder: Path) -> dict[str, Pool]:
    """Pictures of every aspect, ten per world; rendered once and cached in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    stops = np.cumsum(SHARES) * len(seeds)
    pools, begin = {}, 0
    for aspect, stop in zip(ASPECTS, stops.round().astype(int), strict=True):
        path = folder / f'frames-{aspect.replace(":", "x")}.npz'
        if not path.is_file():
            jobs = [(seed, aspect) for seed in seeds[begin:stop]]
            results = run_jobs(_draw, jobs, processes)
            frames, cells, digits = (np.concatenate(part) for part in zip(*results, strict=True))
            np.savez(path, frames=frames, cells=cells, digits=digits)
        begin = stop
        cached = np.load(path)
        pools[aspect] = Pool(cached['frames'], cached['cells'], cached['digits'])
    return pools


def run_jobs(
    function: Callable[[Job], Result], jobs: Sequence[Job], processes: int
) -> list[Result]:
    """Apply a function to each job in several processes, or in this one if `processes` is 1."""
    if processes == 1:
        return [function(job) for job in jobs]
    # Spawned: a process forked while OpenCV or torch has threads can deadlock.
    context = multiprocessing.get_context('spawn')
    with context.Pool(processes, cv2.setNumThreads, (1,)) as workers:
        return workers.map(function, jobs, chunksize=8)


def _draw(job: tuple[int, str]) -> tuple[NDArray[np.uint8], NDArray[np.int8], NDArray[np.int8]]:
    seed, aspect = job
    world = World(seed, *PICTURES[aspect])
    times = np.sort(np.random.default_rng([seed, 61]).uniform(0, _MAX_SECONDS, _TIMES))
    frames = [shrink(world.render(float(time)), aspect) for time in times]
    labels = [label(world.view(float(time)), world.script.table, aspect) for time in times]
    cells, digits = zip(*labels, strict=True)
    return np.stack(frames), np.stack(cells), np.stack(digits)
