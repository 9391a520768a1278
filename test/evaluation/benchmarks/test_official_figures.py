# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Same file, same digit: our scorers against what the official ones said of the same results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamo_ros.evaluation.benchmarks.table import BENCHMARKS

DATA = Path(__file__).parents[2] / 'data' / 'benchmarks'
OFFICIAL = json.loads((DATA / 'figures.json').read_text())
CASES = [(name, kind) for name, one in OFFICIAL.items() for kind in one['figures']]


@pytest.mark.parametrize(('name', 'kind'), CASES)
def test_the_figures_are_those_of_the_official_scorer(name, kind):
    rows = json.loads((DATA / f'{name}.json').read_text())[kind]
    if isinstance(rows, dict):
        rows = [row for group in rows.values() for row in group]
    ours = BENCHMARKS[name].score(rows)
    official = OFFICIAL[name]['figures'][kind]
    assert sorted(ours) == sorted(official)
    for figure, value in official.items():
        if isinstance(value, str):
            assert f'{ours[figure]:.2f}' == value, figure
        else:
            assert ours[figure] == pytest.approx(value, abs=1e-9), figure


def test_every_public_scorer_was_compared_and_the_results_tell_it_apart():
    unscored = {'multiple-choice', 'streamo-bench', 'sw-f1'}
    assert set(OFFICIAL) == set(BENCHMARKS) - unscored
    for name, one in OFFICIAL.items():
        headline = BENCHMARKS[name].headline
        values = {float(figures[headline]) for figures in one['figures'].values()}
        assert len(values) >= 3, name
