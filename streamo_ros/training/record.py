# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A raw annotation in Streamo's schema: one video, its questions, and its timed answers.

Parses and validates the fields of the raw schema. Other datasets are first converted into this
schema by `annotations`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any
from typing import Literal
from typing import TypeVar

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.protocol import seconds_text
from streamo_ros.core.protocol import STATE_TAGS

Part = TypeVar('Part')


class AnnotationError(StreamoError, ValueError):
    """An annotation cannot be used; the message names the field and the reason."""


@dataclass(frozen=True)
class Problem:
    """One line of the drop report.

    Attributes:
        file: the annotation file.
        record: the record's name in the file, or its number.
        kind: 'record' was left out, a 'question' or an 'answer' of it was left out, or the record
            was 'changed' so that nothing is lost.
        why: one sentence.
    """

    file: str
    record: str
    kind: Literal['record', 'question', 'answer', 'changed']
    why: str


@dataclass(frozen=True)
class AnnotatedQuestion:
    """An instruction and when it is given, in seconds of the video."""

    text: str
    time: Fraction


@dataclass(frozen=True)
class AnnotatedAnswer:
    """An answer due after the event [start, end], or at `end` when `start` is None."""

    text: str
    start: Fraction | None
    end: Fraction


@dataclass(frozen=True)
class Annotation:
    """A validated annotation; times in seconds.

    Attributes:
        duration: length of the video according to the annotation; None if it has none.
        frames: length of the video in frames, if its times are frame numbers instead of seconds.
    """

    name: str
    video: str
    task: str
    source: str
    questions: tuple[AnnotatedQuestion, ...]
    answers: tuple[AnnotatedAnswer, ...]
    duration: Fraction | None = None
    frames: Fraction | None = None

    def in_seconds(self, duration: Fraction) -> Annotation:
        """The same with seconds instead of frame numbers, for a video of this length."""
        if self.frames is None:
            return self
        unit = duration / self.frames
        questions = (replace(each, time=each.time * unit) for each in self.questions)
        answers = (
            replace(each, start=each.start and each.start * unit, end=each.end * unit)
            for each in self.answers
        )
        return replace(self, questions=tuple(questions), answers=tuple(answers), frames=None)


def seconds(value: object) -> Fraction | None:
    """A time of the schema in seconds: a number, '5', '5.5', 'MM:SS' or 'HH:MM:SS'.

    Returns:
        None if the field is absent (None or an empty string).

    Raises:
        AnnotationError: it is not a time, not finite, or negative.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise AnnotationError(f'the time {value!r} is neither a number nor a string')
    if isinstance(value, float) and not math.isfinite(value):
        raise AnnotationError(f'the time {value!r} is not finite')
    try:
        parts = [Fraction(part.strip()) for part in str(value).split(':')]
    except (ValueError, ZeroDivisionError) as error:
        raise AnnotationError(f'the time {value!r} is not seconds, MM:SS or HH:MM:SS') from error
    if len(parts) > 3:
        raise AnnotationError(f'the time {value!r} is not seconds, MM:SS or HH:MM:SS')
    total = sum((part * 60**power for power, part in enumerate(reversed(parts))), Fraction(0))
    if min(parts) < 0:
        raise AnnotationError(f'the time {value!r} is negative')
    return total


def read_record(
    raw: object, file: str = '', label: str = ''
) -> tuple[Annotation | None, list[Problem]]:
    """Validate one raw record; invalid parts are reported and the rest is kept.

    Args:
        raw: a mapping in the raw schema: video_name, video_path, task_type, source, question
            [{content, time}], response [{content, st_time, end_time, time}], duration (optional),
            frames (optional: its times are frame numbers, of so many frames).
        file: the file it comes from, for the report.
        label: the record's label, for the report.

    Returns:
        The record (None if nothing in it is usable) and the problems found.
    """
    findings: list[Problem] = []

    def report(kind: Literal['question', 'answer'], number: int, why: str) -> None:
        findings.append(Problem(file, label, kind, f'{kind} {number}: {why}'))

    try:
        fields = _mapping(raw, 'the record')
        video = _video(fields)
        duration, frames = seconds(fields.get('duration')), seconds(fields.get('frames'))
        questions = _each(fields, 'question', _question, partial(report, 'question'))
        answers = _each(fields, 'response', _answer, partial(report, 'answer'))
        if not questions:
            raise AnnotationError('it has no usable question')
    except AnnotationError as error:
        return None, [*findings, Problem(file, label, 'record', str(error))]
    name = str(fields.get('video_name') or video)
    task, source = str(fields.get('task_type') or ''), str(fields.get('source') or '')
    return (
        Annotation(name, video, task, source, questions, answers, duration, frames),
        findings,
    )


def _each(
    fields: Mapping[str, Any],
    field: str,
    read: Callable[[Mapping[str, Any]], Part],
    report: Callable[[int, str], None],
) -> tuple[Part, ...]:
    entries = fields.get(field)
    if entries is None:
        raise AnnotationError(f'the field {field} is missing')
    if isinstance(entries, (str, bytes)) or not isinstance(entries, Sequence):
        raise AnnotationError(f'the field {field} is not a list')
    parts = []
    for number, entry in enumerate(entries, 1):
        try:
            parts.append(read(_mapping(entry, 'it')))
        except AnnotationError as error:
            report(number, str(error))
    return tuple(parts)


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise AnnotationError(f'{what} is not an object with named fields')
    return value


def _video(fields: Mapping[str, Any]) -> str:
    video = fields.get('video_path')
    if not isinstance(video, str) or not video.strip():
        raise AnnotationError('the field video_path is missing')
    return video


def _content(entry: Mapping[str, Any]) -> str:
    content = entry.get('content')
    if not isinstance(content, str) or not content.strip():
        raise AnnotationError('its content is missing')
    tag = next((tag for tag in STATE_TAGS.values() if tag in content), None)
    if tag:
        raise AnnotationError(f'its content contains the state tag {tag}')
    return content.strip()


def _question(entry: Mapping[str, Any]) -> AnnotatedQuestion:
    time = seconds(entry.get('time'))
    if time is None:
        raise AnnotationError('its time is missing')
    return AnnotatedQuestion(_content(entry), time)


def _answer(entry: Mapping[str, Any]) -> AnnotatedAnswer:
    text = _content(entry)
    start, end = seconds(entry.get('st_time')), seconds(entry.get('end_time'))
    if start is not None and end is not None:
        if end < start:
            raise AnnotationError(
                f'its interval is reversed: it ends at {seconds_text(end)} s and starts at '
                f'{seconds_text(start)} s'
            )
        return AnnotatedAnswer(text, start, end)
    time = seconds(entry.get('time'))
    if time is None:
        raise AnnotationError('it has neither a time nor both st_time and end_time')
    return AnnotatedAnswer(text, None, time)
