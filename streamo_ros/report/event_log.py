# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Events as lines of JSON: `events.jsonl`.

Knows the rows: one `replay` row, then one row an instruction, a decision, a response, and one
`end` row. A file without an `end` row is of a replay that did not come to its end. Times named
stamp, since, event_start and event_end are nanoseconds of capture time, all others seconds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from typing import TypeAlias

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.interface import Backbone
from streamo_ros.replay.run import ReplayStep
from streamo_ros.replay.run import Totals

Row: TypeAlias = Mapping[str, Any]


class EventLogError(StreamoError, ValueError):
    """A file of events cannot be read; the message says which line."""


class RowMaker:
    """Makes the rows of one replay.

    Args:
        name: what was replayed.
        topic: its image topic; '' outside bags.
        rate: frames looked at per second of capture time.
        backbone: whose identity the first row has.
    """

    def __init__(self, name: str, topic: str, rate: float, backbone: Backbone) -> None:
        self._head = {'row': 'replay', 'source': name, 'topic': topic, 'rate': rate}
        self._backbone = backbone
        self._listed: set[int] = set()
        self._begun = False

    def rows(self, step: ReplayStep) -> list[Row]:
        """The rows of a step, in order."""
        rows: list[Row] = []
        if not self._begun:
            # Only now does the model know the size of the frames.
            rows.append({**self._head, 'model': asdict(self._backbone.info)})
            self._begun = True
        for one in step.standing:
            if one.id not in self._listed:
                self._listed.add(one.id)
                rows.append(
                    {'row': 'instruction', 'id': one.id, 'text': one.text, 'since': one.since}
                )
        decisions = [event for event in step.events if isinstance(event, Decided)]
        rows += [decision_row(event, step) for event in decisions]
        answers = [event for event in step.events if isinstance(event, Answered)]
        return rows + [response_row(event, step.seconds) for event in answers]


def decision_row(event: Decided, step: ReplayStep) -> Row:
    """The row of a decision."""
    return {
        'row': 'decision',
        'stamp': event.frame.stamp,
        'seconds': round(step.seconds, 6),
        'instruction_id': event.instruction_id,
        'tag': event.tag,
        'state': event.state.name,
        'probabilities': [_finite(chance) for chance in event.probabilities],
        'reason': event.reason.name if event.reason else '',
        'flaw': event.frame.flaw,
        'response_id': event.response_id,
        'stream_id': event.frame.tick.stream_id,
        'frame_index': event.frame.tick.index,
        'received': step.counts.received,
        'dropped': step.dropped,
        'context_tokens': event.context_tokens,
        'encode_time': round(event.encode_time, 6),
        'extend_time': round(event.extend_time, 6),
        'latency': round(step.latency, 6),
    }


def response_row(event: Answered, seconds: float) -> Row:
    """The row of a response."""
    return {
        'row': 'response',
        'stamp': event.frame.stamp,
        'seconds': round(seconds, 6),
        'instruction_id': event.instruction_id,
        'response_id': event.response_id,
        'text': event.text,
        'event_start': event.event_start,
        'event_end': event.event_end,
        'finish': event.finish.name,
        'token_count': event.token_count,
        'probability': _finite(event.probability),
        'first_token_time': round(event.first_token_time, 6),
        'generation_time': round(event.generation_time, 6),
    }


def end_row(totals: Totals) -> Row:
    """The row at the end of a replay."""
    return {
        'row': 'end',
        **asdict(totals.counts),
        'bad_frames': totals.bad_frames,
        'flaw': totals.flaw,
        'stream_seconds': round(totals.stream_seconds, 6),
        'wall_seconds': round(totals.wall_seconds, 6),
        'speed': round(totals.speed, 3),
        'stopped': totals.stopped,
        'failure': totals.failure,
    }


class EventLogWriter:
    """Writes rows as they come; every line is whole when it is written.

    Args:
        path: the file; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open('w', encoding='utf-8')

    def write(self, row: Row) -> None:
        """Add a line."""
        self._file.write(json.dumps(row, ensure_ascii=False) + '\n')
        self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def read_event_log(path: Path) -> Iterator[Row]:
    """The rows of a file of events.

    Raises:
        JournalError: a line is no row.
    """
    with path.open(encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise EventLogError(f'line {number} of {path} is no JSON: {error}') from error
            if not isinstance(row, dict) or 'row' not in row:
                raise EventLogError(f'line {number} of {path} is no event: choose an events.jsonl')
            yield row


def _finite(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
