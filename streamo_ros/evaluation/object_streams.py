# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cases from simulated streams of detections, on seeds that no training uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np

from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.protocol import seconds_text
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case import FIRST_STAMP
from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.case import Moment
from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.objects.instruction import draw_instruction
from streamo_ros.worlds.objects.labels import Labels
from streamo_ros.worlds.objects.scenario import draw_scenario
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.tasks import label_stream
from streamo_ros.worlds.objects.tasks import QUESTIONS
from streamo_ros.worlds.objects.tasks import TASKS
from streamo_ros.worlds.objects.tasks import WAITING

NEVER = 'never'
"""Family of streams in which what is waited for never comes."""
FAMILIES = (*TASKS, NEVER)
RATE = Fraction(2)
"""Frames per second of the streams."""
_SEED = 7_000_000
"""Training draws from generators of other lengths of seeds, so any number will do."""
_ATTEMPTS = 12
_QUIET = 0.2


@dataclass(frozen=True)
class ObjectSettings:
    """Which streams to draw.

    Attributes:
        seed: of the run, any integer.
        frames: per stream.
        families: only these; () = all.
        held_out: use wordings that training never uses.
    """

    seed: int = 0
    frames: int = 40
    families: tuple[str, ...] = ()
    held_out: bool = False


@dataclass(frozen=True)
class ObjectCase:
    """A case and what is behind it.

    Attributes:
        case: the case.
        task: the family that labeled it.
        subject: what its instruction is about.
        stream: what is seen.
    """

    case: Case
    task: str
    subject: Subject
    stream: Stream


def object_cases(count: int, settings: ObjectSettings) -> Iterator[ObjectCase]:
    """Cases of all families in turn.

    Raises:
        EvaluationError: a family is unknown, or a number is not positive.
    """
    families = settings.families or FAMILIES
    if set(families) - set(FAMILIES) or settings.frames < 4:
        raise EvaluationError(
            f'--frames must be at least 4 and --family one of {", ".join(FAMILIES)}'
        )
    for number in range(count):
        yield draw_case(families[number % len(families)], number, settings)


def draw_case(family: str, number: int, settings: ObjectSettings) -> ObjectCase:
    """One case; four in five contain an answer.

    Args:
        family: one of `FAMILIES`.
        number: of the case.
        settings: which streams to draw.
    """
    rng = np.random.default_rng([_SEED, settings.seed, number])
    never = family == NEVER
    task = pick(rng, WAITING) if never else family
    quiet = not never and rng.random() < _QUIET
    tags = [k / RATE for k in range(settings.frames)]
    starts = [seconds_text(tag) for tag in tags]
    for _ in range(_ATTEMPTS):
        scenario = draw_scenario(task, settings.frames, rng, absent=never)
        subject, text = draw_instruction(task, scenario.subject, rng, held_out=settings.held_out)
        labels = label_stream(task, subject, scenario.stream, 0, starts)
        if labels.fires != never or quiet:
            break
    case = Case(
        f'{family}:{settings.seed}:{number}',
        family,
        text,
        tuple(_moments(labels, tags)),
        partial(detections_of, scenario.stream),
        standing=_standing(labels) if task in QUESTIONS else (),
    )
    return ObjectCase(case, task, subject, scenario.stream)


def _standing(labels: Labels) -> tuple[str, ...]:
    """The answer that should stand at each moment; '' where nobody could know."""
    standing, last = list[str](), ''
    for label, doubt in zip(labels.labels, labels.doubt.tolist(), strict=True):
        last = label.text or last
        standing.append('' if doubt else last)
    return tuple(standing)


def _moments(labels: Labels, tags: list[Fraction]) -> Iterator[Moment]:
    for number, (label, doubt, tag) in enumerate(
        zip(labels.labels, labels.doubt.tolist(), tags, strict=True)
    ):
        stamp = FIRST_STAMP + round(tag * SECOND)
        tick = Tick(stamp, tag, tag + 1 / RATE, number, 1)
        first = labels.begun.get(number, number)
        begun = float(tags[first]) if first < number else None
        yield Moment(tick, label.state, label.text, not doubt, begun)


def detections_of(stream: Stream) -> Iterator[Image]:
    """The detections of each frame, as the engine takes them in place of a picture."""
    for kind, box, color in zip(stream.kind, stream.box, stream.color, strict=True):
        yield np.concatenate((kind[:, None], box, color), 1).astype(np.float32)
