# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cases out of drawn worlds, on seeds that no training uses.

Knows which episodes are drawn: families in turn, every aspect with every family. What happens in
them, and what is due, is the worlds' own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from functools import partial

from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.case import Moment
from streamo_ros.worlds.episode import draw_episode
from streamo_ros.worlds.episode import Episode
from streamo_ros.worlds.episode import EpisodeSampling
from streamo_ros.worlds.episode import SEEDS
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import Phrasings
from streamo_ros.worlds.tasks import WAITING

NEVER = 'never'
ASPECTS = ('4:3', '16:9', '4:3', '1:1')
STRIDE = 1_000_003
"""Worlds between the first ones of two seeds: a run of fewer episodes meets no other's."""
NEVER_FRAMES = 60
"""Longest stream in which a thing of 35 kinds can be relied on not to come."""


@dataclass(frozen=True)
class SyntheticSettings:
    """Which episodes.

    Attributes:
        seed: of the run, any integer.
        rate: frames a second.
        frames: of an episode.
        families: only these; () = all, and instructions that wait in vain.
        phrasings: of the instructions, and of no other families; None: what training says.
        regular: no jitter and no lost frames.
        complete: no lost frames, so that they may be lost afterwards.
    """

    seed: int = 0
    rate: Fraction = Fraction(1)
    frames: int = 24
    families: tuple[str, ...] = ()
    phrasings: Phrasings | None = None
    regular: bool = False
    complete: bool = False


def synthetic_cases(count: int, settings: SyntheticSettings) -> Iterator[Case]:
    """Cases of all families in turn.

    Raises:
        EvaluationError: there is no such family, or a number is not positive.
        WorldError: the worlds refuse a setting.
    """
    phrasings = settings.phrasings or FAMILIES
    known = [one for one in FAMILIES if one in phrasings]
    if any(one in phrasings for one in WAITING):
        known.append(NEVER)
    unknown = sorted(set(settings.families) - set(known))
    if unknown or settings.frames < 1:
        raise EvaluationError(f'--frames must be above 0 and --family one of {", ".join(known)}')
    families = settings.families or known
    for k in range(count):
        cycle, place = divmod(k, len(families))
        family = families[place]
        frames = settings.frames if family != NEVER else min(settings.frames, NEVER_FRAMES)
        yield _case(k, cycle + place, family, replace(settings, frames=frames))


def never_cases(hours: float, settings: SyntheticSettings) -> Iterator[Case]:
    """At least so many hours of stream in which nothing that is asked for comes.

    The streams are of `NEVER_FRAMES` frames, whatever the settings say, and count for the false
    alarms alone: hours of silence would hide what the states of other streams are worth.
    """
    settings, k = replace(settings, frames=NEVER_FRAMES), 0
    while hours > 1e-9:
        case = _case(STRIDE // 2 + k, k, NEVER, settings)
        yield replace(case, alarms_only=True)
        hours, k = hours - case.hours, k + 1


def _case(k: int, turn: int, family: str, settings: SyntheticSettings) -> Case:
    seeds = SEEDS['evaluation']
    seed = seeds[(settings.seed * STRIDE + k) % len(seeds)]
    still = 0.0 if settings.regular else None
    sampling = EpisodeSampling(
        settings.frames, float(settings.rate), still, 0.0 if settings.complete else still
    )
    draw = partial(
        draw_episode, seed, family, sampling, ASPECTS[turn % len(ASPECTS)], settings.phrasings
    )
    episode = draw()
    rows = zip(episode.ticks, episode.states, episode.texts, strict=True)
    moments = tuple(Moment(tick, state, text) for tick, state, text in rows)
    return Case(f'{family}:{seed}', family, episode.instruction, moments, partial(_images, draw))


def _images(draw: partial[Episode]) -> Iterator[Image]:
    # Drawn again when it is watched: thousands of worlds do not fit into memory side by side.
    episode = draw()
    for index in range(len(episode.times)):
        yield episode.render(index)
