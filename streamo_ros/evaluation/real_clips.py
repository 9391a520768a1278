# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cases from real video with truth about what comes, goes and stays in it.

Beside each clip NAME.mp4 lies NAME.json; docs/evaluation.md says what it holds. Every class with
tracks is asked for, and every class that surely never appears must raise no alarm.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from streamo_ros.core.errors import one_line
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case import FIRST_STAMP
from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.case import Moment
from streamo_ros.training.video_frames import frames_at
from streamo_ros.training.video_frames import sample_video
from streamo_ros.worlds.objects import answers
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.subject import Subject

REAL_TOLERANCE = 1.5
"""Seconds between an event and what is said of it: a thing half in the picture is an opinion."""
RATE = Fraction(2)
_SETTLED = 1.0
"""Seconds after which a new number must have been said."""
_INDEX = {kind.name: kind.index for kind in KINDS}


@dataclass(frozen=True)
class RealClip:
    """A clip with its truth.

    Attributes:
        path: of the video.
        truth: the content of the JSON file.
        times: capture times of its frames at the sampling rate, in seconds of the video.
    """

    path: Path
    truth: Mapping[str, Any]
    times: tuple[Fraction, ...]

    def images(self) -> Iterable[Image]:
        """Its frames, uint8, shape (height, width, 3)."""
        return frames_at(self.path, self.times)


def read_clips(folder: Path) -> list[RealClip]:
    """All clips of a folder.

    Raises:
        EvaluationError: there is none, or a file is not what it should be.
        AnnotationError: a video cannot be read.
    """
    clips = []
    for path in sorted(folder.glob('*.json')):
        video = path.with_suffix('.mp4')
        if not video.is_file():
            raise EvaluationError(f'{path} has no {video.name} beside it: add the video')
        truth = read_tracks(path)
        times = tuple(time for _, time in sorted(sample_video(video, RATE).times.items()))
        clips.append(RealClip(video, truth, times))
    if not clips:
        raise EvaluationError(f'{folder} has no NAME.json beside a NAME.mp4: give another folder')
    return clips


def read_tracks(path: Path) -> dict[str, Any]:
    """The truth about one clip.

    Raises:
        EvaluationError: the file is not what it should be.
    """
    text = path.read_text(encoding='utf-8')
    try:
        truth: dict[str, Any] = json.loads(text)
        _check(truth)
    except _UnknownClassError as error:
        line = text[: text.find(f'"{error}"')].count('\n') + 1
        raise EvaluationError(
            f'{path}, line {line}: {str(error)!r} is none of the 80 kinds: give a COCO name'
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f'{path} is not a truth file ({one_line(error)}): fix it') from error
    return truth


class _UnknownClassError(ValueError):
    """A class that is none of the 80 kinds; its text is the class."""


def _check_class(name: Any) -> None:
    if name not in _INDEX:
        raise _UnknownClassError(name)


def _check(truth: Mapping[str, Any]) -> None:
    for track in truth['tracks']:
        float(track['start_s']), float(track['end_s']), str(track['enters'] + track['leaves'])
        _check_class(track['class'])
    for stretch in truth.get('counts', []):
        float(stretch['from_s']), float(stretch['to_s']), int(stretch['count'])
        _check_class(stretch['class'])
    for stretch in truth.get('unsure', []):
        float(stretch['from_s']), float(stretch['to_s']), str(stretch['class'])
    for name in truth.get('absent', []):
        _check_class(name)


def clip_cases(clip: RealClip) -> Iterator[Case]:
    """The cases of a clip, all with the same moments and images."""
    names = sorted({track['class'] for track in clip.truth['tracks']})
    for name in names:
        for family in ('appear', 'leave'):
            yield _events(clip, name, family)
    for name in sorted({stretch['class'] for stretch in clip.truth.get('counts', [])}):
        yield _count(clip, name)
    for name in clip.truth.get('absent', []):
        moments = tuple(_moment(number) for number in range(len(clip.times)))
        yield _case(clip, 'never', name, question('never', name), moments, alarms_only=True)


def question(family: str, name: str) -> str:
    """The instruction of a family (appear, leave, count or never) for a class."""
    word = KINDS[_INDEX[name]].word
    return {
        'leave': f'tell me when the {name} leaves',
        'count': f'how many {word.many} are there? tell me again when it changes',
    }.get(family, f'tell me when {word.article}{name} appears')


