# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A labeled dialogue: one turn per sampled frame, and its JSON-lines format.

The stored format is the authors' (`messages` with one `<stream>` per frame, `videos`) plus the
time of each frame, so that training reads the frame that was labeled at any video frame rate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from streamo_ros.core.protocol import parse_reply
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.core.protocol import SYSTEM_PROMPT
from streamo_ros.core.protocol import time_tag
from streamo_ros.training.record import AnnotationError

STREAM = '<stream>'
_TAG = re.compile(r'<(-?\d+(?:\.\d+)?)s-(-?\d+(?:\.\d+)?)s>')


@dataclass(frozen=True)
class LabeledTurn:
    """One frame and the reply due at it.

    Attributes:
        start: start of the tag, in seconds.
        end: end of the tag, in seconds.
        state: the decision due.
        text: the answer due; '' unless `state` is Response.
        instruction: the instruction given in this turn; '' for none.
        video: which of the dialogue's videos the frame is from.
        time: the frame's time in that video, in seconds.
    """

    start: Fraction
    end: Fraction
    state: State
    text: str = ''
    instruction: str = ''
    video: int = 0
    time: Fraction = Fraction(0)

    @property
    def reply(self) -> str:
        """The assistant turn: a state tag, followed by the answer if it is Response."""
        return f'{STATE_TAGS[self.state]} {self.text}' if self.text else STATE_TAGS[self.state]

    @property
    def request(self) -> str:
        """The user turn: instruction (if any), tag and frame, one per line."""
        lines = [self.instruction] if self.instruction else []
        return '\n'.join([*lines, time_tag(self.start, self.end), STREAM])


@dataclass(frozen=True)
class LabeledDialogue:
    """A labeled stream of turns."""

    name: str
    task: str
    source: str
    videos: tuple[str, ...]
    turns: tuple[LabeledTurn, ...]

    def to_json(self, system_prompt: str = SYSTEM_PROMPT) -> dict[str, Any]:
        """The stored format; every dialogue has the same keys, as table columns require."""
        messages = [{'role': 'system', 'content': system_prompt}]
        for turn in self.turns:
            messages.append({'role': 'user', 'content': turn.request})
            messages.append({'role': 'assistant', 'content': turn.reply})
        return {
            'messages': messages,
            'videos': list(self.videos),
            'frame_videos': [turn.video for turn in self.turns],
            'frame_times': [round(float(turn.time), 6) for turn in self.turns],
            'video_name': self.name,
            'task_type': self.task,
            'source': self.source,
        }


def from_json(data: Mapping[str, Any]) -> LabeledDialogue:
    """Parse the stored format; without frame times (the authors' files) tag starts are used.

    Raises:
        AnnotationError: the messages do not alternate as the protocol requires, or a tag, a
            state or a list is invalid.
    """
    try:
        messages = [m for m in data['messages'] if m['role'] != 'system']
        roles = [m['role'] for m in messages]
        users, replies = messages[::2], messages[1::2]
        turns = len(users)
        videos = data.get('frame_videos') or [0] * turns
        times = data.get('frame_times') or [None] * turns
        paths = tuple(str(path) for path in data['videos'])
    except (KeyError, TypeError) as error:
        raise AnnotationError(f'the dialogue has no field {error}') from error
    if roles != ['user', 'assistant'] * turns or not len(videos) == len(times) == turns:
        raise AnnotationError(
            'the dialogue does not have one user turn, one reply and one frame '
            'time per frame: convert it again'
        )
    if turns == 0 or not paths or not all(0 <= video < len(paths) for video in videos):
        raise AnnotationError(
            'the dialogue has no turns, or refers to a video that it does not list'
        )
    parsed = [
        _turn(user['content'], reply['content'], video, time)
        for user, reply, video, time in zip(users, replies, videos, times, strict=True)
    ]
    name, task, source = (str(data.get(k) or '') for k in ('video_name', 'task_type', 'source'))
    return LabeledDialogue(name, task, source, paths, tuple(parsed))


def read_dialogues(path: Path) -> Iterator[LabeledDialogue]:
    """Read the dialogues of a JSON-lines file.

    Raises:
        AnnotationError: the file is missing, or a line is not a dialogue; names the line.
    """
    if not path.is_file():
        raise AnnotationError(f'{path} does not exist: create it with `streamo convert`')
    with path.open(encoding='utf-8') as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield from_json(json.loads(line))
            except (json.JSONDecodeError, AnnotationError) as error:
                raise AnnotationError(f'{path}, line {number}: {error}') from error


def _turn(request: str, answer: str, video: int, time: float | None) -> LabeledTurn:
    *instruction, tag, frame = request.split('\n')
    match = _TAG.fullmatch(tag)
    if match is None or frame != STREAM:
        raise AnnotationError(
            f'the user turn {request[:80]!r} does not end in a time tag and {STREAM}'
        )
    reply = parse_reply(answer)
    if not reply.well_formed:
        raise AnnotationError(
            f'the reply {answer[:80]!r} is not one state tag, with an answer only after Response'
        )
    start, end = Fraction(match[1]), Fraction(match[2])
    frame_time = start if time is None else Fraction(str(time))
    return LabeledTurn(
        start, end, reply.state, reply.text, '\n'.join(instruction), video, frame_time
    )
