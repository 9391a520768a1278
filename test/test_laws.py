# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What imports what: the core knows no ROS, the node knows no tensors."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / 'streamo_ros'


def imports(anywhere: bool) -> Iterator[tuple[str, str]]:
    """(module file, imported package); those at the top of modules, or all."""
    for file in PACKAGE.rglob('*.py'):
        tree = ast.parse(file.read_text())
        for node in ast.walk(tree) if anywhere else tree.body:
            names = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or '']
            for name in names:
                yield str(file.relative_to(PACKAGE)), name.partition('.')[0]


def test_rclpy_is_imported_in_the_node_alone() -> None:
    users = {file for file, name in imports(anywhere=True) if name in ('rclpy', 'launch')}
    assert users
    assert {file.partition('/')[0] for file in users} == {'node'}


def test_torch_is_loaded_by_backbone_and_training_alone() -> None:
    users = {file for file, name in imports(anywhere=False) if name in ('torch', 'transformers')}
    assert users
    assert {file.partition('/')[0] for file in users} <= {'backbone', 'training', 'tiny', 'tools'}


PUBLIC_NAMES = """
import sys
import streamo_ros.backbone, streamo_ros.core, streamo_ros.replay
for package in (streamo_ros.backbone, streamo_ros.core, streamo_ros.replay):
    for name in package.__all__:
        assert getattr(package, name) is not None
from streamo_ros.backbone import load, Options
from streamo_ros.core import Assistant, Frame
from streamo_ros.replay import Outcome, replay, ReplayJob
print(sorted({'torch', 'transformers', 'rclpy'} & set(sys.modules)))
"""


def test_public_names_are_imported_without_torch_and_rclpy() -> None:
    done = subprocess.run(
        [sys.executable, '-c', PUBLIC_NAMES], capture_output=True, text=True, check=False
    )
    assert done.stdout == '[]\n', done.stderr
