# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Updates the tables in a model card: `python -m streamo_ros.tiny.card FOLDER`.

Tables are made from the JSON files next to the card, which `streamo evaluate`, `streamo score`,
`streamo calibrate` and the ablation write, and replace what is between two marks. Figures of a
model other than that of `evaluation.json` are left out, with a warning.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.tiny import tables
from streamo_ros.tiny.score_table import CALIBRATION
from streamo_ros.tiny.score_table import SCORE
from streamo_ros.tiny.score_table import score_table
from streamo_ros.training.train_config import TrainingError


def main(argv: Sequence[str] | None = None) -> int:
    """Update a card."""
    parser = CommandParser(
        prog='python -m streamo_ros.tiny.card',
        description=__doc__,
    )
    parser.add_argument('folder', type=Path, help='folder of the checkpoint, with its figures')
    renew_card(parser.parse_args(argv).folder)
    return 0


def renew_card(folder: Path) -> None:
    """Update all tables of the card in a checkpoint's folder.

    Raises:
        TrainingError: there is no evaluation.json, a file is not JSON, or a mark is missing.
        OSError: there is no card.
    """
    measured, card = _measured(folder), folder / 'README.md'
    text = card.read_text(encoding='utf-8')
    for name, table in {
        'figures': tables.figures(measured['evaluation']),
        'held out': tables.figures_of(measured, 'evaluation_held_out'),
        'phrasings': tables.figures_of(measured, 'evaluation_phrasings'),
        'strangers': tables.figures_of(measured, 'evaluation_strangers'),
        'other strangers': tables.figures_of(measured, 'evaluation_strangers2'),
        'controls': tables.controls(measured),
        'robustness': tables.robustness(measured),
        'score': score_table(
            read_figures(folder / tables.FOLDER / f'{SCORE}.json'),
            read_figures(folder / tables.FOLDER / f'{CALIBRATION}.json'),
            measured['evaluation']['model_id'],
        ),
        'ablation': tables.ablation(read_figures(folder / tables.FOLDER / 'ablation.json') or {}),
    }.items():
        text = renew(text, name, table)
    write_text(card, text)


def renew(card: str, name: str, table: str) -> str:
    """The card with a table between the marks of this name.

    Raises:
        TrainingError: the card lacks one of the marks.
    """
    first, last = marks(name)
    before, begin, rest = card.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise TrainingError(f'the card has no {first} followed by {last}: add them')
    return f'{before}{first}\n{table}\n{last}{after}'


def marks(name: str) -> tuple[str, str]:
    """The marks before and after a table."""
    return f'<!-- {name} -->', f'<!-- end of {name} -->'


def _measured(folder: Path) -> dict[str, dict[str, Any]]:
    """The evaluations of the model that evaluation.json is about, by file name."""
    figures = folder / tables.FOLDER
    evaluations = {name: read_figures(figures / f'{name}.json') for name in tables.FILES}
    main_evaluation = evaluations['evaluation']
    if main_evaluation is None:
        raise TrainingError(
            f'{figures} has no evaluation.json: write it with `streamo evaluate '
            f'{folder} --worlds 260 --output {figures}/evaluation.json`'
        )
    model_id = main_evaluation['model_id']
    measured: dict[str, dict[str, Any]] = {}
    for name, evaluation in evaluations.items():
        if evaluation is None:
            continue
        if evaluation['model_id'] == model_id:
            measured[name] = evaluation
        else:
            print(
                f'card: {name}.json belongs to model {evaluation["model_id"]} but '
                f'evaluation.json to {model_id}: run that evaluation again',
                file=sys.stderr,
            )
    return measured


def read_figures(path: Path) -> dict[str, Any] | None:
    """What a file of figures holds; None if there is none.

    Raises:
        TrainingError: it is not JSON.
    """
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
    except ValueError as error:
        raise TrainingError(f'{path} is not JSON ({error}): run that evaluation again') from error
    return content


if __name__ == '__main__':
    sys.exit(run_program('card', main))
