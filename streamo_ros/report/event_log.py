# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rows as lines of JSON: `events.jsonl`.

A file has one `replay` row, then one row per instruction, decision, response and answer that was
held back, one per frame in which something was recognized, and one `end` row. Without an
`end` row, the replay did not come to its end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import HeldBack
from streamo_ros.core.frame import SECOND
from streamo_ros.core.interface import Backbone
from streamo_ros.core.sink import Step
from streamo_ros.documents import load_json
from streamo_ros.files import LineWriter
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import Probabilities
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import DeltaRow
from streamo_ros.report.run_rows import EndRow
from streamo_ros.report.run_rows import HeldBackRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow
from streamo_ros.report.run_rows import thresholds_of
from streamo_ros.report.sighting_row import SightingRow

_CLASSES: dict[str, type[Row]] = {
    row.kind: row
    for row in (
        StreamRow,
        InstructionRow,
        DecisionRow,
        ResponseRow,
        HeldBackRow,
        SightingRow,
        DeltaRow,
        EndRow,
    )
}


class EventLogError(StreamoError, ValueError):
    """A file of events cannot be read; the message says which line."""


class RowMaker:
    """Makes the rows of one run.

    Args:
        name: what is replayed.
        topic: its image topic; '' outside bags.
        rate: sampled frames per second of capture time.
        backbone: whose identity the first row has.
        parameters: all in effect, by name.
    """

    def __init__(
        self,
        name: str,
        topic: str,
        rate: float,
        backbone: Backbone,
        parameters: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._name = name
        self._topic = topic
        self._rate = rate
        self._backbone = backbone
        self._thresholds = thresholds_of(parameters)
        self._listed: set[int] = set()
        self._begun = False

    def rows(self, step: Step) -> list[Row]:
        """The rows of a step, in order."""
        rows: list[Row] = []
        if not self._begun:
            # Not before the first frame does the model know the image size.
            model = asdict(self._backbone.info)
            rows.append(StreamRow(self._name, self._topic, self._rate, model, self._thresholds))
            self._begun = True
        for instruction in step.instructions:
            if instruction.id not in self._listed:
                self._listed.add(instruction.id)
                cooldown = instruction.cooldown / SECOND
                rows.append(
                    InstructionRow(instruction.id, instruction.text, instruction.since, cooldown)
                )
        events = step.events
        rows += [DecisionRow.from_event(e, step) for e in events if isinstance(e, Decided)]
        rows += [ResponseRow.from_event(e, step) for e in events if isinstance(e, Answered)]
        rows += [HeldBackRow.from_event(e) for e in events if isinstance(e, HeldBack)]
        if step.frame is not None and step.sightings:
            seen = SightingRow.from_sightings(step.frame.stamp, step.sightings)
            rows += [seen] if seen.boxes else []
        return rows


class EventLogWriter:
    """Writes rows as they come; every line is complete once it is written.

    Args:
        path: the file; its folder must exist.

    Raises:
        WriteError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._lines = LineWriter(path)

    def write(self, row: Row) -> None:
        """Add a line."""
        self._lines.write(json.dumps(to_json(row), ensure_ascii=False))

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def read_event_log(path: Path) -> Iterator[Row]:
    """The rows of a file of events.

    Raises:
        EventLogError: a line is not a row.
    """
    with path.open(encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            try:
                plain = load_json(line)
            except ValueError as error:
                raise EventLogError(f'line {number} of {path} is not JSON: {error}') from error
            try:
                yield from_json(plain)
            except (KeyError, TypeError, ValueError) as error:
                raise EventLogError(
                    f'line {number} of {path} is not an event ({error}): choose an events.jsonl'
                ) from error


def to_json(row: Row) -> dict[str, Any]:
    """A row as an object of JSON."""
    plain = {'row': row.kind, **asdict(row)}
    if plain.get('probabilities', ()) is None:
        plain['probabilities'] = [None, None, None]
    return plain


def from_json(plain: Mapping[str, Any]) -> Row:
    """A row of an object of JSON; unknown names, of a later version, are ignored.

    Raises:
        KeyError, TypeError, ValueError: it is not a row.
    """
    row_class = _CLASSES.get(plain['row']) if isinstance(plain, Mapping) else None
    if row_class is None:
        raise ValueError('unknown row')
    known = {field.name for field in fields(row_class)}
    values = {name: value for name, value in plain.items() if name in known}
    if 'probabilities' in values:
        values['probabilities'] = _complete(values['probabilities'])
    return row_class(**values)


def _complete(probabilities: Any) -> Probabilities | None:
    silence, standby, response = probabilities
    return None if silence is None else (silence, standby, response)
