# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The page of dialects shows the figures that were measured."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from streamo_ros.tools.page_part import replace_part

ROOT = Path(__file__).parents[2]


def test_the_table_of_steps_is_up_to_date() -> None:
    written = runpy.run_path(str(ROOT / 'benchmarks' / 'dialects_table.py'))
    figures = json.loads((ROOT / 'benchmarks' / 'dialects.json').read_text(encoding='utf-8'))
    page = (ROOT / 'docs' / 'dialects.md').read_text(encoding='utf-8')
    assert replace_part(page, 'steps', written['table'](figures)) == page, (
        'run: .venv/bin/python -m benchmarks.dialects_table'
    )
