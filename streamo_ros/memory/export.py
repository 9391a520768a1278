# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes all that a store has as plain files: JSON lines and pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from datetime import timezone
from pathlib import Path
from typing import Any

from streamo_ros.core.frame import SECOND
from streamo_ros.core.protocol import State
from streamo_ros.files import LineWriter
from streamo_ros.files import write_bytes
from streamo_ros.memory.reader import EVER
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.record import Fact
from streamo_ros.memory.record import SummaryRecord


def export(reader: StoreReader, folder: Path) -> dict[str, int]:
    """Write `memory.jsonl` and the pictures, named by their capture times.

    Args:
        reader: the store.
        folder: made where it is missing.

    Returns:
        How many frames, pictures and answers were written.

    Raises:
        WriteError: a file cannot be written.
        StoreError: the store cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts = {'frames': 0, 'pictures': 0, 'answers': 0}
    with LineWriter(folder / 'memory.jsonl') as lines:
        for frame in reader.every_frame():
            name = f'pictures/{frame.stream}-{frame.stamp}.jpg'
            data = reader.pictures.read(frame.id) if frame.picture else b''
            if data:
                write_bytes(folder / name, data)
            counts['frames'] += 1
            counts['pictures'] += bool(data)
            row = {'row': 'frame', 'stream': frame.stream, 'stamp': frame.stamp}
            lines.write(
                json.dumps({**row, 'time': _iso(frame.stamp), 'picture': name if data else ''})
            )
        for fact in _facts(reader):
            counts['answers'] += fact.kind == 'answer'
            lines.write(json.dumps(_row(fact), ensure_ascii=False))
        for summary in reader.summaries():
            lines.write(json.dumps(_summary_row(summary), ensure_ascii=False))
    return counts


def _facts(reader: StoreReader) -> Iterator[Fact]:
    yield from reader.answers(EVER)
    yield from reader.sightings(EVER)
    yield from reader.states(EVER, *State)


def _row(fact: Fact) -> dict[str, Any]:
    return {
        'row': fact.kind,
        'stream': fact.stream,
        'start': fact.start,
        'end': fact.end,
        'time': _iso(fact.end),
        'text': fact.text,
        'about': fact.about,
        'probability': round(fact.score, 4),
        'box': list(fact.box),
        'frames': fact.frames,
    }


def _summary_row(summary: SummaryRecord) -> dict[str, Any]:
    return {
        'row': 'summary',
        'start': summary.start,
        'end': summary.stop,
        'time': _iso(summary.start),
        'text': summary.text,
        'status': summary.status.name.lower(),
        'problem': summary.problem,
        'pictures': summary.pictures,
        'model': summary.model_id,
    }


def _iso(stamp: int) -> str:
    return datetime.fromtimestamp(stamp / SECOND, timezone.utc).isoformat()
