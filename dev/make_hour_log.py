# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the event log of an hour with eight instructions, as a replay leaves it, and its report.

    python dev/make_hour_log.py FOLDER

Some instructions are answered once in a while, one every five seconds, two never; the pictures do
not compress well. Every run makes the same files.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from streamo_ros.report.event_log import EventLogWriter
from streamo_ros.report.html import write_report
from streamo_ros.report.marks import NO_INSTRUCTION
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import Probabilities
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import EndRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow
from streamo_ros.report.timeline import picture_path
from streamo_ros.report.timeline import read_timeline

SECOND = 1_000_000_000
START = 1_790_000_000 * SECOND
HOUR = 3600
FIRST = 20
"""Frames before the first instruction."""


class Watched(NamedTuple):
    """One instruction: standby before, and an answer at the end of, each period.

    Attributes:
        period: seconds between two answers; 0 = never.
        standby: seconds of Standby before each.
    """

    text: str
    period: int = 0
    standby: int = 0
    answer: str = ''


WATCHED = (
    Watched('tell me when somebody comes in', 97, 10, 'Somebody came in and put a parcel down.'),
    Watched('eine lange Anweisung, ' * 8 + 'äöüß', 613, 300, 'Ein sehr langer Satz. ' * 9),
    Watched('count', 5, 0, 'yes'),
    Watched('tell me when it burns'),
    Watched('<b>bold</b> & "quoted" 当红球', 211, 1, '<b>bold</b> & 🔴 "q" 当红球'),
    Watched('say when the belt stops', 3100, 40, 'The belt has stopped.'),
    Watched('describe what happens', 60, 2, 'A person walks past the table with a cup.'),
    Watched('tell me when the door is open'),
)


def rows(watched: tuple[Watched, ...] = WATCHED, seconds: int = HOUR) -> Iterator[Row]:
    """The rows of the log, in order."""
    yield StreamRow('hour.mp4', '/camera/image_raw', 1.0, {'model': 'made', 'device': 'cpu'})
    answers = 0
    for at in range(seconds):
        stamp = START + at * SECOND
        if at < FIRST:
            yield DecisionRow(stamp, 0, 'UNKNOWN', reason=NO_INSTRUCTION, frame_index=at)
            continue
        if at == FIRST:
            yield from (InstructionRow(key, one.text) for key, one in enumerate(watched, 1))
        for key, one in enumerate(watched, 1):
            state, probabilities = _state(one, at - FIRST)
            answers += state == 'RESPONSE'
            yield DecisionRow(
                stamp,
                key,
                state,
                probabilities,
                reason='BAD_FRAME' if state == 'UNKNOWN' else '',
                response_id=answers if state == 'RESPONSE' else 0,
                frame_index=at,
                received=2 * at,
                encode_time=0.004 + 0.001 * (at % 7),
                extend_time=0.012 + 0.002 * (at % 11),
                latency=0.03 + 0.005 * (at % 13),
            )
            if state == 'RESPONSE':
                began = stamp - one.standby * SECOND
                yield ResponseRow(stamp, key, answers, one.answer, began, stamp, 'STOP', 5, 0.99)
    yield EndRow(received=2 * seconds, sampled=seconds, stream_seconds=seconds, speed=65.0)


def write_log(folder: Path, watched: tuple[Watched, ...] = WATCHED, seconds: int = HOUR) -> Path:
    """Write `events.jsonl` and the pictures of responses; returns the file of events."""
    (folder / 'pictures').mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(1).integers(0, 256, (132 * 8, 176 * 8, 3), np.uint8)
    log = EventLogWriter(folder / 'events.jsonl')
    for row in rows(watched, seconds):
        log.write(row)
        if isinstance(row, ResponseRow):
            place = row.response_id * 7 % 900
            noisy = cv2.GaussianBlur(noise[place : place + 132, place : place + 176], (0, 0), 0.8)
            _, coded = cv2.imencode('.jpg', noisy, [cv2.IMWRITE_JPEG_QUALITY, 60])
            picture_path(folder, row.response_id).write_bytes(coded.tobytes())
    log.close()
    return folder / 'events.jsonl'


def _state(one: Watched, at: int) -> tuple[str, Probabilities | None]:
    if at % 900 == 450:
        return 'UNKNOWN', None
    left = one.period - 1 - at % one.period if one.period else HOUR
    if left == 0:
        return 'RESPONSE', (0.0, 0.01, 0.99)
    return (
        ('STANDBY', (0.1, 0.85, 0.05)) if left <= one.standby else ('SILENCE', (0.98, 0.01, 0.01))
    )


def main() -> None:
    """Write log and report to the folder that is named."""
    folder = Path(sys.argv[1])
    timeline = read_timeline(write_log(folder))
    write_report(folder / 'report.html', [timeline])


if __name__ == '__main__':
    main()
