# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rows of the summaries that a model wrote: one for each time, gone when that time is.

A summary tells of all of its time, so it is erased where any part of that is.
"""

from __future__ import annotations

import sqlite3

from streamo_ros.memory.record import SummaryRecord
from streamo_ros.memory.record import SummaryStatus


def put_summary(database: sqlite3.Connection, record: SummaryRecord) -> None:
    """Write a summary, in place of an earlier one of the same time."""
    database.execute(
        'INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        (
            record.start,
            record.stop,
            int(record.status),
            record.text,
            record.problem,
            record.covered,
            record.answer,
            record.pictures,
            record.model_id,
        ),
    )


def summary_of(row: tuple[int, int, int, str, str, int, int, int, str]) -> SummaryRecord:
    """The summary that a row of the table says."""
    start, stop, status, text, problem, covered, answer, pictures, model = row
    return SummaryRecord(
        start, stop, SummaryStatus(status), text, problem, covered, answer, pictures, model
    )


def erase_summaries(database: sqlite3.Connection, start: int, end: int) -> None:
    """Delete the summaries of which any part is in a time, nanoseconds, both ends included."""
    database.execute('DELETE FROM summaries WHERE stop > ? AND start <= ?', (start, end))


def drop_summaries(database: sqlite3.Connection, stamp: int) -> None:
    """Delete the summaries that began by a capture time and of which no frame is left."""
    database.execute(
        'DELETE FROM summaries WHERE start <= ? AND NOT EXISTS '
        '(SELECT 1 FROM frames WHERE stamp >= summaries.start AND stamp < summaries.stop)',
        (stamp,),
    )
