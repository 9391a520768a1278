# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is measured, in order of value: shapes, camera views, lanes and contexts.

Knows names and sizes and how long a row may take; measures nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

ENGINE, DYNAMIC, STATIC, REPREFILL, FLAT, VLLM = (
    'engine',
    'DynamicCache',
    'StaticCache',
    're-prefill',
    'flat',
    'vLLM',
)
INT8, FLOAT8, FOUR_BIT = 'engine, int8 window', 'engine, float8 window', 'engine, 4-bit weights'
WINDOWS = {INT8: 'int8', FLOAT8: 'float8'}
"""`context.dtype` of the rows that have another window than the passes' format."""
VARIANTS = (INT8, FLOAT8, FOUR_BIT)
"""Kinds of rows whose engine is built otherwise; goals and peers are the plain engine's."""
BUILD = 6
"""Seconds that a model takes until it can be measured, on an H100."""
PEERS = (DYNAMIC, STATIC, REPREFILL, VLLM)
"""Kinds of rows that the engine is compared with."""


@dataclass(frozen=True)
class CameraView:
    """What the camera gives and what the model sees of it.

    Attributes:
        name: in the table.
        camera: (width, height) of a camera frame in pixels.
        max_pixels: largest area that the model sees.
    """

    name: str
    camera: tuple[int, int]
    max_pixels: int


SQUARE = CameraView('448x448', (448, 448), 448 * 448)
DEFAULT = CameraView('default', (640, 480), 100352)
"""The node's default: a VGA camera, resized to Streamo's frame area."""


@dataclass(frozen=True)
class Job:
    """One row.

    Attributes:
        kind: what is measured, one of the names above.
        shape: a name of `random_weights.SHAPES`.
        lanes: instructions that watch.
        context: tokens of a lane at which it is measured, about.
        seconds: that it may take on an H100 when its model is there; rows that would not fit into
            what is left are not begun.
        capacity: tokens of a slot of the engine; 0 = the node's default.
        slots: lanes that the engine is built with.
        frames: frames of a flat run; 0 for other rows.
    """

    kind: str
    shape: str
    view: CameraView
    lanes: int
    context: int
    seconds: float
    capacity: int = 0
    slots: int = 1
    frames: int = 0

    @property
    def variant(self) -> str:
        """How its engine differs; '' = it is the plain one."""
        return self.kind if self.kind in VARIANTS else ''

    @property
    def model(self) -> tuple[str, str, str, bool]:
        """What has to be built for it; the same for rows that share a model."""
        return self.shape, self.view.name, self.variant, self.kind in PEERS

    @property
    def name(self) -> str:
        """How the row is found again."""
        return f'{self.shape} {self.view.name} x{self.lanes} {self.context} {self.kind}'


@dataclass(frozen=True)
class Scale:
    """Sizes of a whole run."""

    shapes: tuple[str, ...]
    views: tuple[CameraView, CameraView]
    lanes: tuple[int, ...]
    contexts: tuple[int, int, int]
    capacity: int
    frames: int

    @property
    def slots(self) -> int:
        """Lanes that an engine is built with."""
        return max(self.lanes)


FULL = Scale(
    shapes=('qwen2.5-vl-7b', 'qwen2.5-vl-3b', 'qwen3-vl-8b', 'qwen3-vl-4b'),
    views=(SQUARE, DEFAULT),
    lanes=(1, 4, 8),
    contexts=(1_000, 8_000, 20_000),
    capacity=20_480,
    frames=10_000,
)
SMALL = Scale(
    shapes=('tiny', 'tiny-qwen3'),
    views=(
        CameraView('112x112', (112, 112), 112 * 112),
        CameraView('default', (160, 120), 12_544),
    ),
    lanes=(1, 2),
    contexts=(600, 700, 800),
    capacity=1_024,
    frames=64,
)
"""Seconds on a CPU: shows that everything runs, and nothing else."""


def make_plan(scale: Scale) -> list[Job]:
    """All rows of a run, the most valuable first; the first two shapes matter most.

    Rows of one engine stand together where that costs no value: building one takes seconds.
    """
    first, second, *others = scale.shapes
    _, middle, _ = scale.contexts
    jobs = [*_headline(scale, first), *_headline(scale, second)]
    for shape in (second, first):
        jobs += [*_lanes(scale, shape, middle), *_contexts(scale, shape), *_late(scale, shape)]
    jobs += _variants(scale, first)
    for shape in others:
        jobs += [*_headline(scale, shape), *_lanes(scale, shape, middle)]
    jobs += [_peer(scale, VLLM, first, middle)]
    for shape in scale.shapes:
        jobs += _rest(scale, shape)
    return list(dict.fromkeys(jobs))


def _engine(
    scale: Scale, shape: str, view: CameraView, lanes: int, context: int, kind: str = ENGINE
) -> Job:
    seconds = 2 + lanes * context / 12_000  # filling the lanes is most of it
    return Job(kind, shape, view, lanes, context, seconds, scale.capacity, scale.slots)


def _peer(scale: Scale, kind: str, shape: str, context: int) -> Job:
    return Job(kind, shape, scale.views[0], 1, context, 60 if kind == VLLM else 4)


def _headline(scale: Scale, shape: str) -> Iterator[Job]:
    """One lane at the middle context, and the loops beside it."""
    context = scale.contexts[1]
    yield _engine(scale, shape, scale.views[0], 1, context)
    for kind in PEERS[:3]:
        yield _peer(scale, kind, shape, context)


def _lanes(scale: Scale, shape: str, context: int) -> Iterator[Job]:
    """Many lanes, most of them first."""
    for lanes in sorted(scale.lanes, reverse=True):
        yield _engine(scale, shape, scale.views[0], lanes, context)


def _contexts(scale: Scale, shape: str) -> Iterator[Job]:
    """One lane at the other contexts."""
    short, _, long = scale.contexts
    for context in (long, short):
        yield _engine(scale, shape, scale.views[0], 1, context)


def _late(scale: Scale, shape: str) -> Iterator[Job]:
    """The node's default view, and whether a late frame costs what an early one did."""
    view, middle = scale.views[1], scale.contexts[1]
    yield _engine(scale, shape, view, 1, middle)
    yield _engine(scale, shape, view, scale.slots, middle)
    yield Job(FLAT, shape, view, 1, 0, 40, scale.capacity, scale.slots, frames=scale.frames)


def _variants(scale: Scale, shape: str) -> Iterator[Job]:
    """Windows of eight bits and weights of four, where they matter most: many lanes, and one."""
    for kind in (FOUR_BIT, INT8, FLOAT8):
        for lanes in (1, scale.slots):
            yield _engine(scale, shape, scale.views[0], lanes, scale.contexts[1], kind)


def _rest(scale: Scale, shape: str) -> Iterator[Job]:
    """Every other place."""
    short, middle, long = scale.contexts
    for context in (long, short):
        yield from _lanes(scale, shape, context)
    for kind in PEERS[:3]:
        yield _peer(scale, kind, shape, long)
    for context in (middle, long, short):
        for lanes in (1, scale.slots):
            yield _engine(scale, shape, scale.views[1], lanes, context)
