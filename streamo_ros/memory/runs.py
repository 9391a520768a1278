# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Decisions and sightings as runs: one row as long as nothing changes.

Twelve hours of Silence are one row, and nothing is lost: every sampled frame has exactly one
decision for each instruction.
"""

from __future__ import annotations

import json
import math
import sqlite3
from dataclasses import dataclass

from streamo_ros.core.frame import SECOND
from streamo_ros.core.interface import Sighting
from streamo_ros.core.protocol import State
from streamo_ros.memory.record import StateRecord

SURE = 0.4
"""Score from which a sighting is remembered."""

GAP = 5 * SECOND
"""A thing that is missed for less stays there: detectors blink."""


@dataclass(frozen=True, slots=True)
class OpenRun:
    """The last row of an instruction or a kind."""

    row: int
    state: int
    stop: int


class RunWriter:
    """Continues rows of one stream, or begins new ones; inside a transaction of the caller.

    Args:
        database: where they are written.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._states: dict[tuple[int, int], OpenRun] = {}
        self._things: dict[tuple[int, str], OpenRun] = {}

    def saved(self) -> tuple[dict[tuple[int, int], OpenRun], dict[tuple[int, str], OpenRun]]:
        """What to give `restore` when the transaction fails."""
        return dict(self._states), dict(self._things)

    def restore(
        self, saved: tuple[dict[tuple[int, int], OpenRun], dict[tuple[int, str], OpenRun]]
    ) -> None:
        """Take back what was begun in a transaction that failed."""
        self._states, self._things = saved

    def forget(self, stream: int) -> None:
        """Begin new rows in a stream: what is open may have been erased."""
        self._states = {key: run for key, run in self._states.items() if key[0] != stream}
        self._things = {key: run for key, run in self._things.items() if key[0] != stream}

    def state(self, stream: int, record: StateRecord) -> bool:
        """Write a decision; returns whether it differs from the one before."""
        key = stream, record.instruction_id
        chance = None if math.isnan(record.probability) else record.probability
        last = self._states.get(key)
        if last is not None and last.state == record.state and record.stamp >= last.stop:
            self._database.execute(
                'UPDATE runs SET stop = ?1, frames = frames + 1, '
                'probability = max(ifnull(probability, ?2), ifnull(?2, probability)) '
                'WHERE id = ?3',
                (record.stamp, chance, last.row),
            )
            self._states[key] = OpenRun(last.row, last.state, record.stamp)
            return False
        row = self._database.execute(
            'INSERT INTO runs (stream, instruction, state, start, stop, frames, probability) '
            'VALUES (?, ?, ?, ?, ?, 1, ?)',
            (*key, int(record.state), record.stamp, record.stamp, chance),
        ).lastrowid
        self._states[key] = OpenRun(row or 0, record.state, record.stamp)
        return last is not None or record.state is not State.SILENCE

    def sightings(self, stream: int, stamp: int, sightings: tuple[Sighting, ...]) -> None:
        """Write what was recognized in a frame: the surest one of each kind."""
        best: dict[str, Sighting] = {}
        for sighting in sightings:
            if sighting.score >= SURE and (
                sighting.kind not in best or sighting.score > best[sighting.kind].score
            ):
                best[sighting.kind] = sighting
        for kind, sighting in best.items():
            self._sighting(stream, stamp, kind, sighting)

    def _sighting(self, stream: int, stamp: int, kind: str, sighting: Sighting) -> None:
        key = stream, kind
        box = json.dumps([round(edge, 3) for edge in sighting.box])
        last = self._things.get(key)
        if last is not None and 0 <= stamp - last.stop <= GAP:
            self._database.execute(
                'UPDATE sightings SET stop = ?, frames = frames + 1, score = max(score, ?), '
                'box = ? WHERE id = ?',
                (stamp, sighting.score, box, last.row),
            )
            self._things[key] = OpenRun(last.row, 0, stamp)
            return
        row = self._database.execute(
            'INSERT INTO sightings (stream, kind, start, stop, frames, score, box) '
            'VALUES (?, ?, ?, ?, 1, ?, ?)',
            (stream, kind, stamp, stamp, sighting.score, box),
        ).lastrowid
        self._things[key] = OpenRun(row or 0, 0, stamp)
