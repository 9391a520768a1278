# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was recognized, as rows: of a model, of a message, in the event log."""

from __future__ import annotations

from types import SimpleNamespace

from streamo_ros.core.interface import Sighting
from streamo_ros.report.event_log import EventLogWriter
from streamo_ros.report.event_log import read_event_log
from streamo_ros.report.sighting_row import MOST
from streamo_ros.report.sighting_row import SightingRow

CUP = Sighting('cup', 0.8, (0.25, 0.5, 0.75, 1.0))


def detection(kind: str, score: float, x: float, y: float, width: float, height: float):
    """A Detection2D with a second, less likely guess."""
    guesses = [('other', score / 2), (kind, score)]
    return SimpleNamespace(
        results=[
            SimpleNamespace(hypothesis=SimpleNamespace(class_id=name, score=chance))
            for name, chance in guesses
        ],
        bbox=SimpleNamespace(
            center=SimpleNamespace(position=SimpleNamespace(x=x, y=y)),
            size_x=width,
            size_y=height,
        ),
    )


def test_unsure_boxes_are_left_out_and_the_surest_come_first():
    row = SightingRow.from_sightings(
        5, (CUP, Sighting('dog', 0.1, (0, 0, 1, 1)), Sighting('cat', 0.9, (0, 0, 0.5, 0.5)))
    )
    assert row.boxes == (('cat', 0.9, 0, 0, 0.5, 0.5), ('cup', 0.8, 0.25, 0.5, 0.75, 1.0))
    assert not row.pixels


def test_boxes_of_a_frame_are_bounded():
    assert len(SightingRow.from_sightings(5, (CUP,) * (MOST + 50)).boxes) == MOST


def test_message_gives_edges_in_pixels_and_its_most_likely_guess():
    stamp = SimpleNamespace(sec=3, nanosec=7)
    message = SimpleNamespace(
        header=SimpleNamespace(stamp=stamp), detections=[detection('cup', 0.8, 32, 36, 32, 24)]
    )
    row = SightingRow.from_message(message)
    assert (row.stamp, row.pixels) == (3 * 10**9 + 7, True)
    assert row.boxes == (('cup', 0.8, 16, 24, 48, 48),)


def test_detection_without_a_guess_is_left_out():
    nothing = detection('cup', 0.8, 1, 1, 1, 1)
    nothing.results = []
    header = SimpleNamespace(stamp=SimpleNamespace(sec=1, nanosec=0))
    assert (
        SightingRow.from_message(SimpleNamespace(header=header, detections=[nothing])).boxes == ()
    )


def test_event_log_keeps_boxes(tmp_path):
    row = SightingRow.from_sightings(5, (CUP,))
    log = EventLogWriter(tmp_path / 'events.jsonl')
    log.write(row)
    log.close()
    (read,) = read_event_log(tmp_path / 'events.jsonl')
    assert isinstance(read, SightingRow)
    assert [tuple(box) for box in read.boxes] == [*row.boxes]
