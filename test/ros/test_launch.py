# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file, where launch is installed: on a robot and not with the wheels."""

from __future__ import annotations

from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / 'launch' / 'streamo.launch.py'


def test_its_arguments_explain_themselves() -> None:
    pytest.importorskip('launch_ros')
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    description = get_launch_description_from_python_launch_file(str(FILE))
    arguments = {one.name: one for one in description.get_launch_arguments()}
    assert {
        'image', 'image_transport', 'instructions', 'model', 'params_file', 'autostart', 'respawn',
    } <= set(arguments)
    assert all(one.description for one in arguments.values())
