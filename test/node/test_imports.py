# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who needs ROS and who needs torch: replay needs neither of the node's, the node no torch."""

from __future__ import annotations

import subprocess
import sys


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, '-c', program], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_parameters_and_their_meaning_need_no_ros() -> None:
    run(
        'import sys\n'
        "sys.modules['rclpy'] = None\n"
        'import streamo_ros.config.model, streamo_ros.config.parameters\n'
        'import streamo_ros.config.reference, streamo_ros.config.settings\n'
        'import streamo_ros.node.journal, streamo_ros.node.worker\n'
    )


def test_the_node_imports_no_torch() -> None:
    said = run('import sys, streamo_ros.node.main\nprint("torch" in sys.modules)')
    assert said.strip() == 'False'
