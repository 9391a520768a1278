# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cases from drawn worlds, on seeds that no training uses.

Families come in turn, and every family comes in every aspect ratio.
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
"""Distance between the first worlds of two seeds: shorter runs never share a world."""
NEVER_FRAMES = 60
"""Longest stream in which one of 35 kinds of things can be relied on not to appear."""


@dataclass(frozen=True)
class SyntheticSettings:
    """Which episodes to draw.

    Attributes:
        seed: of the run, any integer.
        rate: frames per second.
        frames: per episode.
        families: only these; () = all, including instructions for things that never come.
        phrasings: of the instructions, restricting the families; None = those of training.
        regular: no jitter and no lost frames.
        complete: no lost frames, so that frames can be dropped afterwards.
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
        EvaluationError: a family is unknown, or a number is not positive.
        WorldError: a setting is invalid.
    """
    phrasings = settings.phrasings or FAMILIES
    known = [family for family in FAMILIES if family in phrasings]
    if any(family in phrasings for family in WAITING):
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
    """At least this many hours of streams in which nothing that is asked for happens.

    The streams have `NEVER_FRAMES` frames, whatever the settings say, and count only toward the
    false alarms: hours of silence would inflate the state metrics.
    """
    settings, k = replace(settings, frames=NEVER_FRAMES), 0
    while hours > 1e-9:
        case = _case(STRIDE // 2 + k, k, NEVER, settings)
        yield replace(case, alarms_only=True)
        hours, k = hours - case.hours, k + 1


def _case(k: int, turn: int, family: str, settings: SyntheticSettings) -> Case:
    seeds = SEEDS['evaluation']
    seed = seeds[(settings.seed * STRIDE + k) % len(seeds)]
    jitter = 0.0 if settings.regular else None
    sampling = EpisodeSampling(
        settings.frames, float(settings.rate), jitter, 0.0 if settings.complete else jitter
    )
    draw = partial(
        draw_episode, seed, family, sampling, ASPECTS[turn % len(ASPECTS)], settings.phrasings
    )
    episode = draw()
    rows = zip(episode.ticks, episode.states, episode.texts, strict=True)
    moments = tuple(Moment(tick, state, text) for tick, state, text in rows)
    return Case(f'{family}:{seed}', family, episode.instruction, moments, partial(_images, draw))


def _images(draw: partial[Episode]) -> Iterator[Image]:
    # Drawn again when the case is run: thousands of worlds do not fit into memory at once.
    episode = draw()
    for index in range(len(episode.times)):
        yield episode.render(index)
