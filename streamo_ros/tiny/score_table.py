# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The table of a model card about events: what `streamo score` and `streamo calibrate` found.

Reads no files. Recordings are put together by the first part of their names: drawn worlds by
family, clips one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCORE, CALIBRATION = 'score', 'calibration'
"""Names of the files of figures, without '.json'."""
COUNTS = ('events', 'caught', 'late', 'wrong_words', 'missed', 'duplicates', 'false_alarms')
_HEADS = (*(name.replace('_', ' ') for name in COUNTS), 'false alarms an hour', 'hours')

Figures = Mapping[str, Any]


def score_table(score: Figures | None, calibration: Figures | None, model_id: str) -> str:
    """The table, and a sentence about thresholds.

    Args:
        score: of `streamo score --json`; None = not measured.
        calibration: of `streamo calibrate --json`; None = not measured.
        model_id: of the model that the card is about; figures of another one count as none.
    """
    if score is None or score['model_id'] != model_id:
        return 'Not measured.'
    groups: dict[str, list[Figures]] = {}
    for recording in score['recordings']:
        groups.setdefault(_group(recording['name']), []).append(recording)
    lines = [f'| | {" | ".join(_HEADS)} |', f'|---|{"---:|" * len(_HEADS)}']
    lines.append(_row('**all**', [score]))
    lines += [_row(name, rows) for name, rows in sorted(groups.items())]
    return f'Model `{model_id}`:\n\n' + '\n'.join(lines) + _thresholds(calibration)


def _group(name: str) -> str:
    stem = Path(name).stem
    first, _, last = stem.rpartition('_')
    return first if last.isdigit() else stem


def _row(name: str, rows: Iterable[Figures]) -> str:
    rows = list(rows)
    cells = [str(sum(row[count] for row in rows)) for count in COUNTS]
    hours = sum(row['hours'] for row in rows)
    alarms = sum(row['false_alarms'] for row in rows)
    cells += [f'{alarms / hours:.2f}' if hours else '-', f'{hours:.2f}']
    return f'| {name} | {" | ".join(cells)} |'


def _thresholds(calibration: Figures | None) -> str:
    if calibration is None:
        return ''
    wanted = calibration['wanted_false_alarms_per_hour']
    chosen, honest = calibration['chosen'], calibration['cross_validated']
    head = f'\n\n`streamo calibrate --false-alarms {wanted:g}`:\n'
    if chosen is None:
        quietest = calibration['quietest']
        return f'{head}no threshold is that quiet; the quietest has {quietest:.2f} an hour.'
    settings = (
        f'`thresholds.{calibration["parameter"]}` {chosen["response"]:g}, `thresholds.hysteresis` '
        f'{chosen["hysteresis"]:g}, `notify.cooldown` {chosen["cooldown"]:g} s:\n{_words(chosen)}'
    )
    more = f'; cross-validated:\n{_words(honest)}' if honest else ''
    return f'{head}{settings}{more}.'


def _words(point: Figures) -> str:
    rate = point['alarms'] / point['hours'] if point['hours'] else 0.0
    return f'{point["caught"]} of {point["events"]} caught, {rate:.2f} false alarms an hour'
