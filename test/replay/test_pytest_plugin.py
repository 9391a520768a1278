# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A user's package tests its own bag in three lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEST = """
pytest_plugins = ['streamo_ros.replay.pytest_plugin']
"""
THREE_LINES = """
def test_kettle(streamo_replay):
    outcome = streamo_replay('kettle', golden='kettle.jsonl', {more} model='rules.yaml')
    assert [one.text for one in outcome.responses] == ['It boils']
"""
RULES = """
- instruction: kettle
  say: [{from: 3, to: 4, state: response, text: 'It boils'}]
"""


@pytest.fixture
def package(tmp_path, bags):
    (tmp_path / 'kettle').symlink_to(bags / 'raw_mcap')
    (tmp_path / 'rules.yaml').write_text(RULES)
    (tmp_path / 'conftest.py').write_text(TEST)

    def run(more='', *options):
        (tmp_path / 'test_kettle.py').write_text(THREE_LINES.format(more=more))
        return subprocess.run(
            [
                sys.executable,
                '-m',
                'pytest',
                '-q',
                '-p',
                'no:cacheprovider',
                *options,
                'test_kettle.py',
            ],
            cwd=tmp_path,
            env={**os.environ, 'PYTHONPATH': str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_golden_is_written_then_kept_then_broken(package, tmp_path):
    made = package('instructions=["kettle"],', '--streamo-update-golden')
    assert made.returncode == 0, made.stdout
    assert (tmp_path / 'kettle.jsonl').exists()
    assert package().returncode == 0
    (tmp_path / 'rules.yaml').write_text(RULES.replace('boils', 'is cold'))
    broken = package()
    assert broken.returncode == 1
    assert "'It boils'" in broken.stdout
    assert "'It is cold'" in broken.stdout
    assert 'rewrite the file with pytest --streamo-update-golden' in broken.stdout
