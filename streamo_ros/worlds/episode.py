# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An episode: a stretch of a world, an instruction, and what is due at every sampled frame.

Knows sampling times, instructions and labels together. Knows no model. Everything follows from
the seed; the seeds of training, validation and evaluation never meet.
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
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import phrase
from streamo_ros.worlds.phrasing import Phrasings
from streamo_ros.worlds.phrasing import PLAIN
from streamo_ros.worlds.render import Picture
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import WorldError
from streamo_ros.worlds.script import Pace
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
"""Seeds of the worlds of each purpose."""
PICTURES = {'4:3': (320, 240), '16:9': (384, 216), '1:1': (272, 272)}
"""Width and height in pixels of the pictures of each aspect."""
JITTER = 0.4
"""Most that a frame of a jittery camera comes late, in frame intervals."""
DROP = 0.2
"""Share of its frames that a bad camera loses."""
FIRST_STAMP = 1000 * SECOND
_NEVER = 'never'
_ATTEMPTS = 6
_QUIET = 0.2
"""Share of episodes in which nothing needs to be due."""
_STRETCHES = 12
"""Stretches of a world that are searched for something that is due."""
_PACES = {'number': Pace(panel=1.0), 'touch': Pace(wall=1.0)}
"""Worlds without a panel or a wall answer nothing."""


@dataclass(frozen=True)
class EpisodeSampling:
    """When the frames of an episode are taken.

    Attributes:
        frames: sampled frames, the lost ones included.
        rate: frames a second.
        jitter: most that a frame comes late, in intervals; None: now and then, as in training.
        drop: share of frames lost; None: now and then, as in training.
    """

    frames: int = 24
    rate: float = 1.0
    jitter: float | None = None
    drop: float | None = None

    def __post_init__(self) -> None:
        if self.frames < 1 or self.rate <= 0:
            raise WorldError('an episode needs at least one frame and a rate above 0')
        if not 0 <= (self.jitter or 0) < 1 or not 0 <= (self.drop or 0) < 1:
            raise WorldError('jitter and drop must be in [0, 1)')


@dataclass(frozen=True)
class Episode:
    """One instruction, given with the first frame of a stretch of a world.

    Attributes:
        family: one of `phrasing.FAMILIES`, or 'never': what is asked for does not come.
        look: colour and shape that the instruction names; '' for none.
        times: of the frames, seconds of the world.
        ticks: of the frames; tags count from the first one.
        states: the decision due at each frame.
        texts: the answer due; '' where the state is not Response.
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
    """Draw an episode; in four of five something is due, unless `never`.

    Args:
        seed: everything follows from it, together with the other arguments.
        family: kind of task; None: any; 'never' is `never` with any family.
        sampling: when frames are taken.
        aspect: one of `PICTURES`; None: any, 4:3 as often as the others together.
        phrasings: to choose the instruction from; None: what training says.
        never: what the instruction waits for does not come.

    Raises:
        WorldError: there is no such family or aspect, or the family, or all that there are
            phrasings of, does not wait for anything and `never` is asked for.
    """
    sampling, draw = sampling or EpisodeSampling(), np.random.default_rng([seed, 31])
    never = never or family == _NEVER
    family = None if family == _NEVER else family
    families = [one for one in (WAITING if never else FAMILIES) if one in (phrasings or FAMILIES)]
    if not families:
        raise WorldError(f'no phrasing waits for anything: give one of {", ".join(WAITING)}')
    if family is not None and family not in families:
        in_vain = ' that waits in vain' if never else ''
        raise WorldError(
            f'there is no family {family!r}{in_vain}: choose from {", ".join(families)}'
        )
    aspect = aspect or ('4:3', '4:3', '16:9', '1:1')[seed % 4]
    if aspect not in PICTURES:
        raise WorldError(f'there is no aspect {aspect!r}: choose from {", ".join(PICTURES)}')
    family = family or _any(draw, families)
    eventful = not never and draw.random() >= _QUIET
    world = World(seed, *PICTURES[aspect], _PACES.get(family) if eventful else None)
    times, ticks = _sample(sampling, draw)
    length = sampling.frames / sampling.rate
    for attempt in range(_STRETCHES):
        moved = tuple(time + attempt * length for time in times)
        views = [world.view(time) for time in moved]
        text, look, labels = _instruct(family, views, ticks, draw, phrasings, never)
        if not eventful or any(label.state is State.RESPONSE for label in labels):
            break
    return Episode(
        seed,
        _NEVER if never else family,
        text,
        look,
        moved,
        ticks,
        tuple(label.state for label in labels),
        tuple(label.text for label in labels),
        world,
    )


def _sample(
    sampling: EpisodeSampling, draw: np.random.Generator
) -> tuple[tuple[float, ...], tuple[Tick, ...]]:
    """Times in the world, and ticks that count from the first frame."""
    count, rate = sampling.frames, Fraction(sampling.rate).limit_denominator(1000)
    jitter = sampling.jitter
    if jitter is None:
        jitter = JITTER if draw.random() < 0.4 else 0.0
    drop = sampling.drop
    if drop is None:
        drop = DROP if draw.random() < 0.25 else 0.0
    late = draw.uniform(0, 1, count) * jitter
    begin = float(draw.uniform(0, 4))
    kept = [k for k in range(count) if k == 0 or draw.random() >= drop]
    times = tuple(begin + (k + float(late[k])) / float(rate) for k in kept)
    ticks = tuple(
        Tick(FIRST_STAMP + round((time - times[0]) * SECOND), k / rate, (k + 1) / rate, index, 1)
        for index, (k, time) in enumerate(zip(kept, times, strict=True))
    )
    return times, ticks


def _instruct(
    family: str,
    views: Sequence[View],
    ticks: Sequence[Tick],
    draw: np.random.Generator,
    phrasings: Phrasings | None,
    never: bool,
) -> tuple[str, Look, list[Label]]:
    """An instruction to which something happens in these views, if that can be had; or nothing."""
    attempt = 0
    while True:
        look = draw_look(family, views, draw)
        text = phrase(family, draw, *look, phrasings=phrasings)
        if family == 'recolour' and look[1] not in text:
            look = '', ''
        labels = label_views(family, look, views, [seconds_text(tick.start) for tick in ticks])
        fires = any(label.state is State.RESPONSE for label in labels)
        attempt += 1
        if never and not fires:
            return text, look, labels
        if not never and (fires or attempt == _ATTEMPTS):
            return text, look, labels


def suggested_instructions(world: World, seconds: float = 60.0, rate: float = 1.0) -> list[str]:
    """Instructions that all have something to answer in the first seconds of a world.

    Args:
        world: the world.
        seconds: length of the stretch.
        rate: frames a second.

    Returns:
        At most one instruction of each family, in the order of `phrasing.FAMILIES`.
    """
    views = [world.view(k / rate) for k in range(int(seconds * rate))]
    starts = [seconds_text(Fraction(k) / Fraction(rate)) for k in range(len(views))]
    draw, found = np.random.default_rng([41]), []
    for family in FAMILIES:
        for _ in range(_ATTEMPTS * 4):
            look = draw_look(family, views, draw)
            text = phrase(family, draw, *look, phrasings=PLAIN)
            look = ('', '') if family == 'recolour' and look[1] not in text else look
            labels = label_views(family, look, views, starts)
            if any(label.state is State.RESPONSE for label in labels):
                found.append(text)
                break
    return found


def _any(draw: np.random.Generator, words: Sequence[str]) -> str:
    return words[int(draw.integers(len(words)))]
