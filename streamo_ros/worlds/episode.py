# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An episode: a clip of a world, an instruction, and the expected decision at every sampled frame.

The seed determines everything; the seeds of training, validation and evaluation never overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.protocol import seconds_text
from streamo_ros.core.protocol import State
from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import phrase
from streamo_ros.worlds.phrasing import Phrasings
from streamo_ros.worlds.phrasing import PLAIN
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.script import Pace
from streamo_ros.worlds.shapes import Picture
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.tasks import draw_look
from streamo_ros.worlds.tasks import label_views
from streamo_ros.worlds.tasks import Look
from streamo_ros.worlds.tasks import WAITING
from streamo_ros.worlds.world import World

SEEDS = {
    'demo': range(1_000_000),
    'evaluation': range(1_000_000, 50_000_000),
    'training': range(50_000_000, 90_000_000),
    'validation': range(90_000_000, 100_000_000),
}
"""Seeds of the worlds for each purpose."""
PICTURES = {'4:3': (320, 240), '16:9': (384, 216), '1:1': (272, 272)}
"""Width and height in pixels of the pictures of each aspect ratio."""
JITTER = 0.4
"""Maximum delay of a frame from a jittery camera, in frame intervals."""
DROP = 0.2
"""Share of its frames that a lossy camera drops."""
FIRST_STAMP = 1000 * SECOND
_NEVER = 'never'
_ATTEMPTS = 6
_QUIET = 0.2
"""Share of episodes that need not contain an answer."""
_CLIPS = 12
"""Clips of a world that are searched for an answer."""
_PACES = {'number': Pace(panel=1.0), 'touch': Pace(wall=1.0)}
"""Without a display or a wall there is nothing to answer."""


@dataclass(frozen=True)
class EpisodeSampling:
    """When the frames of an episode are taken.

    Attributes:
        frames: number of sampled frames, including dropped ones.
        rate: frames per second.
        jitter: maximum delay of a frame, in intervals; None: sometimes `JITTER`, as in training.
        drop: share of frames dropped; None: sometimes `DROP`, as in training.
    """

    frames: int = 24
    rate: float = 1.0
    jitter: float | None = None
    drop: float | None = None

    def __post_init__(self) -> None:
        if self.frames < 1 or self.rate <= 0:
            raise WorldError('an episode needs at least one frame and a rate greater than 0')
        if not 0 <= (self.jitter or 0) < 1 or not 0 <= (self.drop or 0) < 1:
            raise WorldError('jitter and drop must be in [0, 1)')


@dataclass(frozen=True)
class Episode:
    """One instruction, given with the first frame of a clip.

    Attributes:
        seed: seed of the world.
        family: one of `phrasing.FAMILIES`, or 'never': what it waits for never happens.
        instruction: the text.
        look: color and shape that the instruction names; '' for none.
        times: times of the frames in the world, in seconds.
        ticks: ticks of the frames; their tags count from the first one.
        states: the expected decision at each frame.
        texts: the expected answer at each frame; '' where the state is not Response.
        world: where it takes place.
    """

    seed: int
    family: str
    instruction: str
    look: Look
    times: tuple[float, ...]
    ticks: tuple[Tick, ...]
    states: tuple[State, ...]
    texts: tuple[str, ...]
    world: World

    def render(self, index: int) -> Picture:
        """A frame; uint8 RGB of shape (height, width, 3)."""
        return self.world.render(self.times[index])

    def view(self, index: int) -> View:
        """What a frame shows."""
        return self.world.view(self.times[index])


