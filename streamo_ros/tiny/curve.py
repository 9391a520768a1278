# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plots the training curves of a run from its log: `python -m streamo_ros.tiny.curve LOG SVG`.

There is one panel for each part of the training, over its steps; dots are measured on validation
worlds.
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
from streamo_ros.training.train_config import TrainingError

PANELS = (
    (
        'Vision tower: accuracy of cells',
        'tower_check',
        'tower_check',
        {'colour': '#c23b3b', 'shape': '#2f6fb5', 'cut': '#3a8f4a', 'ones': '#8a5bb0'},
    ),
    (
        'Second stage: loss of states and answers',
        'language',
        'language_check',
        {'states': '#c23b3b', 'answers': '#2f6fb5'},
    ),
    (
        'Second stage: accuracy of states and answers',
        'language',
        'language_check',
        {'state_right': '#3a8f4a', 'answer_right': '#8a5bb0'},
    ),
    (
        'Third stage: loss of states and answers',
        'further',
        'further_check',
        {'states': '#c23b3b', 'answers': '#2f6fb5'},
    ),
    (
        'Third stage: accuracy of states, answers and probes',
        'further',
        'further_check',
        {'state_right': '#3a8f4a', 'answer_right': '#8a5bb0', 'facts_right': '#b08a2e'},
    ),
    (
        'Fourth stage: loss of states and answers',
        'last',
        'last_check',
        {'states': '#c23b3b', 'answers': '#2f6fb5'},
    ),
    (
        'Fourth stage: accuracy of states, answers and probes',
        'last',
        'last_check',
        {'state_right': '#3a8f4a', 'answer_right': '#8a5bb0', 'facts_right': '#b08a2e'},
    ),
    (
        'Fifth stage: loss of states and answers',
        'people',
        'people_check',
        {'states': '#c23b3b', 'answers': '#2f6fb5'},
    ),
    (
        'Fifth stage: accuracy of states, answers and probes',
        'people',
        'people_check',
        {'state_right': '#3a8f4a', 'answer_right': '#8a5bb0', 'facts_right': '#b08a2e'},
    ),
    (
        'Fifth stage again, in wider words: loss of states and answers',
        'wider',
        'wider_check',
        {'states': '#c23b3b', 'answers': '#2f6fb5'},
    ),
    (
        'And again, with requests without a verb: loss of states and answers',
        'requests',
        'requests_check',
        {'states': '#c23b3b', 'answers': '#2f6fb5'},
    ),
)
"""For each panel: title, the log's part for lines and for dots, and the figures with their colors.
"""
_WIDE, _HIGH, _EDGE = 460, 220, 40


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the curves."""
    parser = CommandParser(
        prog='python -m streamo_ros.tiny.curve',
        description=__doc__,
    )
    parser.add_argument('log', type=Path, help='JSON lines')
    parser.add_argument('picture', type=Path, help='SVG file to write')
    options = parser.parse_args(argv)
    write_text(options.picture, draw(read_log(options.log)))
    return 0


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log.

    Raises:
        TrainingError: it is not JSON lines.
    """
    try:
        return [json.loads(line) for line in path.read_text('utf-8').splitlines() if line]
    except ValueError as error:
        raise TrainingError(f'{path} is not a log of JSON lines: {error}') from error


def draw(lines: Sequence[dict[str, Any]]) -> str:
    """The panels as one SVG.

    Raises:
        TrainingError: the log contains nothing to plot.
    """
    parts = {line['part'] for line in lines}
    panels = [
        _panel(lines, row, *panel)
        for row, panel in enumerate(panel for panel in PANELS if panel[1] in parts)
    ]
    if not any('<polyline' in panel for panel in panels):
        raise TrainingError('the log has no figures of a run: pass the log.jsonl of a run')
    high = _HIGH * len(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="{high}" '
        f'font-family="sans-serif" font-size="11"><rect width="{_WIDE}" height="{high}" '
        f'fill="white"/>\n{"".join(panels)}</svg>\n'
    )


def _panel(
    lines: Sequence[dict[str, Any]],
    row: int,
    title: str,
    part: str,
    check: str,
    colors: dict[str, str],
) -> str:
    own = [line for line in lines if line['part'] in (part, check)]
    top = max((line[name] for line in own for name in colors if name in line), default=1.0)
    last, top = max((line['step'] for line in own), default=1), min(max(top, 0.5), 2.0)

    def point(line: dict[str, Any], name: str) -> tuple[float, float]:
        across = _EDGE + (_WIDE - 2 * _EDGE) * line['step'] / last
        down = _HIGH - _EDGE - (_HIGH - 2 * _EDGE) * min(line[name] / top, 1.0)
        return round(across, 1), round(row * _HIGH + down, 1)

    elements = [_axes(title, row, top, last)]
    for place, (name, color) in enumerate(colors.items()):
        curve = [point(line, name) for line in own if line['part'] == part and name in line]
        dots = [point(line, name) for line in own if line['part'] == check and name in line]
        path = ' '.join(f'{x},{y}' for x, y in curve)
        elements.append(
            f'<text x="{_EDGE + 90 * place}" y="{(row + 1) * _HIGH - _EDGE + 16}" '
            f'fill="{color}">{name.replace("_", " ")}</text>\n'
        )
        if curve:
            elements.append(f'<polyline points="{path}" fill="none" stroke="{color}"/>\n')
        elements += [f'<circle cx="{x}" cy="{y}" r="2.2" fill="{color}"/>\n' for x, y in dots]
    return ''.join(elements)


def _axes(title: str, row: int, top: float, last: int) -> str:
    high, low, right = row * _HIGH, (row + 1) * _HIGH - _EDGE, _WIDE - _EDGE
    return (
        f'<text x="{_EDGE}" y="{high + 24}" font-weight="bold">{title}</text>\n'
        f'<path d="M{_EDGE} {high + _EDGE}V{low}H{right}" fill="none" stroke="#888"/>\n'
        f'<text x="{_EDGE - 4}" y="{high + _EDGE + 4}" text-anchor="end">{top:g}</text>\n'
        f'<text x="{right}" y="{low + 16}" text-anchor="end">{last} steps</text>\n'
    )


if __name__ == '__main__':
    sys.exit(run_program('curve', main))
