# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the model is shown: small pictures of drawn worlds, with what each cell of them holds.

Knows sizes, cells and labels. A cell is what one vision token sees. Pictures are drawn larger and
made smaller, as a camera's are. Drawing is spread over processes; every world has its own seed.
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
from streamo_ros.worlds.scene import COLOURS
from streamo_ros.worlds.scene import SHAPES
from streamo_ros.worlds.scene import Table
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.world import World

Job = TypeVar('Job')
Done = TypeVar('Done')

SMALL = {'4:3': (140, 112), '16:9': (168, 84), '1:1': (112, 112)}
"""Width and height in pixels of what the tower sees, for each aspect."""
ASPECTS = tuple(SMALL)
SHARES = (0.5, 0.25, 0.25)
"""How often each aspect is drawn."""
KINDS = {
    'colour': len(COLOURS) + 1,
    'shape': len(SHAPES) + 1,
    'cut': 3,
    'into': len(COLOURS) + 1,
    'gripped': 3,
    'touching': 3,
}
"""What is labelled in a cell, and how many values it has; 0 is an empty cell."""
DIGITS = 11
"""Values of a digit of the panel; 0 without a panel."""
_TIMES = 10
"""Pictures of one world."""
_LONGEST = 60.0


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
    """Rows and columns of vision tokens."""
    width, height = SMALL[aspect]
    return height // CELL, width // CELL


def shrink(picture: NDArray[np.uint8], aspect: str) -> NDArray[np.uint8]:
    """A picture as the tower sees it."""
    return np.asarray(cv2.resize(picture, SMALL[aspect], interpolation=cv2.INTER_AREA), np.uint8)


def cell(view_x: float, view_y: float, table: Table, aspect: str) -> tuple[int, int]:
    """Row and column in which a point in units lies; points outside belong to the nearest."""
    rows, columns = grid(aspect)
    down = min(max(view_y / table.height, 0.0), 0.9999)
    across = min(max(view_x / table.width, 0.0), 0.9999)
    return int(down * rows), int(across * columns)


def label(view: View, table: Table, aspect: str) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """The cells and digits of a view; see `Pool`."""
    cells = np.zeros((*grid(aspect), len(KINDS)), np.int8)
    for thing in view.seen:
        cells[cell(thing.x, thing.y, table, aspect)] = (
            COLOURS.index(thing.colour) + 1,
            SHAPES.index(thing.shape) + 1,
            2 - thing.whole,
            COLOURS.index(thing.into) + 1 if thing.into else 0,
            1 + thing.gripped,
            1 + thing.touching,
        )
    value = view.panel.value if view.panel else None
    digits = (0, 0) if value is None else (value // 10 + 1, value % 10 + 1)
    return cells, np.array(digits, np.int8)


def draw_pools(seeds: Sequence[int], processes: int, folder: Path) -> dict[str, Pool]:
    """Pictures of every aspect, ten of each world; drawn once and kept in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    shares = np.cumsum(SHARES) * len(seeds)
    found, begin = {}, 0
    for aspect, stop in zip(ASPECTS, shares.round().astype(int), strict=True):
        path = folder / f'frames-{aspect.replace(":", "x")}.npz'
        if not path.is_file():
            jobs = [(seed, aspect) for seed in seeds[begin:stop]]
            drawn = spread(_draw, jobs, processes)
            frames, cells, digits = (np.concatenate(part) for part in zip(*drawn, strict=True))
            np.savez(path, frames=frames, cells=cells, digits=digits)
        begin = stop
        kept = np.load(path)
        found[aspect] = Pool(kept['frames'], kept['cells'], kept['digits'])
    return found


def spread(work: Callable[[Job], Done], jobs: Sequence[Job], processes: int) -> list[Done]:
    """Do jobs in processes, or here if there is but one."""
    if processes == 1:
        return [work(job) for job in jobs]
    # Fresh ones: a process that is forked while OpenCV or torch has threads can wait for ever.
    fresh = multiprocessing.get_context('spawn')
    with fresh.Pool(processes, cv2.setNumThreads, (1,)) as workers:
        return workers.map(work, jobs, chunksize=8)


def _draw(job: tuple[int, str]) -> tuple[NDArray[np.uint8], NDArray[np.int8], NDArray[np.int8]]:
    seed, aspect = job
    world = World(seed, *PICTURES[aspect])
    times = np.sort(np.random.default_rng([seed, 61]).uniform(0, _LONGEST, _TIMES))
    frames = [shrink(world.render(float(time)), aspect) for time in times]
    labels = [label(world.view(float(time)), world.script.table, aspect) for time in times]
    cells, digits = zip(*labels, strict=True)
    return np.stack(frames), np.stack(cells), np.stack(digits)
