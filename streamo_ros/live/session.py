# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a page is told: records that only grow, and facts of which the newest counts.

Everything is called in the event loop's thread. Watchers are woken, never waited for: what a slow
one has not fetched is waiting in the history, once for all.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from dataclasses import asdict
from typing import Any

from streamo_ros.core.frame import Reason
from streamo_ros.core.protocol import State
from streamo_ros.live.history import History
from streamo_ros.live.pictures import RecentPictures
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import DeltaRow
from streamo_ros.report.run_rows import EndRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow
from streamo_ros.report.sighting_row import SightingRow
from streamo_ros.report.timeline import StreamClock

LANES = 256
"""Lanes that are kept; those of canceled instructions go first, the oldest before the others."""
_PARTIAL = 4000


class Session:
    """One node, or one recording.

    Args:
        history: takes the records.
        pictures: of judged frames.
        live: whether more is to come; False = a recording.

    Attributes:
        epoch: identifies this session; another one means that a page must begin anew.
        facts: by name; see `tell`.
        version: counts changes of the facts.
    """

    def __init__(self, history: History, pictures: RecentPictures, live: bool) -> None:
        self.epoch = secrets.token_hex(8)
        self.history = history
        self.pictures = pictures
        self.facts: dict[str, Any] = {'live': live, 'lanes': [], 'speaking': []}
        self.version = 0
        self._clock = StreamClock()
        self._period = 1.0
        self._lanes: dict[int, int] = {}
        self._made = 0
        self._answered: deque[int] = deque(maxlen=64)
        self._watchers: set[asyncio.Event] = set()

    def watch(self) -> asyncio.Event:
        """An event that is set whenever there is something new."""
        event = asyncio.Event()
        event.set()
        self._watchers.add(event)
        return event

    def unwatch(self, event: asyncio.Event) -> None:
        """Forget an event of `watch`."""
        self._watchers.discard(event)

    def tell(self, **facts: Any) -> None:
        """Set facts; the pages get them all, in their newest version."""
        if any(self.facts.get(name) != value for name, value in facts.items()):
            self.facts |= facts
            self.version += 1
            self._wake()

    def take(self, row: Row) -> None:
        """Take the next row."""
        match row:
            case StreamRow():
                self._period = 1 / (row.rate or 1.0)
                self.tell(
                    source=row.source,
                    rate=row.rate,
                    model=dict(row.model),
                    thresholds=thresholds_in_effect(row),
                )
            case InstructionRow():
                self._open_lane(row.id, row.text, row.cooldown)
            case DecisionRow():
                self._take_decision(row)
            case ResponseRow():
                self._take_response(row)
            case SightingRow():
                self._add(['b', 0, str(row.stamp), row.boxes, row.pixels])
            case DeltaRow():
                self._take_delta(row)
            case EndRow():
                self.tell(end=asdict(row))

    def show(self, stamp: int, picture: bytes, size: tuple[int, int] = (0, 0)) -> None:
        """Keep the picture of a judged frame; its decision must have been taken before.

        Args:
            stamp: the frame's capture time, nanoseconds.
            picture: a JPEG file.
            size: width and height of the camera's image, where they are not those of the file.
        """
        self.pictures.put(stamp, picture)
        self.point(stamp, size)

    def point(self, stamp: int, size: tuple[int, int] = (0, 0)) -> None:
        """Say that there is a picture of a judged frame; arguments as of `show`."""
        self._add(['p', self._clock.at(stamp), str(stamp), *size])

    def activate(self, rows: list[InstructionRow]) -> None:
        """Say which instructions are active now; the lanes of others stay."""
        for row in rows:
            self._open_lane(row.id, row.text, row.cooldown)
        active = {self._lanes[row.id] for row in rows}
        self.tell(
            lanes=[{**lane, 'active': lane['lane'] in active} for lane in self.facts['lanes']]
        )

    def _open_lane(self, key: int, text: str, cooldown: float = 0.0) -> int:
        """The lane of an instruction: a new one also where a restarted node reuses an id."""
        lanes = self.facts['lanes']
        if key in self._lanes and any(
            earlier['lane'] == self._lanes[key] and earlier['text'] == text for earlier in lanes
        ):
            return self._lanes[key]
        self._made += 1
        self._lanes[key] = self._made
        lane = {'lane': self._made, 'id': key, 'text': text, 'cooldown': cooldown, 'active': True}
        while len(lanes) >= LANES:
            gone = next((earlier for earlier in lanes if not earlier['active']), lanes[0])
            lanes = [earlier for earlier in lanes if earlier is not gone]
        self.tell(lanes=[*lanes, lane])
        return self._made

    def _lane(self, key: int) -> int:
        return self._lanes.get(key) or self._open_lane(key, '' if key else '(no instruction)')

    def _take_decision(self, row: DecisionRow) -> None:
        unasked = row.reason == Reason.NO_INSTRUCTION.name or not row.instruction_id
        self._add(
            [
                'd',
                round(self._clock.seconds(row.stamp, row.stream_id, self._period), 6),
                str(row.stamp),
                0 if unasked else self._lane(row.instruction_id),
                int(State[row.state]),
                *(row.probabilities or (None, None, None)),
                row.response_id,
                row.stream_id,
                row.reason or row.flaw,
                row.latency,
                row.dropped,
                row.context_tokens,
                row.received,
            ]
        )

    def _take_response(self, row: ResponseRow) -> None:
        at = round(self._clock.seconds(row.stamp, row.stream_id, self._period), 6)
        self._add(
            [
                'a',
                at,
                str(row.stamp),
                self._lane(row.instruction_id),
                row.response_id,
                row.text,
                row.finish,
                row.probability,
                max(0.0, (row.stamp - row.event_start) / 1e9) if row.event_start else 0.0,
                row.first_token_time,
                row.generation_time,
            ]
        )
        self.pictures.pin(row.stamp)
        self._answered.append(row.response_id)
        self.tell(speaking=[said for said in self.facts['speaking'] if said[0] != row.response_id])

    def _take_delta(self, row: DeltaRow) -> None:
        if row.response_id in self._answered:
            # Pieces and whole answers travel on two topics: this one was overtaken.
            return
        said = {entry[0]: entry for entry in self.facts['speaking']}
        before = said.get(row.response_id, [0, 0, ''])[2]
        text = (before + row.text)[-_PARTIAL:]
        if not text:
            # A repetition that is held back.
            return
        said[row.response_id] = [row.response_id, self._lane(row.instruction_id), text]
        # Bounded, because a node that is killed never ends its answers.
        self.tell(speaking=[*said.values()][-8:])

    def _add(self, record: list[Any]) -> None:
        self.history.add(record)
        self._wake()

    def _wake(self) -> None:
        for event in self._watchers:
            event.set()


def thresholds_in_effect(row: StreamRow) -> dict[str, Any]:
    """What decides, as the page computes with it: 0 = the most probable state.

    Where the thresholds say 0, those that the checkpoint asks for, as far as the row knows them;
    `half`, whether Standby begins at half of a gate's threshold.
    """
    asked = float(row.model.get('response_threshold') or 0.0)
    gate = bool(row.thresholds.get('gate', row.model.get('gate')))
    standby = float(row.thresholds.get('standby', 0.0))
    response = float(row.thresholds.get('response', 0.0)) or asked
    return {
        'response': response,
        'standby': standby,
        'hysteresis': float(row.thresholds.get('hysteresis', 0.0)),
        'gate': gate,
        'half': gate and not standby,
    }
