# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes measured figures into the card of streamo-objects, between its marks.

`python -m streamo_ros.tiny.objects.card models/streamo-objects` reads what `streamo evaluate`
wrote into `evaluation/`: `streams.json`, `streams_held_out.json`, `streams_unknown.json`,
`streams_long.json`, `real.json` and `fresh.json`; and, where they are there, what `streamo score`
and `streamo calibrate` printed: `score.json` and `calibration.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.tiny.card import read_figures
from streamo_ros.tiny.card import renew
from streamo_ros.tiny.score_table import CALIBRATION
from streamo_ros.tiny.score_table import SCORE
from streamo_ros.tiny.score_table import score_table
from streamo_ros.training.train_config import TrainingError

FOLDER = 'evaluation'
FILES = {
    'streams': 'streams',
    'held out': 'streams_held_out',
    'long': 'streams_long',
    'real': 'real',
}
"""Name of each table's marks, and of the file with its figures."""
UNKNOWN = 'streams_unknown'
"""File with the figures of streams about unknown things."""
FRESH = 'fresh'
"""Name of the marks, and of the file, of clips that nobody had looked at in training."""
EVENTS = {
    'people': 'people who appear and leave',
    'large': 'large things that appear and leave',
}
"""Parts of the clips with events, and what they are called."""
COLUMNS = {
    'state_macro_f1': 'state macro-F1',
    'timing_f1': 'timing F1',
    'answer_accuracy': 'answers right',
    'standing_right': 'last answer right',
    'false_alarms_per_hour': 'false alarms per hour',
    'spurious_answers_per_hour': 'other answers per hour',
    'episodes': 'cases',
}


def main(argv: Sequence[str] | None = None) -> int:
    """Update the card."""
    parser = CommandParser(
        prog='python -m streamo_ros.tiny.objects.card',
        description=__doc__,
    )
    parser.add_argument('folder', type=Path, help='folder of the checkpoint, with its figures')
    folder = parser.parse_args(argv).folder
    card = folder / 'README.md'
    text = card.read_text(encoding='utf-8')
    measured = {name: _read(folder / FOLDER / f'{file}.json') for name, file in FILES.items()}
    for name, figures in measured.items():
        text = renew(text, name, table(figures))
    text = renew(text, 'parts', parts_table(measured['real']))
    others = _read(folder / FOLDER / f'{FRESH}.json')
    text = renew(text, FRESH, fresh(others))
    text = renew(text, 'cuts', cuts_table({'development': measured['real'], FRESH: others}))
    unknown = _read(folder / FOLDER / f'{UNKNOWN}.json')
    text = renew(text, 'quiet', quiet(measured, unknown))
    events = score_table(
        read_figures(folder / FOLDER / f'{SCORE}.json'),
        read_figures(folder / FOLDER / f'{CALIBRATION}.json'),
        measured['real']['model_id'],
    )
    text = renew(text, 'score', events)
    write_text(card, text)
    return 0


def parts_table(figures: Mapping[str, Any]) -> str:
    """Parts of the clips, by the model, by the plain rule and by the best rule in hindsight."""
    watched = figures, figures['rule'], figures['hindsight']
    own, rule, best = (each['parts'] for each in watched)
    rows = ['| | model | plain rule | best rule in hindsight |', '|---|---:|---:|---:|']

    def add(label: str, *values: float | None) -> None:
        rows.append(f'| {label} | {" | ".join(map(_cell, values))} |')

    add('all: timing F1', *(each['timing_f1'] for each in watched))
    for name, label in EVENTS.items():
        label = f'{label} ({own[name]["due"]} events)'
        parts = own[name], rule[name], best[name]
        add(f'{label}: timing F1', *(part['timing_f1'] for part in parts))
        # Which rule is best was decided by its timing alone.
        add(f'{label}: answers right', *(part['answer_accuracy'] for part in parts[:2]), None)
    numbers = (part['numbers']['standing_right'] for part in (own, rule))
    add('numbers from 1 to 4: right in so many frames', *numbers, None)
    return '\n'.join(rows)


def fresh(figures: Mapping[str, Any]) -> str:
    """Clips that nobody had looked at: all of it, its parts, and each clip, as three tables."""
    return '\n\n'.join((table(figures), parts_table(figures), clips_table(figures)))


def clips_table(figures: Mapping[str, Any]) -> str:
    """Each clip, by the model and by the plain rule (in parentheses), as a table."""
    keys = ('timing_f1', 'answer_accuracy', 'standing_right', 'false_alarms')
    heads = ('timing F1', 'answers right', 'last number right', 'false alarms')
    rows = [f'| clip: model (plain rule) | {" | ".join(heads)} |', f'|---|{"---:|" * len(keys)}']
    for name, clip in figures['clips'].items():
        cells = (f'{_cell(clip[key])} ({_cell(clip["rule"][key])})' for key in keys)
        rows.append(f'| {name} | {" | ".join(cells)} |')
    return '\n'.join(rows)


def cuts_table(clips: Mapping[str, Mapping[str, Any]]) -> str:
    """Streams of cuts, by the model and by the plain rule (in parentheses), as a table.

    Args:
        clips: figures of clips, by their names, each with its streams of cuts under 'cuts'.
    """
    keys = {
        'timing_f1': 'timing F1',
        'answer_accuracy': 'answers right',
        'standing_right': 'last number right',
        'spurious_answers_per_hour': 'other answers per hour',
        'false_alarms': 'false alarms',
    }
    rows = [
        f'| of clips | {" | ".join(keys.values())} | hours |',
        f'|---|{"---:|" * len(keys)}---:|',
    ]
    for name, figures in clips.items():
        own = figures['cuts']
        cells = [f'{_cell(own[key])} ({_cell(own["rule"][key])})' for key in keys]
        cells.append(f'{own["never_hours"]:.1f}')
        rows.append(f'| {name}, {own["count"]} streams | {" | ".join(cells)} |')
    return '\n'.join(rows)


def quiet(measured: Mapping[str, Mapping[str, Any]], unknown: Mapping[str, Any]) -> str:
    """What it says where nothing is due, and what it refuses, as a table.

    Args:
        measured: the figures behind the other tables, by their names.
        unknown: those of the streams about unknown things.
    """
    real = measured['real']
    rows = ['| | model | plain rule |', '|---|---:|---:|']
    for name, figures in (
        ('false alarms per instruction-hour, the clips', real),
        ('the same, variants of the clips', real['variants']),
    ):
        if figures:
            hours = f'{figures["never_hours"]:.1f} h'
            own, rule = (_cell(row['false_alarms_per_hour']) for row in (figures, figures['rule']))
            rows.append(f'| {name} ({hours}) | {own} | {rule} |')
    known = {name: measured[name]['refused']['known'] for name in ('streams', 'held out')}
    count = unknown['episodes']
    rows += [
        f'| unknown things refused ({count} cases) | {_cell(unknown["refused"]["unknown"])} | - |',
        f'| known things refused | {_cell(known["streams"])} | - |',
        f'| known things refused, held-out wordings | {_cell(known["held out"])} | - |',
    ]
    return '\n'.join(rows)


def table(figures: Mapping[str, Any]) -> str:
    """The figures of an evaluation as a table: the model, by family, then the plain rule."""
    head = f'Model `{figures["model_id"]}`:\n\n'
    lines = [f'| | {" | ".join(COLUMNS.values())} |', f'|---|{"---:|" * len(COLUMNS)}']
    lines.append(_row('**all**', figures))
    lines += [_row(name, row) for name, row in figures['families'].items()]
    if figures['rule']:
        lines.append(_row('**plain rule**', figures['rule']))
        lines += [_row(f'rule: {name}', row) for name, row in figures['rule']['families'].items()]
    return head + '\n'.join(lines)


def _row(name: str, figures: Mapping[str, Any]) -> str:
    return f'| {name} | {" | ".join(_cell(figures[key]) for key in COLUMNS)} |'


def _cell(value: float | None) -> str:
    if value is None:
        return '-'
    return str(value) if isinstance(value, int) else f'{value:.2f}'


def _read(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise TrainingError(f'{path} does not exist: write it with `streamo evaluate`')
    content: Mapping[str, Any] = json.loads(path.read_text(encoding='utf-8'))
    return content


if __name__ == '__main__':
    sys.exit(run_program('card', main))
