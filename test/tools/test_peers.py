# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The comparison with peers measures what it names, and all of them decide the same."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / 'benchmarks' / 'peers.py'


@pytest.fixture(scope='module')
def peers():
    spec = importlib.util.spec_from_file_location('peers', PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_everything_that_keeps_the_past_decides_the_same(peers, capsys):
    options = argparse.Namespace(random='tiny', model=None, window=2, capacity=2048, server=[])
    rows = peers.run(peers.make_peers(options), [1, 4], 2)
    for place in ('1', '4'):
        assert set(rows[place]) == set(peers.CANNOT)
        for name, row in rows[place].items():
            assert row['wall_ms'] > 0
            if name != peers.WINDOW:
                assert row['largest_probability_difference'] < 1e-5
    assert capsys.readouterr().out.count('| re-prefill |') == 2


def test_what_is_not_measured_has_a_reason(peers):
    reasons = peers.absent(['vLLM=http://127.0.0.1:1/v1'])
    assert list(reasons) == ['llama.cpp over HTTP', 'vLLM session']
    assert '--server llama.cpp=URL' in reasons['llama.cpp over HTTP']
