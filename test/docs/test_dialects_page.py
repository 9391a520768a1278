# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The page of dialects shows the figures that were measured."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_tables_of_steps_are_up_to_date() -> None:
    written = runpy.run_path(str(ROOT / 'benchmarks' / 'dialects_table.py'))
    page = (ROOT / 'docs' / 'dialects.md').read_text(encoding='utf-8')
    assert written['filled'](page) == page, 'run: .venv/bin/python -m benchmarks.dialects_table'
