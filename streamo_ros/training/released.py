# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reproduces the authors' released converter byte for byte, including its defects.

For comparison with data made by that converter only: later answers overwrite earlier ones, an
answer past the last frame is lost, and the first question is repeated at second 0. Use `labels`
for everything else.

Source: behavior of scripts/convert_streaming_video.py (to-stream), maifoundations/Streamo at
6d1f1ab, reimplemented from its description.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2

from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.core.protocol import SYSTEM_PROMPT
from streamo_ros.training.labeled_dialogue import STREAM
from streamo_ros.training.record import AnnotationError

DEFAULT_QUESTION = 'Find all significant events in the video and describe them.'


def turn_count(frames: int, frame_rate: float, rate: float) -> int:
    """Number of turns the released converter produces: an integer stride, never below 1."""
    return frames // max(1, int(frame_rate / rate))


def container_length(path: Path) -> tuple[int, float]:
    """Number of frames and frame rate (frames per second) according to the container.

    Raises:
        AnnotationError: the file is not a readable video, or its length is unknown.
    """
    capture = cv2.VideoCapture(str(path))
    try:
        rate = capture.get(cv2.CAP_PROP_FPS)
        frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    finally:
        capture.release()
    if not (math.isfinite(rate) and rate > 0 and frames > 0):
        raise AnnotationError(f'the video {path} cannot be read: its length is unknown')
    # A denominator of 1001 makes the NTSC rates (24000/1001, 30000/1001, 60000/1001) exact.
    return frames, float(Fraction(rate).limit_denominator(1001))


def released_dialogue(
    raw: Mapping[str, Any], video: str, turns: int, rate: float = 1.0
) -> dict[str, Any]:
    """One dialogue in the released format.

    Args:
        raw: a record of the raw schema.
        video: the path to write into the dialogue.
        turns: see `turn_count`.
        rate: turns per second; only times given as non-integer text are multiplied by it.
    """
    questions, answers = raw.get('question', []), raw.get('response', [])
    questions_by_turn = _questions(questions, turns, rate)
    if 0 not in questions_by_turn:
        first = questions[0].get('content') if questions else None
        questions_by_turn[0] = first or DEFAULT_QUESTION
    messages = [{'role': 'system', 'content': SYSTEM_PROMPT}]
    for turn, reply in enumerate(_replies(answers, turns, rate)):
        lines = [questions_by_turn[turn]] if turn in questions_by_turn else []
        request = '\n'.join([*lines, f'<{turn}s-{turn + 1}s>', STREAM])
        messages.append({'role': 'user', 'content': request})
        messages.append({'role': 'assistant', 'content': reply})
    kept = {key: raw[key] for key in ('video_name', 'task_type', 'source') if raw.get(key)}
    return {'messages': messages, 'videos': [video], **kept}


def released_text(dialogues: Sequence[Mapping[str, Any]]) -> str:
    """The file contents that the released converter writes for a list of records."""
    return json.dumps(list(dialogues), ensure_ascii=False, indent=2)


def _index(value: object, rate: float) -> int | None:
    """A time as that converter reads it: integers are turns, anything else is seconds."""
    if isinstance(value, (int, float)):
        return int(value)
    text = str(value or '').strip()
    try:
        return int(text)
    except ValueError:
        pass
    try:
        parts = [float(part) for part in text.split(':')]
    except ValueError:
        return None
    if len(parts) > 3:
        return None
    return int(sum(part * 60**power for power, part in enumerate(reversed(parts))) * rate)


def _turn(value: object, rate: float) -> int | None:
    index = _index(value, rate)
    return None if index is None else max(0, index - 1)


def _questions(questions: Sequence[Mapping[str, Any]], turns: int, rate: float) -> dict[int, str]:
    by_turn = {}
    for question in questions:
        turn = _turn(question.get('time'), rate)
        if question.get('content') and turn is not None and turn < turns:
            by_turn[turn] = question['content']
    return by_turn


def _replies(answers: Sequence[Mapping[str, Any]], turns: int, rate: float) -> list[str]:
    replies = [STATE_TAGS[State.SILENCE]] * turns
    for answer in answers:
        start, end, time = (_turn(answer.get(k), rate) for k in ('st_time', 'end_time', 'time'))
        if start is not None and end is not None:
            for turn in range(start, min(end + 1, turns)):
                replies[turn] = STATE_TAGS[State.STANDBY]
            due = end + 1
        elif time is not None:
            due = time
        else:
            continue
        if answer.get('content') and due < turns:
            replies[due] = f'{STATE_TAGS[State.RESPONSE]} {answer["content"]}'
    return replies
