# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch files in docs/integration.md run, on doubles of launch, and name what exists."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'docs' / 'integration.md').read_text()
SNIPPETS = re.findall(r'```python\n(.*?)```', PAGE, re.DOTALL)
NAMES = {
    'launch': ['LaunchDescription'],
    'launch.actions': ['IncludeLaunchDescription', 'ExecuteProcess'],
    'launch.substitutions': ['PathJoinSubstitution'],
    'launch_ros.actions': ['Node'],
    'launch_ros.substitutions': ['FindPackageShare'],
}


class Double:
    """Remembers what it was made of."""

    def __init__(self, *values: Any, **named: Any) -> None:
        self.values, self.named = values, named


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ('launch_ros', *NAMES):
        module = types.ModuleType(name)
        for member in NAMES.get(name, []):
            setattr(module, member, type(member, (Double,), {}))
        monkeypatch.setitem(sys.modules, name, module)


def actions(number: int) -> list[Any]:
    namespace: dict[str, Any] = {}
    exec(compile(SNIPPETS[number], f'snippet {number}', 'exec'), namespace)
    (listed,) = namespace['generate_launch_description']().values
    return list(listed)


def test_the_lifecycle_manager_needs_no_bond_and_is_the_only_one_that_activates(doubles) -> None:
    streamo, manager = actions(0)
    arguments = dict(streamo.named['launch_arguments'])
    declared = (ROOT / 'launch' / 'streamo.launch.py').read_text()
    assert all(f"'{name}'" in declared for name in arguments)
    assert arguments['autostart'] == 'false'
    (parameters,) = manager.named['parameters']
    assert parameters == {'node_names': ['streamo'], 'autostart': True, 'bond_timeout': 0.0}
    assert streamo.values[0].values[0][1:] == ['launch', 'streamo.launch.py']


def test_the_recorder_is_in_snapshot_mode_and_the_caller_knows_its_name(doubles) -> None:
    recorder, caller = actions(1)
    assert '--snapshot-mode' in recorder.named['cmd']
    _, example, name = caller.named['cmd']
    assert (ROOT / Path(*example.values[0][1:])).is_file()
    assert name == '/rosbag2_recorder'


def test_the_bridge_shows_what_the_layout_shows(doubles) -> None:
    (bridge,) = actions(2)
    (parameters,) = bridge.named['parameters']
    layout = (ROOT / 'config' / 'foxglove_layout.json').read_text()
    topics = set(re.findall(r'"(/[a-z][\w/]*)"', layout))
    shown = [re.compile(pattern) for pattern in parameters['topic_whitelist']]
    assert topics
    assert [topic for topic in topics if not any(one.fullmatch(topic) for one in shown)] == []


def test_the_analyzer_matches_the_names_of_the_statuses() -> None:
    (text,) = re.findall(r'```yaml\n(.*?)```', PAGE, re.DOTALL)
    (analyzer,) = yaml.safe_load(text)['analyzers']['ros__parameters'].values()
    assert 'streamo: input'.startswith(analyzer['startswith'][0])
