# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is aimed at on an H100 or H200, and what a record says of it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streamo_ros.tools.gpu.plan import DEFAULT
from streamo_ros.tools.gpu.plan import ENGINE
from streamo_ros.tools.gpu.plan import FLAT
from streamo_ros.tools.gpu.plan import PEERS
from streamo_ros.tools.gpu.plan import SQUARE
from streamo_ros.tools.gpu.record import MEASURED

Row = dict[str, Any]
COMPARED = ('frame_ms', 'extend_ms', 'first_token_ms', 'token_ms')
"""Figures in which no loop may be ahead, where a row has them."""
_LARGE, _SMALL, _CONTEXT = 'qwen2.5-vl-7b', 'qwen2.5-vl-3b', 8_000


@dataclass(frozen=True)
class Goal:
    """One aim.

    Attributes:
        text: what, in the table.
        limit: the most it may be, or with `least` the least.
        reached: reads it off the rows; None where they do not say.
        least: whether more is better.
        aside: what else is to be known, read off the rows; '' for nothing.
    """

    text: str
    limit: float
    reached: Callable[[Sequence[Row]], float | None]
    least: bool = False
    aside: Callable[[Sequence[Row]], str] | None = None

    def met(self, value: float) -> bool:
        """Whether a value reaches it."""
        return value >= self.limit if self.least else value <= self.limit


def _find(rows: Sequence[Row], **wanted: Any) -> Row | None:
    for row in rows:
        if row['status'] == MEASURED and all(row.get(key) == wanted[key] for key in wanted):
            return row
    return None


def _figure(name: str, **wanted: Any) -> Callable[[Sequence[Row]], float | None]:
    asked = {'kind': ENGINE, 'view': SQUARE.name, 'lanes': 1, 'context': _CONTEXT, **wanted}

    def reached(rows: Sequence[Row]) -> float | None:
        row = _find(rows, **asked)
        return None if row is None else float(row[name])

    return reached


def _worst(name: str, least: bool, **wanted: Any) -> Callable[[Sequence[Row]], float | None]:
    """The worst value of a figure among rows of one lane."""

    def reached(rows: Sequence[Row]) -> float | None:
        values = [
            float(row[name])
            for row in rows
            if row['status'] == MEASURED
            and name in row
            and all(row.get(key) == wanted[key] for key in wanted)
        ]
        return (min if least else max)(values) if values else None

    return reached


def _lanes(rows: Sequence[Row], figure: str = 'frame_ms') -> float | None:
    """Eight lanes over one, a silent frame."""
    asked = {'kind': ENGINE, 'view': SQUARE.name, 'shape': _LARGE, 'context': _CONTEXT}
    single, eight = _find(rows, lanes=1, **asked), _find(rows, lanes=8, **asked)
    return float(eight[figure] / single[figure]) if single and eight else None


def _least_lanes(rows: Sequence[Row]) -> str:
    ratio = _lanes(rows, 'roofline_ms_computed')
    return '' if ratio is None else f'computed rooflines: {ratio:.3g}'


def _latest(rows: Sequence[Row]) -> str:
    """Which frames were late, since time may have ended before the one that was meant."""
    late = [row['late_frames'][0] for row in rows if row.get('late_frames')]
    return f'at frame {min(late):,} or later' if late else ''


def against_peers(rows: Sequence[Row]) -> float | None:
    """The engine's time over the fastest loop's at its worst place, frames and tokens alike."""
    ratios = []
    for peer in rows:
        if peer['kind'] not in PEERS or peer['status'] != MEASURED:
            continue
        same = {key: peer[key] for key in ('shape', 'view', 'lanes', 'context')}
        own = _find(rows, kind=ENGINE, **same)
        for name in COMPARED if own else ():
            if name in peer and own is not None:
                ratios.append(own[name] / peer[name])
    return max(ratios) if ratios else None


GOALS = (
    Goal('7B, 448x448, 1 lane, 8k: silent frame, ms', 14, _figure('frame_ms', shape=_LARGE)),
    Goal('the same over its roofline (computed)', 1.3, _figure('roofline_ratio', shape=_LARGE)),
    Goal('3B, 448x448, 1 lane, 8k: silent frame, ms', 8, _figure('frame_ms', shape=_SMALL)),
    Goal(
        'decode, share of copy bandwidth, worst of 1 lane at 448x448',
        0.6,
        _worst('decode_share', True, kind=ENGINE, lanes=1, view=SQUARE.name),
        least=True,
    ),
    Goal('7B, 448x448, 8k: 8 lanes over 1', 3, _lanes, aside=_least_lanes),
    Goal(
        'frame 10,000 over frame 500, worst',
        1.05,
        _worst('flat_ratio', False, kind=FLAT, view=DEFAULT.name),
        aside=_latest,
    ),
    Goal(
        'first token after a Response, 1 lane, worst, ms',
        20,
        _worst('first_token_ms', False, kind=ENGINE, lanes=1),
    ),
    Goal('time over the fastest other loop at the same place, worst', 1, against_peers),
)


def judge(rows: Sequence[Row]) -> list[tuple[Goal, float | None]]:
    """Every goal and what was reached."""
    return [(goal, goal.reached(rows)) for goal in GOALS]


def disagreement(rows: Sequence[Row]) -> float | None:
    """Largest difference of a state logit between the engine and a loop at the same place."""
    differences = []
    for peer in rows:
        same = {key: peer[key] for key in ('shape', 'view', 'lanes', 'context')}
        own = _find(rows, kind=ENGINE, **same)
        if peer['kind'] in PEERS and 'states' in peer and own is not None:
            pairs = zip(own['states'], peer['states'], strict=True)
            differences.append(max(abs(ours - theirs) for ours, theirs in pairs))
    return max(differences) if differences else None
