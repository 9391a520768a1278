# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Instructions for annotations without any: five wordings per task, chosen by record name.

The tasks and the form of the answers follow the paper (Tab. 14, Fig. 1); the wordings are ours.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
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


NARRATION = (
    'Narrate what happens while it happens.',
    'Comment on the video as it goes on.',
    'Say in one sentence what is going on, for each thing that happens, while it lasts.',
    'Tell me what you see happening, as it unfolds.',
    'Give a running commentary.',
)
CURRENT = (
    'What is going on right now? Tell me each time that changes.',
    'Keep me posted: what is happening at the moment?',
    'Always tell me what is being done now, and again when something else begins.',
    'What is the current activity? Update me whenever it is another one.',
    'Say what is happening now, and correct yourself as soon as it no longer is.',
)
SEEN_FOR = 1.0
"""Seconds of an event that must have been seen before it can be named."""
FRAME_RATE = 30
"""Frames that count as a second, in records whose times are frame numbers."""


def wording(choices: Sequence[str], key: str) -> str:
    """One of the choices, always the same for the same key."""
    return choices[zlib.crc32(key.encode()) % len(choices)]


def grounding_record(
    video: str, source: str, key: str, event: str, start: float, end: float, duration: float | None
) -> dict[str, Any]:
    """A raw record that asks for an event's interval, counted from the start of the video."""
    return grounding_records(video, source, key, event, [(start, end)], duration)


def grounding_records(
    video: str,
    source: str,
    key: str,
    event: str,
    spans: Sequence[tuple[float, float]],
    duration: float | None,
) -> dict[str, Any]:
    """A raw record that asks for each interval (start, end) of an event."""
    question = wording(GROUNDING, key).format(event=event.strip())
    answers = [(grounding_answer(start, end), start, end) for start, end in spans]
    return question_record(video, source, 'event_grounding', question, answers, duration)


def grounding_answer(start: float, end: float) -> str:
    """How an interval is answered."""
    return f'Given event occurred between {_short(start)}s to {_short(end)}s.'


def caption_record(
    video: str,
    source: str,
    task: str,
    choices: Sequence[str],
    events: Sequence[tuple[str, float, float]],
    duration: float | None,
) -> dict[str, Any]:
    """A raw record that asks for a sentence after each event (text, start, end)."""
    return question_record(video, source, task, wording(choices, video), events, duration)


def narration_records(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Two more raw records of one whose answers are captions of events, by rule.

    'narration' tells each event in its middle. 'TSQA' asks a standing question whose answer
    changes with time: it is told again as soon as another event has begun.

    Args:
        record: a raw record; one that is no caption of events gives none.
    """
    try:
        if record['task_type'] not in ('event_caption', 'action_caption'):
            return []
        events = [
            (part['content'], float(part['st_time']), float(part['end_time']))
            for part in record['response']
        ]
    except (KeyError, TypeError, ValueError):
        return []  # it is reported where it is read itself
    seen = SEEN_FOR * (FRAME_RATE if record.get('frames') else 1)
    told = [(text, None, (start + end) / 2) for text, start, end in events]
    begun = [(text, None, min(start + seen, end)) for text, start, end in events]
    return [
        {
            **record,
            **question_record(
                record['video_path'],
                record['source'],
                task,
                wording(choices, record['video_path']),
                answers,
                record.get('duration'),
            ),
        }
        for task, choices, answers in (('narration', NARRATION, told), ('TSQA', CURRENT, begun))
    ]


def question_record(
    video: str,
    source: str,
    task: str,
    question: str,
    events: Sequence[tuple[str, float | None, float]],
    duration: float | None,
) -> dict[str, Any]:
    """A raw record with one question, asked at the start.

    Args:
        video: its path.
        source: the dataset.
        task: kind of task.
        question: the instruction.
        events: answer, start and end of what it is about; without a start it is due at the end.
        duration: of the video, in seconds.
    """
    response = [
        {'content': text.strip(), 'st_time': start, 'end_time': end, 'time': ''}
        if start is not None
        else {'content': text.strip(), 'st_time': '', 'end_time': '', 'time': end}
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
