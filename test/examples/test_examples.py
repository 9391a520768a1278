# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The examples as a reader finds them; test/ros/test_examples.py runs them on a graph."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / 'examples').glob('*.py'))


@pytest.mark.parametrize('path', EXAMPLES, ids=lambda path: path.name)
def test_example_can_be_started_and_its_first_lines_say_how(path: Path) -> None:
    text = path.read_text()
    assert text.startswith('#!/usr/bin/env python3\n')
    assert os.access(path, os.X_OK)
    assert f'python3 {path.name} ' in (ast.get_docstring(ast.parse(text)) or '')


@pytest.mark.parametrize('path', EXAMPLES, ids=lambda path: path.name)
def test_example_uses_public_interfaces_only(path: Path) -> None:
    """A user copies it: of this package it may import the message types alone."""
    modules = [
        node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or '').startswith('streamo_ros')
    ]
    assert modules
    assert set(modules) <= {'streamo_ros.msg', 'streamo_ros.srv', 'streamo_ros.action'}


def test_examples_are_installed_and_the_documentation_leads_to_them() -> None:
    assert (
        'install(DIRECTORY config examples launch models' in (ROOT / 'CMakeLists.txt').read_text()
    )
    page = (ROOT / 'docs' / 'behavior_tree.md').read_text()
    assert [path.name for path in EXAMPLES if path.name not in page] == []


def test_client_stays_short_enough_to_be_read_at_a_glance() -> None:
    tree = ast.parse((ROOT / 'examples' / 'watch_for.py').read_text())
    body = [node for node in tree.body if not isinstance(node, ast.Expr)]
    assert body[-1].end_lineno - body[0].lineno + 1 <= 32
