# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tests marked gpu are found, run in a process of their own, and never hold a run up."""

from __future__ import annotations

import pytest

from streamo_ros.tools.gpu import suite
from streamo_ros.tools.gpu.machine import ROOT

MARKED = 'import pytest\n\n\n@pytest.mark.gpu\ndef test_it():\n    {}\n'


@pytest.fixture
def tree(tmp_path):
    """A source tree; write tests into it."""
    (tmp_path / 'test' / 'ros').mkdir(parents=True)
    (tmp_path / 'test' / 'ros' / 'conftest.py').write_text('import rclpy_is_not_here\n')
    (tmp_path / 'test' / 'ros' / 'test_graph.py').write_text('def test_it():\n    pass\n')
    (tmp_path / 'pyproject.toml').write_text(
        '[tool.pytest.ini_options]\nmarkers = ["gpu: needs a GPU"]\n'
    )

    def write(body):
        (tmp_path / 'test' / 'test_kernels.py').write_text(MARKED.format(body))
        return tmp_path

    return write


def test_only_files_with_the_mark_are_imported(tree):
    found = suite.run(60, tree('pass'))
    assert found['passed'] is True
    assert found['summary'].startswith('1 passed')
    assert 'output' not in found


def test_a_failure_is_told_with_its_output(tree):
    found = suite.run(60, tree('assert 1 == 2'))
    assert found['passed'] is False
    assert any('assert 1 == 2' in line for line in found['output'])


def test_a_test_that_hangs_is_stopped(tree):
    found = suite.run(3, tree('import time; time.sleep(60)'))
    assert found['passed'] is False
    assert found['summary'] == 'stopped after 3 s'
    assert found['seconds'] < 30


def test_skipped_tests_are_no_pass(tree):
    found = suite.run(60, tree('pytest.skip("no such library")'))
    assert found['passed'] is True
    assert found['summary'].startswith('1 skipped')


def test_a_tree_without_such_tests_says_so(tmp_path):
    (tmp_path / 'test').mkdir()
    assert suite.run(60, tmp_path)['summary'] == 'no test is marked gpu'


def test_this_tree_has_such_tests_and_none_needs_ros():
    files = suite.find()
    assert files
    assert not [file for file in files if 'ros' in file.relative_to(ROOT).parts]