def _case(
    clip: RealClip,
    family: str,
    name: str,
    text: str,
    moments: tuple[Moment, ...],
    *,
    alarms_only: bool = False,
    standing: tuple[str, ...] = (),
) -> Case:
    title = f'{clip.path.stem}: {family} {name}'
    sizes = [track.get('large', False) for track in clip.truth['tracks'] if track['class'] == name]
    large = bool(sizes) and all(sizes)
    return Case(title, family, text, moments, clip.images, alarms_only, standing, name, large)


def _moment(
    number: int, state: State = State.SILENCE, text: str = '', scored: bool = True
) -> Moment:
    start = number / RATE
    tick = Tick(FIRST_STAMP + round(start * SECOND), start, start + 1 / RATE, number, 1)
    return Moment(tick, state, text, scored)


def _unsure(clip: RealClip, name: str) -> list[bool]:
    """Whether each moment must not be scored for a class."""
    stretches = [row for row in clip.truth.get('unsure', []) if row['class'] == name]
    return [
        any(
            row['from_s'] - 0.25 <= float(number / RATE) <= row['to_s'] + 0.25 for row in stretches
        )
        for number in range(len(clip.times))
    ]


def _events(clip: RealClip, name: str, family: str) -> Case:
    """Arrivals or leavings: due at the second frame that shows them."""
    subject = Subject((_INDEX[name],))
    said = answers.appeared(subject) if family == 'appear' else answers.left(subject)
    times, frames = event_times(clip.truth, name, family), len(clip.times)
    due = {_frame_after(time) for time in times}
    # What happens at the very end may be said of its first frame, and need not be said.
    certain = min([frames, *(_frame_after(time) - 1 for time in times if _ends(clip, time))])
    unsure = _unsure(clip, name)
    moments = [
        _moment(number, State.RESPONSE, said)
        if number in due
        else _moment(number, scored=number < certain and not unsure[number])
        for number in range(frames)
    ]
    return _case(clip, family, name, question(family, name), tuple(moments))


def event_times(truth: Mapping[str, Any], name: str, family: str) -> list[float]:
    """When things of a class arrive ('appear') or leave ('leave'), seconds."""
    tracks = [track for track in truth['tracks'] if track['class'] == name]
    if family == 'appear':
        return [row['start_s'] for row in tracks if row['enters'] != 'present_at_start']
    return [row['end_s'] for row in tracks if row['leaves'] != 'present_at_end']


def _ends(clip: RealClip, seconds: float) -> bool:
    """Whether a clip ends before the second frame that shows what happens at a time."""
    return _frame_after(seconds) >= len(clip.times)


def _frame_after(seconds: float) -> int:
    """The second frame from a time on."""
    return int(-(-seconds * float(RATE) // 1)) + 1


def _count(clip: RealClip, name: str) -> Case:
    """How many there are, where that is certain."""
    subject, frames = Subject((_INDEX[name],)), len(clip.times)
    rows = [row for row in clip.truth['counts'] if row['class'] == name]
    standing, due, last = [''] * frames, dict[int, str](), ''
    for row in rows:
        text = answers.number(subject, int(row['count']))
        first = max(1, _frame_after(row['from_s']))
        if text != last and first < frames:
            due[first] = text
        last = text
        for number in range(frames):
            time = number / float(RATE)
            settled = row['from_s'] + (_SETTLED if row['from_s'] else 0.5)
            if settled <= time <= row['to_s']:
                standing[number] = text
    certain = [
        any(row['from_s'] <= number / float(RATE) <= row['to_s'] for row in rows)
        for number in range(frames)
    ]
    moments = [
        _moment(number, State.RESPONSE, due[number])
        if number in due
        else _moment(number, scored=certain[number])
        for number in range(frames)
    ]
    text = question('count', name)
    return _case(clip, 'count', name, text, tuple(moments), standing=tuple(standing))


def groups(cases: Sequence[Case], most: int) -> list[list[Case]]:
    """Cases in groups that can be watched at once."""
    return [list(cases[at : at + most]) for at in range(0, len(cases), most)]
