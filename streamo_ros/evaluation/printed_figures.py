# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of `streamo evaluate` as tables on a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

_RULE = 'plain rule: a score above 0.4, seen twice'
_RULES = {'rule': _RULE, 'hindsight': 'best rule in hindsight, of cases with events'}
_COLUMNS = {
    'state_macro_f1': 'states',
    'timing_f1': 'timing',
    'timing_f1_2s': '(2 s)',
    'answer_accuracy': 'right',
    'interval_iou_untimed': 'IoU',
    'false_alarms_per_hour': 'alarms/h',
    'duplicate_rate': 'repeats',
    'episodes': 'cases',
}
"""Metrics of the table and their short names: it must fit into 80 columns."""


def print_figures(figures: dict[str, Any]) -> None:
    """Print what `streamo evaluate` found."""
    control = f', control: {figures["control"]}' if figures.get('control') else ''
    _print_table(f'{figures["model"]} ({figures["model_id"]}){control}', figures)
    for name, title in _RULES.items():
        if figures.get(name):
            _print_table(title, figures[name])
    if figures.get('variants'):
        title = f'{figures["variants"]["count"]} variants of each clip, nothing due'
        _print_table(title, figures['variants'])
    if figures.get('cuts'):
        title = f'{figures["cuts"]["count"]} streams of cuts'
        _print_table(title, figures['cuts'])
        if figures['cuts']['rule']:
            _print_table(f'{_RULE}, {title}', figures['cuts']['rule'])
    for name, share in figures.get('refused', {}).items():
        if share is not None:
            print(f'refused, of the cases about {name} things: {share:.3f}')
    if figures['false_alarms_per_minute'] is not None:
        print(f'false alarms per minute of video: {figures["false_alarms_per_minute"]:.3f}')
    for key, lowest in figures['weakest'].items():
        family = f'{lowest[1]:.3f} ({lowest[0]})' if lowest else 'none (nothing was due)'
        print(f'lowest {key}: {family}')
    latency = figures['latency_ms']
    print(f'encode and extend per frame: median {latency["median"]} ms, p95 {latency["p95"]} ms')


def _print_table(title: str, figures: dict[str, Any]) -> None:
    table = Table(title=title)
    table.add_column('family', no_wrap=True)
    for name in _COLUMNS.values():
        table.add_column(name, justify='right', no_wrap=True)
    for family, row in {'all': figures, **figures['families']}.items():
        table.add_row(family, *(_cell(row[metric]) for metric in _COLUMNS))
    Console().print(table)


def _cell(value: float | None) -> str:
    if value is None:
        return '-'
    return str(value) if isinstance(value, int) else f'{value:.3f}'
