# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of docs/dialects.md: dialects.json, dialects_0.2b.json, streaming_vlm.json.

python -m benchmarks.dialects_table
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamo_ros.tools.page_part import replace_part

ROOT = Path(__file__).parents[1]
PAGE = ROOT / 'docs' / 'dialects.md'
FIGURES = {'steps': 'dialects.json', 'large': 'dialects_0.2b.json'}
"""The record of each part of the page."""
HEAD = (
    '| dialect | the runtime | frames | tokens | ours | its loop | ratio |'
    ' growth of ours / of its |\n|---|---|---|---|---|---|---|---|'
)


def table(figures: dict[str, Any]) -> str:
    """The last place in the stream of each dialect, and how a step grew since the first one."""
    rows = [HEAD]
    for name, found in figures['dialects'].items():
        places = list(found['at'])
        first, place = places[0], places[-1]
        row = found['at'][place]
        growth = f'{found["growth_ours"]:.2f} / {found["growth_theirs"]:.2f} from {first}'
        growth = growth if place != first else ''
        ratio = f'{row["ratio"]:.{1 if row["ratio"] >= 1 else 2}f}'
        rows.append(
            f'| `{name}` | {found["runtime"]} | {int(place):,} | {int(row["context_tokens"]):,} |'
            f' {row["ours_ms"]:,.0f} ms | {row["theirs_ms"]:,.0f} ms | {ratio} | {growth} |'
        )
    return '\n'.join(rows)


def their_own_table(figures: dict[str, Any]) -> str:
    """Our engine and StreamingVLM's own code, by model and place in the stream."""
    rows = ['| model | frames | ours | its own code | ratio | logits differ by at most |']
    rows.append('|---|---|---|---|---|---|')
    for shape, places in figures.items():
        for frames, row in places.items():
            rows.append(
                f'| `{shape}` | {int(frames):,} | {row["ours_ms"]:,.1f} ms |'
                f' {row["theirs_ms"]:,.1f} ms | {row["ratio"]:.1f} |'
                f' {row["logit_difference"]:.0e} |'
            )
    return '\n'.join(rows)


def main() -> None:
    """Write it."""
    page = PAGE.read_text(encoding='utf-8')
    PAGE.write_text(filled(page), encoding='utf-8')


def filled(page: str) -> str:
    """The page with all of its tables made anew."""
    for part, name in FIGURES.items():
        figures = json.loads((ROOT / 'benchmarks' / name).read_text(encoding='utf-8'))
        page = replace_part(page, part, table(figures))
    own = json.loads((ROOT / 'benchmarks' / 'streaming_vlm.json').read_text(encoding='utf-8'))
    return replace_part(page, 'own', their_own_table(own))


if __name__ == '__main__':
    main()
