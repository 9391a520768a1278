# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plots the report of memory.py: the share of right answers against the age of the fact.

python benchmarks/memory_plot.py benchmarks/memory.json docs/images/memory.svg
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from streamo_ros.files import write_text
from streamo_ros.report.svg import Axis
from streamo_ros.report.svg import COLUMNS
from streamo_ros.report.svg import curve
from streamo_ros.report.svg import grid
from streamo_ros.report.svg import LEFT
from streamo_ros.report.svg import level
from streamo_ros.report.svg import ruler
from streamo_ros.report.svg import scale
from streamo_ros.report.svg import text
from streamo_ros.report.svg import WIDTH

HEIGHT, TOP, BOTTOM = 380, 52, 310
ARMS = {
    'right': ('record', 'the record (this package)', '#1f7f45'),
    'tiers': ('tiers', 'text in tiers alone, an upper bound', '#d98c1f'),
    'window': ('window', 'the window of a lane alone, an upper bound', '#c23b3b'),
}
STYLE = (
    'text{fill:#444;font:13px sans-serif}.faint{stroke:#e0e4ea}.line{fill:none;stroke-width:2.5}'
)


def plot(report: dict) -> str:
    """The figure.

    Args:
        report: what memory.py wrote.
    """
    hours = {int(age): row for age, row in report['by_hours_of_age'].items()}
    axis, down = Axis(3600.0 * (max(hours) + 1)), scale(1.0, TOP, BOTTOM)
    parts = [f'<style>{STYLE}{_colors()}</style><rect width="100%" height="100%" fill="white"/>']
    parts.append(grid(axis, BOTTOM))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [level(down(share)), text(LEFT - 8, down(share) + 4, f'{share:.0%}', 'end')]
    for number, (key, (kind, words, color)) in enumerate(ARMS.items()):
        places = [(3600.0 * (age + 0.5), row[key]) for age, row in sorted(hours.items())]
        parts.append(curve(places, axis, down, kind))
        x = LEFT + number * COLUMNS / len(ARMS)
        parts += [
            f'<rect x="{x}" y="22" width="18" height="4" fill="{color}"/>',
            text(x + 26, 29, words),
        ]
    parts += [
        ruler(axis, BOTTOM),
        text(LEFT + COLUMNS / 2, HEIGHT - 18, 'age of the fact, hours:minutes:seconds', 'middle'),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="share of questions answered right, by age">{"".join(parts)}</svg>\n'
    )


def _colors() -> str:
    return ''.join(f'.{kind}{{stroke:{color}}}' for kind, _, color in ARMS.values())


def main() -> int:
    """Read and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('report', type=Path, help='JSON, as memory.py wrote it')
    parser.add_argument('picture', type=Path, help='SVG file to write')
    options = parser.parse_args()
    write_text(options.picture, plot(json.loads(options.report.read_text())))
    return 0


if __name__ == '__main__':
    sys.exit(main())
