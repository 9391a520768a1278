# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The Markdown tables of a model card, from the results of `streamo evaluate` and the ablation.

Reads no files. What has not been measured is marked as such; nothing is carried over from another
model.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

Figures = Mapping[str, Any]
Measured = Mapping[str, Figures]
"""Figures by file name."""

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
    'evaluation_strangers',
    'evaluation_strangers2',
    'evaluation_blind',
    'evaluation_last_frame',
    'evaluation_2hz',
    'evaluation_600',
    'evaluation_complete',
    'evaluation_drop',
    'evaluation_never',
    'evaluation_never_strangers',
    'evaluation_never_strangers2',
    'evaluation_video',
)
"""Names of the files of one model, without '.json'."""
CONTROLS = {
    'evaluation_blind': ('black frames', 0.45),
    'evaluation_last_frame': ('the newest frame only', 0.75),
}
"""What is hidden from the model, and the macro-F1 above which the worlds would be too easy."""
STRESSES = {
    'evaluation': ('as in training', ''),
    'evaluation_2hz': ('sampled faster', 'evaluation'),
    'evaluation_600': ('long streams', 'evaluation'),
    'evaluation_complete': ('no frame dropped', ''),
    'evaluation_drop': ('frames dropped at random', 'evaluation_complete'),
}
"""What is made harder, and the file it is compared with."""
SILENCES = {
    'evaluation_never': 'worlds in which the event never happens',
    'evaluation_never_strangers': "such worlds, asked in strangers' words",
    'evaluation_never_strangers2': 'such worlds, asked in the words of the second list',
    'evaluation_video': 'a real video in which the event never happens',
}
"""Streams on which the model should stay silent."""
RUNS = {
    'plain': 'cross-entropy',
    'focal_alpha': 'focal and alpha (Streamo)',
    'class_balanced': 'class-balanced',
    'one_hertz': 'cross-entropy, trained at 1 Hz only',
}
"""The runs of the ablation."""
MISSING = 'not measured'


def figures(evaluation: Figures) -> str:
    """A table of all families together and each alone; '-' where there was nothing to measure."""
    rows = {'all': evaluation, **evaluation['families']}
    table = _table(
        COLUMNS.values(), {name: [cell(row[key]) for key in COLUMNS] for name, row in rows.items()}
    )
    return f'Model `{evaluation["model_id"]}`, seed {evaluation["seed"]}:\n\n{table}'


def figures_of(measured: Measured, name: str) -> str:
    """The same table for another file, if it has been measured."""
    evaluation = measured.get(name)
    return figures(evaluation) if evaluation else f'{MISSING.capitalize()}.'


def controls(measured: Measured) -> str:
    """How good the model is without seeing, and without remembering."""
    titles = ('state macro-F1', 'limit', 'timing F1 (1 s)', 'answers right', 'episodes', 'seed')
    rows = {}
    for name, (title, limit) in CONTROLS.items():
        evaluation = measured.get(name)
        rows[title] = (
            [MISSING, cell(limit), '', '', '', '']
            if evaluation is None
            else [
                cell(evaluation['state_macro_f1']),
                cell(limit),
                *(
                    cell(evaluation[key])
                    for key in ('timing_f1', 'answer_accuracy', 'episodes', 'seed')
                ),
            ]
        )
    return _table(titles, rows)


def robustness(measured: Measured) -> str:
    """What is lost under conditions harder than in training, and the rate of false alarms."""
    titles = (
        'frames per second',
        'dropped',
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
        evaluation = measured.get(name)
        rate = evaluation['false_alarms_per_hour'] if evaluation else None
        alarms[title] = (
            [MISSING, '', '']
            if evaluation is None or rate is None
            else [cell(evaluation['never_hours']), cell(rate), cell(rate / 60)]
        )
    return '\n\n'.join(
        (
            _table(titles, rows),
            _table(('hours', 'false alarms per hour', 'false alarms per minute'), alarms),
        )
    )


def ablation(results: Figures) -> str:
    """The losses, and training at 1 Hz only, at an equal budget.

    Args:
        results: the content of ablation.json; {} if there is none yet.
    """
    keys = ('state_macro_f1', 'timing_f1', 'answer_accuracy', 'false_alarms_per_hour')
    titles = [*(COLUMNS[key] for key in keys), 'state macro-F1 at 2 Hz', 'timing F1 at 2 Hz']
    rows, runs = {}, results.get('runs', {})
    for name, title in RUNS.items():
        if name not in runs:
            rows[title] = [MISSING, '', '', '', '', '']
            continue
        at_1_hz, at_2_hz = runs[name]['1'], runs[name].get('2', {})
        rows[title] = [
            *(cell(at_1_hz[key]) for key in keys),
            cell(at_2_hz.get('state_macro_f1')),
            cell(at_2_hz.get('timing_f1')),
        ]
    caption = (
        ''
        if not runs
        else (
            f'{results["steps"]} steps each, the same data and seed; {results["worlds"]} episodes '
            f'of seed {results["seed"]}, free-running:\n\n'
        )
    )
    return caption + _table(titles, rows)


def cell(value: float | None) -> str:
    """A figure as text; '-' for None."""
    if value is None:
        return '-'
    return str(value) if isinstance(value, int) else f'{value:.2f}'


def _stress(evaluation: Figures | None, base: Figures | None) -> list[str]:
    if evaluation is None:
        return ['', '', '', MISSING, '', '', '', '']
    row = [
        f'{evaluation["rate"]:g}',
        f'{evaluation["drop"]:.0%}',
        f'{evaluation["frames"] / max(evaluation["episodes"], 1):.0f}',
    ]
    for key in ('state_macro_f1', 'timing_f1'):
        value, before = evaluation[key], base.get(key) if base else None
        known = before is not None and value is not None
        row += [cell(value), f'{value - before:+.2f}' if known else '-']
    return [*row, cell(evaluation['episodes'])]


def _table(titles: Iterable[str], rows: Mapping[str, Sequence[str]]) -> str:
    titles = list(titles)
    return '\n'.join(
        [
            f'| | {" | ".join(titles)} |',
            f'|---|{"---:|" * len(titles)}',
            *(f'| {name} | {" | ".join(cells)} |' for name, cells in rows.items()),
        ]
    )
