# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A labeled dialogue: one turn per sampled frame, and its JSON-lines format.

The stored format is the authors' (`messages` with one `<stream>` per frame, `videos`) plus the
time of each frame, so that training reads the frame that was labeled at any video frame rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from typing import BinaryIO
from typing import Protocol
from typing import TypeVar

from streamo_ros.core.protocol import parse_reply
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.core.protocol import SYSTEM_PROMPT
from streamo_ros.core.protocol import time_tag
from streamo_ros.training.dialogue_file import EntryPlace
from streamo_ros.training.dialogue_file import file_entries
from streamo_ros.training.intervals import is_before
from streamo_ros.training.intervals import shift_interval
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


class Due(Protocol):
    """Anything with a decision due and its answer."""

    @property
    def state(self) -> State:
        """The decision due."""

    @property
    def text(self) -> str:
        """The answer due."""


DueT = TypeVar('DueT', bound=Due)


def carry_answers(items: Sequence[DueT], kept: Sequence[bool]) -> list[tuple[DueT, State, str]]:
    """What is due at the frames that are kept when others are lost.

    An answer whose frame is lost becomes due at the next frame that is kept; if that frame has an
    answer of its own the two are joined, as in labeling. With no frame left it is not due.

    Returns:
        The kept items with the state and the answer due at each.
    """
    remaining: list[tuple[DueT, State, str]] = []
    pending: list[str] = []
    for item, is_kept in zip(items, kept, strict=True):
        pending += [item.text] if item.state is State.RESPONSE else []
        if is_kept:
            state = State.RESPONSE if pending else item.state
            remaining.append((item, state, ' '.join(pending)))
            pending = []
    return remaining


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


def answer_from(turn: LabeledTurn, origin: Fraction) -> LabeledTurn:
    """The turn with the seconds of its answer counted from `origin`, as a lane's tags may be.

    An interval that ended by then was never seen: it is not answered.
    """
    if not origin or turn.state is not State.RESPONSE:
        return turn
    if is_before(turn.text, origin):
        return replace(turn, state=State.SILENCE, text='')
    return replace(turn, text=shift_interval(turn.text, -origin))


def lane_spans(turns: Sequence[LabeledTurn]) -> list[tuple[int, int]]:
    """Turns [start, stop) from each instruction to the next: what one lane watches."""
    starts = [k for k, turn in enumerate(turns) if turn.instruction]
    return list(pairwise([*starts, len(turns)]))


def from_json(data: object) -> LabeledDialogue:
    """Parse the stored format; without frame times (the authors' files) tag starts are used.

    Raises:
        AnnotationError: the messages do not alternate as the protocol requires, or a tag, a
            state or a list is invalid.
    """
    if not isinstance(data, Mapping):
        raise AnnotationError('the dialogue is not an object with named fields')
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
    """Read the dialogues of a file of JSON lines or of one JSON array.

    Raises:
        AnnotationError: the file is missing, or a line is not a dialogue; names the line.
    """
    if not path.is_file():
        raise AnnotationError(f'{path} does not exist: create it with `streamo convert`')
    with path.open('rb') as stream:
        yield from (dialogue for _, dialogue in parsed_entries(stream, path))


def parsed_entries(stream: BinaryIO, path: Path) -> Iterator[tuple[EntryPlace, LabeledDialogue]]:
    """Dialogues of an open file, with their places; `path` is for messages.

    Raises:
        AnnotationError: an entry is not a dialogue; names it.
    """
    try:
        for place, data in file_entries(stream):
            try:
                yield place, from_json(data)
            except AnnotationError as error:
                raise AnnotationError(f'{place.name}: {error}') from error
    except AnnotationError as error:
        raise AnnotationError(f'{path}, {error}') from error


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
