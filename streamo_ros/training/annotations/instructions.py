# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Instructions for annotations without any: five wordings per task, chosen by record name.

The tasks and the form of the answers follow the paper (Tab. 14, Fig. 1); the wordings are ours.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

EVENT_CAPTION = (
    'Describe every event of the video as soon as it is over.',
    'Watch the stream and give a sentence on each event once it has ended.',
    'Tell me what happened, event by event, whenever one is finished.',
    'Keep a log of the events: one sentence after each.',
    'After each event, say in one sentence what took place.',
)
ACTION_CAPTION = (
    'Name each step of the task as soon as it is done.',
    'Follow the procedure and report every step once it is finished.',
    'Tell me which action was carried out whenever one is complete.',
    'List the steps one by one, each right after it ends.',
    'Watch the work and describe each action when it is over.',
)
GROUNDING = (
    'Watch for this event and give its time period once it is over: {event}',
    'Tell me from when to when this happens, as soon as it has ended: {event}',
    'When does the following take place? Answer after it is finished: {event}',
    'Find the interval of this event and report it when the event is complete: {event}',
    'Locate this in the stream and say its start and end afterwards: {event}',
)


def wording(choices: Sequence[str], key: str) -> str:
    """One of the choices, always the same for the same key."""
    return choices[zlib.crc32(key.encode()) % len(choices)]


def grounding_record(
    video: str, source: str, key: str, event: str, start: float, end: float, duration: float | None
) -> dict[str, Any]:
    """A raw record that asks for an event's interval, counted from the start of the video."""
    event = event.strip()
    question = wording(GROUNDING, key).format(event=event)
    answer = f'Given event occurred between {_short(start)}s to {_short(end)}s.'
    return _record(video, source, 'event_grounding', question, [(answer, start, end)], duration)


def caption_record(
    video: str,
    source: str,
    task: str,
    choices: Sequence[str],
    events: Sequence[tuple[str, float, float]],
    duration: float | None,
) -> dict[str, Any]:
    """A raw record that asks for a sentence after each event (text, start, end)."""
    return _record(video, source, task, wording(choices, video), events, duration)


def _record(
    video: str,
    source: str,
    task: str,
    question: str,
    events: Sequence[tuple[str, float, float]],
    duration: float | None,
) -> dict[str, Any]:
    response = [
        {'content': text.strip(), 'st_time': start, 'end_time': end, 'time': ''}
        for text, start, end in events
    ]
    return {
        'video_name': video,
        'video_path': video,
        'task_type': task,
        'source': source,
        'duration': duration,
        'question': [{'content': question, 'time': '0'}],
        'response': response,
    }


def _short(time: float) -> str:
    return f'{float(time):.1f}'.removesuffix('.0')
