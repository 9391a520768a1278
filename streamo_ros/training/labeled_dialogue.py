# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A labelled dialogue: one turn a sampled frame, and its form in JSON lines.

Knows turns and how they are stored. Knows no annotation and no model. The stored form is the
authors' (`messages` with one `<stream>` a frame, `videos`) plus the time of each frame, so that
training reads the frame that was labelled, whatever the frame rate of the video.
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
    """One frame and what is to be said about it.

    Attributes:
        start: beginning of the tag, in seconds.
        end: end of the tag, in seconds.
        state: the decision due.
        text: the answer due; '' unless `state` is Response.
        instruction: given in this turn; '' for none.
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
        """The assistant turn: a state tag, and the answer behind Response."""
        return f'{STATE_TAGS[self.state]} {self.text}' if self.text else STATE_TAGS[self.state]

    @property
    def request(self) -> str:
        """The user turn: instruction if any, tag, frame, one to a line."""
        lines = [self.instruction] if self.instruction else []
        return '\n'.join([*lines, time_tag(self.start, self.end), STREAM])


@dataclass(frozen=True)
class LabeledDialogue:
    """A stream of turns, labelled."""

    name: str
    task: str
    source: str
    videos: tuple[str, ...]
    turns: tuple[LabeledTurn, ...]

    def to_json(self, system_prompt: str = SYSTEM_PROMPT) -> dict[str, Any]:
        """The stored form; every dialogue has the same keys, as columns of a table need."""
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
    """Read the stored form; without frame times (the authors' files) the tag's start is taken.

    Raises:
        AnnotationError: the messages do not alternate as the protocol says, or a tag, a state or
            a list does not fit.
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
        raise AnnotationError(f'the dialogue lacks the field {error}') from error
    if roles != ['user', 'assistant'] * turns or not len(videos) == len(times) == turns:
        raise AnnotationError(
            'the dialogue is not one user turn, one reply and one frame time '
            'for each frame: convert it again'
        )
    if turns == 0 or not paths or not all(0 <= video < len(paths) for video in videos):
        raise AnnotationError('the dialogue has no turn, or names a video that it does not list')
    read = [
        _turn(user['content'], reply['content'], video, time)
        for user, reply, video, time in zip(users, replies, videos, times, strict=True)
    ]
    name, task, source = (str(data.get(k) or '') for k in ('video_name', 'task_type', 'source'))
    return LabeledDialogue(name, task, source, paths, tuple(read))


def read_dialogues(path: Path) -> Iterator[LabeledDialogue]:
    """Dialogues of a JSON-lines file.

    Raises:
        AnnotationError: the file is missing, or a line of it is not a dialogue; says which.
    """
    if not path.is_file():
        raise AnnotationError(f'{path} does not exist: make it with `streamo convert`')
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
            f'the reply {answer[:80]!r} is not one state tag, with an answer behind Response alone'
        )
    start, end = Fraction(match[1]), Fraction(match[2])
    at = start if time is None else Fraction(str(time))
    return LabeledTurn(start, end, reply.state, reply.text, '\n'.join(instruction), video, at)
