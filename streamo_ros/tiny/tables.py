# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of a model's card, in Markdown, from what `streamo evaluate` and the ablation wrote.

Knows which figures stand in which table and which file they come from; knows no file system. What
has not been measured says so; nothing is carried over from another model.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

Figures = Mapping[str, Any]
Measured = Mapping[str, Figures]
"""Figures by the names of their files."""

COLUMNS = {
    'state_macro_f1': 'state macro-F1',
    'timing_f1': 'timing F1 (1 s)',
    'answer_accuracy': 'answers right',
    'interval_iou': 'interval IoU',
    'false_alarms_per_hour': 'false alarms per hour',
    'episodes': 'episodes',
}
FOLDER = 'evaluation'
"""Of the figures, in the folder of a checkpoint; it is not installed on robots."""
FILES = (
    'evaluation',
    'evaluation_held_out',
    'evaluation_phrasings',
    'evaluation_blind',
    'evaluation_last_frame',
    'evaluation_2hz',
    'evaluation_600',
    'evaluation_complete',
    'evaluation_drop',
    'evaluation_never',
    'evaluation_video',
)
"""Of one model; without '.json'."""
CONTROLS = {
    'evaluation_blind': ('black frames', 0.45),
    'evaluation_last_frame': ('the newest frame alone', 0.75),
}
"""What is taken away, and the macro-F1 above which the worlds would be too easy."""
STRESSES = {
    'evaluation': ('as in training', ''),
    'evaluation_2hz': ('sampled faster', 'evaluation'),
    'evaluation_600': ('long streams', 'evaluation'),
    'evaluation_complete': ('no frame lost', ''),
    'evaluation_drop': ('frames lost at random', 'evaluation_complete'),
}
"""What is made harder, and which file it is held against."""
SILENCES = {
    'evaluation_never': 'tables on which what is asked for never comes',
    'evaluation_video': 'a real video, in which it never comes',
}
RUNS = {
    'plain': 'cross-entropy',
    'focal_alpha': 'focal and alpha (Streamo)',
    'class_balanced': 'class-balanced',
    'one_hertz': 'cross-entropy, trained at 1 Hz alone',
}
"""The runs of the ablation."""
MISSING = 'not measured'


def figures(found: Figures) -> str:
    """A table of all and of each family; '-' where nothing of the kind was due."""
    rows = {'all': found, **found['families']}
    table = _table(
        COLUMNS.values(), {name: [cell(row[key]) for key in COLUMNS] for name, row in rows.items()}
    )
    return f'Model `{found["model_id"]}`, seed {found["seed"]}:\n\n{table}'


def figures_of(measured: Measured, name: str) -> str:
    """As `figures`, of another file."""
    found = measured.get(name)
    return figures(found) if found else f'{MISSING.capitalize()}.'


def controls(measured: Measured) -> str:
    """What is left without seeing, and without remembering."""
    titles = ('state macro-F1', 'at most', 'timing F1 (1 s)', 'answers right', 'episodes', 'seed')
    rows = {}
    for name, (title, most) in CONTROLS.items():
        found = measured.get(name)
        rows[title] = (
            [MISSING, cell(most), '', '', '', '']
            if found is None
            else [
                cell(found['state_macro_f1']),
                cell(most),
                *(
                    cell(found[key])
                    for key in ('timing_f1', 'answer_accuracy', 'episodes', 'seed')
                ),
            ]
        )
    return _table(titles, rows)


def robustness(measured: Measured) -> str:
    """What is lost where it is harder than in training, and alarms where nothing comes."""
    titles = (
        'frames a second',
        'lost on top',
        'frames',
        'state macro-F1',
        'change',
        'timing F1 (1 s)',
        'change',
        'episodes',
    )
    rows = {
        title: _stress(measured.get(name), measured.get(base))
        for name, (title, base) in STRESSES.items()
    }
    alarms = {}
    for name, title in SILENCES.items():
        found = measured.get(name)
        rate = found['false_alarms_per_hour'] if found else None
        alarms[title] = (
            [MISSING, '', '']
            if found is None or rate is None
            else [cell(found['never_hours']), cell(rate), cell(rate / 60)]
        )
    return '\n\n'.join(
        (
            _table(titles, rows),
            _table(('hours', 'false alarms an hour', 'false alarms a minute'), alarms),
        )
    )


def ablation(found: Figures) -> str:
    """The losses, and 1 Hz alone, at an equal budget.

    Args:
        found: what `ablation` wrote; {} = nothing yet.
    """
    keys = ('state_macro_f1', 'timing_f1', 'answer_accuracy', 'false_alarms_per_hour')
    titles = [*(COLUMNS[key] for key in keys), 'state macro-F1 at 2 Hz', 'timing F1 at 2 Hz']
    rows, runs = {}, found.get('runs', {})
    for name, title in RUNS.items():
        if name not in runs:
            rows[title] = [MISSING, '', '', '', '', '']
            continue
        once, twice = runs[name]['1'], runs[name].get('2', {})
        rows[title] = [
            *(cell(once[key]) for key in keys),
            cell(twice.get('state_macro_f1')),
            cell(twice.get('timing_f1')),
        ]
    said = (
        ''
        if not runs
        else (
            f'{found["steps"]} steps each, the same data and seed; {found["worlds"]} episodes of '
            f'seed {found["seed"]}, free-running:\n\n'
        )
    )
    return said + _table(titles, rows)


def cell(value: float | None) -> str:
    """A figure as text; '-' for none."""
    if value is None:
        return '-'
    return str(value) if isinstance(value, int) else f'{value:.2f}'


def _stress(found: Figures | None, base: Figures | None) -> list[str]:
    if found is None:
        return ['', '', '', MISSING, '', '', '', '']
    row = [
        f'{found["rate"]:g}',
        f'{found["drop"]:.0%}',
        f'{found["frames"] / max(found["episodes"], 1):.0f}',
    ]
    for key in ('state_macro_f1', 'timing_f1'):
        before = base.get(key) if base else None
        known = before is not None and found[key] is not None
        row += [cell(found[key]), f'{found[key] - before:+.2f}' if known else '-']
    return [*row, cell(found['episodes'])]


def _table(titles: Iterable[str], rows: Mapping[str, Sequence[str]]) -> str:
    titles = list(titles)
    return '\n'.join(
        [
            f'| | {" | ".join(titles)} |',
            f'|---|{"---:|" * len(titles)}',
            *(f'| {name} | {" | ".join(cells)} |' for name, cells in rows.items()),
        ]
    )