def draw_episode(
    seed: int,
    family: str | None = None,
    sampling: EpisodeSampling | None = None,
    aspect: str | None = None,
    phrasings: Phrasings | None = None,
    never: bool = False,
) -> Episode:
    """Draw an episode; four in five contain an answer, unless `never`.

    Args:
        seed: determines everything, together with the other arguments.
        family: task family; None: any; 'never' means `never` with any family.
        sampling: when frames are taken.
        aspect: one of `PICTURES`; None: any, 4:3 as often as the others combined.
        phrasings: texts to choose the instruction from; None: those of the training.
        never: what the instruction waits for does not happen.

    Raises:
        WorldError: there is no such family or aspect ratio; or `never` is requested for a family
            or phrasings that do not wait for anything.
    """
    sampling, rng = sampling or EpisodeSampling(), np.random.default_rng([seed, 31])
    never = never or family == _NEVER
    family = None if family == _NEVER else family
    families = _families(phrasings, never)
    if family is not None and family not in families:
        kind = 'family that waits for an event' if never else 'task family'
        raise WorldError(f'unknown {kind} {family!r}: choose from {", ".join(families)}')
    aspect = aspect or ('4:3', '4:3', '16:9', '1:1')[seed % 4]
    if aspect not in PICTURES:
        raise WorldError(f'unknown aspect ratio {aspect!r}: choose from {", ".join(PICTURES)}')
    family = family or pick(rng, families)
    eventful = not never and rng.random() >= _QUIET
    world = World(seed, *PICTURES[aspect], _PACES.get(family) if eventful else None)
    times, ticks = _sample(sampling, rng)
    length = sampling.frames / sampling.rate
    for attempt in range(_CLIPS):
        shifted = tuple(time + attempt * length for time in times)
        views = [world.view(time) for time in shifted]
        text, look, labels = _instruct(family, views, ticks, rng, phrasings, never)
        if not eventful or any(label.state is State.RESPONSE for label in labels):
            break
    return Episode(
        seed,
        _NEVER if never else family,
        text,
        look,
        shifted,
        ticks,
        tuple(label.state for label in labels),
        tuple(label.text for label in labels),
        world,
    )


def _families(phrasings: Phrasings | None, never: bool) -> list[str]:
    """The families to choose from.

    Raises:
        WorldError: there are none.
    """
    families = [
        family for family in (WAITING if never else FAMILIES) if family in (phrasings or FAMILIES)
    ]
    if not families:
        raise WorldError(
            f'no phrasing waits for an event: provide phrasings of one of {", ".join(WAITING)}'
        )
    return families


def _sample(
    sampling: EpisodeSampling, rng: np.random.Generator
) -> tuple[tuple[float, ...], tuple[Tick, ...]]:
    """Times in the world, and ticks whose tags count from the first frame."""
    count, rate = sampling.frames, Fraction(sampling.rate).limit_denominator(1000)
    jitter = sampling.jitter
    if jitter is None:
        jitter = JITTER if rng.random() < 0.4 else 0.0
    drop = sampling.drop
    if drop is None:
        drop = DROP if rng.random() < 0.25 else 0.0
    delays = rng.uniform(0, 1, count) * jitter
    start = float(rng.uniform(0, 4))
    kept = [k for k in range(count) if k == 0 or rng.random() >= drop]
    times = tuple(start + (k + float(delays[k])) / float(rate) for k in kept)
    ticks = tuple(
        Tick(FIRST_STAMP + round((time - times[0]) * SECOND), k / rate, (k + 1) / rate, index, 1)
        for index, (k, time) in enumerate(zip(kept, times, strict=True))
    )
    return times, ticks


def _instruct(
    family: str,
    views: Sequence[View],
    ticks: Sequence[Tick],
    rng: np.random.Generator,
    phrasings: Phrasings | None,
    never: bool,
) -> tuple[str, Look, list[Label]]:
    """An instruction, its look and its labels.

    Tries to find one with an answer in these views, or if `never` one without; gives up on the
    former after a few attempts.
    """
    attempt = 0
    while True:
        look = draw_look(family, views, rng)
        text = phrase(family, rng, *look, phrasings=phrasings)
        if family == 'recolour' and look[1] not in text:
            look = '', ''
        labels = label_views(family, look, views, [seconds_text(tick.start) for tick in ticks])
        answered = any(label.state is State.RESPONSE for label in labels)
        attempt += 1
        if never and not answered:
            return text, look, labels
        if not never and (answered or attempt == _ATTEMPTS):
            return text, look, labels


def suggested_instructions(world: World, seconds: float = 60.0, rate: float = 1.0) -> list[str]:
    """Instructions that all have an answer in the first seconds of a world.

    Args:
        world: the world.
        seconds: how many seconds to consider.
        rate: frames per second.

    Returns:
        At most one instruction per family, in the order of `phrasing.FAMILIES`.
    """
    views = [world.view(k / rate) for k in range(int(seconds * rate))]
    starts = [seconds_text(Fraction(k) / Fraction(rate)) for k in range(len(views))]
    rng, instructions = np.random.default_rng([41]), []
    for family in FAMILIES:
        for _ in range(_ATTEMPTS * 4):
            look = draw_look(family, views, rng)
            text = phrase(family, rng, *look, phrasings=PLAIN)
            look = ('', '') if family == 'recolour' and look[1] not in text else look
            labels = label_views(family, look, views, starts)
            if any(label.state is State.RESPONSE for label in labels):
                instructions.append(text)
                break
    return instructions
