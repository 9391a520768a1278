# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Figures into a model's card: `python -m streamo_ros.training.tiny.card FOLDER`.

Knows the card's two marks, and `evaluation.json` beside it, which `streamo evaluate` wrote. What
stands between the marks is replaced.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.training.config import TrainingError

BEGIN, END = '<!-- figures -->', '<!-- end of figures -->'
COLUMNS = {
    'state_macro_f1': 'state macro-F1', 'timing_f1': 'timing F1 (1 s)',
    'answer_accuracy': 'answers right', 'interval_iou': 'interval IoU',
    'false_alarms_per_hour': 'false alarms per hour', 'episodes': 'episodes',
}


def main(argv: Sequence[str] | None = None) -> int:
    """Renew a card; 0 when it is written."""
    parser = argparse.ArgumentParser(
        prog='python -m streamo_ros.training.tiny.card', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=Path, help='of the checkpoint, with evaluation.json')
    folder = parser.parse_args(argv).folder
    try:
        found = json.loads((folder / 'evaluation.json').read_text(encoding='utf-8'))
        card = folder / 'README.md'
        text = renew(card.read_text(encoding='utf-8'), figures(found))
        card.write_text(text, encoding='utf-8')
    except (ValueError, OSError) as error:
        # Every error class of this area is a ValueError with one sentence for the user.
        print(f'card: {error}', file=sys.stderr)
        return 1
    return 0


def figures(found: Mapping[str, Any]) -> str:
    """A Markdown table of all and of each family; '-' where nothing of the kind was due."""
    rows = {'all': found, **found['families']}
    lines = [f'| | {" | ".join(COLUMNS.values())} |', f'|---|{"---:|" * len(COLUMNS)}']
    lines += [f'| {name} | {" | ".join(_cell(row[key]) for key in COLUMNS)} |'
              for name, row in rows.items()]
    return '\n'.join([f'Model `{found["model_id"]}`, seed {found["seed"]}:', '', *lines])


def renew(card: str, table: str) -> str:
    """The card with another table.

    Raises:
        TrainingError: the card lacks one of the marks.
    """
    before, begin, rest = card.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise TrainingError(f'the card has no {BEGIN} followed by {END}: put them in')
    return f'{before}{BEGIN}\n{table}\n{END}{after}'


def _cell(value: float | None) -> str:
    if value is None:
        return '-'
    return str(value) if isinstance(value, int) else f'{value:.2f}'


if __name__ == '__main__':
    sys.exit(main())
