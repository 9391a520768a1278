# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The launch files: run by launch where that is installed (on a robot, not with the wheels).

Everywhere, with doubles of launch's classes that only note what they are given.
"""

from __future__ import annotations

import runpy
import sys
import types
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / 'launch'
ARGUMENTS = {
    'streamo.launch.py': {
        'image',
        'image_transport',
        'instructions',
        'model',
        'params_file',
        'autostart',
        'respawn',
    },
    'replay.launch.py': {
        'bag',
        'source_topic',
        'topic',
        'instructions',
        'mode',
        'rate',
        'model',
        'params_file',
        'use_sim_time',
    },
}
CLASSES = {
    'launch': ('LaunchContext', 'LaunchDescription'),
    'launch.actions': (
        'DeclareLaunchArgument',
        'ExecuteProcess',
        'OpaqueFunction',
        'RegisterEventHandler',
        'Shutdown',
        'TimerAction',
    ),
    'launch.event_handlers': ('OnProcessExit',),
    'launch.substitutions': ('PathJoinSubstitution',),
    'launch_ros': (),
    'launch_ros.actions': ('Node',),
    'launch_ros.substitutions': ('FindPackageShare',),
}


@pytest.mark.parametrize('name', sorted(ARGUMENTS))
def test_launch_itself_lists_the_arguments(name: str) -> None:
    pytest.importorskip('launch_ros')
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    description = get_launch_description_from_python_launch_file(str(FOLDER / name))
    arguments = {one.name: one for one in description.get_launch_arguments()}
    assert ARGUMENTS[name] <= set(arguments)
    assert all(one.description for one in arguments.values())


class Noted:
    """What a class of launch was given."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self.given, self.named = given, named


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, classes in CLASSES.items():
        module = types.ModuleType(name)
        for one in classes:
            setattr(module, one, type(one, (Noted,), {}))
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture(scope='module')
def bags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = runpy.run_path(str(ROOT / 'dev' / 'make_test_bags.py'))
    maker = types.SimpleNamespace(**made)
    folder = tmp_path_factory.mktemp('bags')
    maker.write_bag(folder / 'raw', maker.raw_messages(maker.frames(2)))
    maker.write_bag(folder / 'jpeg', maker.jpeg_messages(maker.frames(2)))
    return folder


def declared(name: str) -> tuple[dict[str, Any], Any]:
    """Arguments with their defaults, and the function that makes the actions."""
    (actions,) = runpy.run_path(str(FOLDER / name))['generate_launch_description']().given
    arguments = [one for one in actions if type(one).__name__ == 'DeclareLaunchArgument']
    assert all(one.named['description'] for one in arguments)
    (opaque,) = [one for one in actions if type(one).__name__ == 'OpaqueFunction']
    defaults = {one.given[0]: one.named['default_value'] for one in arguments}
    return defaults, opaque.named['function']


def replayed(bag: Path, **given: str) -> dict[str, Any]:
    """The actions of a replay by the names of their classes; processes by their modules."""
    defaults, function = declared('replay.launch.py')
    settings = {**defaults, 'bag': str(bag), **given}
    actions = function(types.SimpleNamespace(launch_configurations=settings))
    return {
        one.named['cmd'][2] if 'cmd' in one.named else type(one).__name__: one for one in actions
    }


@pytest.mark.parametrize('name', sorted(ARGUMENTS))
def test_arguments_explain_themselves(name: str, doubles: None) -> None:
    defaults, _ = declared(name)
    assert ARGUMENTS[name] <= set(defaults)
    assert [one for one, default in defaults.items() if default is None] == (
        ['bag'] if name == 'replay.launch.py' else []
    )


def test_lock_step_starts_a_paused_player_and_a_client_that_keeps_the_seconds(
    bags: Path, doubles: None
) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed')
    from streamo_ros.node import lockstep
    from streamo_ros.node import player

    actions = replayed(bags / 'raw', instructions="['the kettle', 'mail a@b.org: x@1.5']")
    play = actions['streamo_ros.node.player'].named['cmd'][3:]
    options = player._parser().parse_args(play)
    assert (options.source, options.start_paused) == (str(bags / 'raw'), True)
    client = actions['streamo_ros.node.lockstep']
    options = lockstep._parser().parse_args(client.named['cmd'][3:])
    assert options.instruction == ['the kettle', 'mail a@b.org: x@1.5']
    parameters = actions['Node'].named['parameters'][-1]
    assert 'instructions' not in parameters
    assert parameters['image_transport'] == 'raw'
    assert parameters['qos_overrides./camera/image_raw.subscription.reliability'] == 'reliable'
    # The launch ends with the client.
    (end,) = actions['RegisterEventHandler'].given
    assert end.named['target_action'] is client


def test_at_a_rate_the_instructions_are_parameters_and_cannot_begin_later(
    bags: Path, doubles: None
) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed')
    actions = replayed(
        bags / 'jpeg', mode='rate', rate='5', instructions="['mail a@b.org: 5']", model='/m'
    )
    assert 'streamo_ros.node.lockstep' not in actions
    parameters = actions['Node'].named['parameters'][-1]
    assert parameters['instructions'] == ['mail a@b.org: 5']
    assert (parameters['image_transport'], parameters['model.path']) == ('compressed', '/m')
    with pytest.raises(RuntimeError, match=r"'tea@3' begins at a second"):
        replayed(bags / 'raw', mode='rate', instructions="['tea@3']")


def test_bag_that_is_not_there_is_refused_before_anything_starts(doubles: None) -> None:
    pytest.importorskip('rclpy', reason='ROS 2 is not installed')
    from streamo_ros.sources.base import SourceError

    with pytest.raises(SourceError, match='/no/such/bag'):
        replayed(Path('/no/such/bag'))
