# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recording as a session: the output of `streamo replay`, or a bag with our topics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streamo_ros.core.errors import StreamoError
from streamo_ros.live.history import History
from streamo_ros.live.page_picture import page_picture
from streamo_ros.live.page_picture import small_jpeg
from streamo_ros.live.pictures import StoredPictures
from streamo_ros.live.session import Session
from streamo_ros.report.bag_rows import read_bag_rows
from streamo_ros.report.event_log import read_event_log
from streamo_ros.report.report_sink import BAG
from streamo_ros.report.report_sink import EVENTS
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.timeline import picture_path
from streamo_ros.sources.bag import BagRecord
from streamo_ros.sources.base import Record
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.open import open_source
from streamo_ros.sources.topics import COMPRESSED
from streamo_ros.sources.topics import IMAGE

LONGEST = 1_000_000
"""Records of a recording, at most: two days at 1 Hz and five instructions."""


class ReviewError(StreamoError, ValueError):
    """A recording cannot be shown; the message says why, and what can be."""


def review(path: Path, node: str = '') -> Session:
    """Read a recording.

    Args:
        path: a report's folder, its events.jsonl, or a bag.
        node: whose topics of a bag; '' = of the only node in it.

    Raises:
        ReviewError: there is nothing to show, or too much.
        EventLogError, SourceError, BagRowsError: it cannot be read.
    """
    session = Session(History(LONGEST), StoredPictures(), live=False)
    log = path / EVENTS if path.is_dir() else path
    if not path.exists():
        raise ReviewError(
            f'{path} does not exist: give a report folder, an {EVENTS}, a bag or a store'
        )
    if log.name.endswith('.jsonl') and log.is_file():
        rows, bag = read_event_log(log), log.with_name(BAG)
    else:
        rows, bag = read_bag_rows(path, node), path
    pictures = _Pictures(session, bag if bag.exists() else None, log.parent)
    decisions = 0
    for row in rows:
        session.take(row)
        pictures.follow(row)
        decisions += isinstance(row, DecisionRow)
        if session.history.first:
            raise ReviewError(f'{path} has more than {LONGEST} rows: cut it with ros2 bag convert')
    if not decisions:
        raise ReviewError(f'{path} has no decisions: nothing was watched')
    return session


class _Pictures:
    """The pictures of judged frames, in step with the rows."""

    def __init__(self, session: Session, bag: Path | None, folder: Path) -> None:
        self._session = session
        self._folder = folder
        self._images = _images(bag) if bag is not None else iter(())
        self._ahead: Record | None = None
        self._shown = 0

    def follow(self, row: Row) -> None:
        """Show the frame of a row."""
        if isinstance(row, ResponseRow) and row.stamp != self._shown:
            file = picture_path(self._folder, row.response_id)
            if file.is_file():
                self._session.show(row.stamp, file.read_bytes())
        if not isinstance(row, DecisionRow) or row.stamp == self._shown:
            return
        record = self._ahead or next(self._images, None)
        while record is not None and record.stamp < row.stamp:
            record = next(self._images, None)
        self._ahead = record
        if record is not None and record.stamp == row.stamp:
            self._ahead = None
            self._shown = row.stamp
            if picture := _picture(record):
                self._session.show(row.stamp, picture)


def _images(bag: Path) -> Iterator[Record]:
    try:
        source = open_source(bag)
    except SourceError:
        # A bag of decisions alone: the page says that there is no picture.
        return
    yield from source.records()


def _picture(record: Record) -> bytes:
    """The frame as a JPEG file; b'' when it cannot be decoded."""
    try:
        if isinstance(record, BagRecord) and record.type_name in (IMAGE, COMPRESSED):
            return page_picture(record.data(), record.type_name == COMPRESSED).jpeg
        return small_jpeg(record.image())
    except (ImageError, SourceError):
        return b''
