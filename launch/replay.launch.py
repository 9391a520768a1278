# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Play a recording through the node: `ros2 launch streamo_ros replay.launch.py bag:=/path/bag`.

`mode:=rate` plays at a rate; `mode:=lockstep` waits for the node after every sampled frame and
prints what was decided.
"""

from __future__ import annotations

import sys

import yaml
from launch.actions import DeclareLaunchArgument
from launch.actions import ExecuteProcess
from launch.actions import OpaqueFunction
from launch.actions import RegisterEventHandler
from launch.actions import Shutdown
from launch.event_handlers import OnProcessExit
from launch_ros.actions import Node

from launch import LaunchContext
from launch import LaunchDescription

ARGUMENTS = {
    'bag': (None, 'Bag, video or folder of images.'),
    'topic': ('/camera/image_raw', 'Where its frames are published.'),
    'instructions': ('[]', 'What to watch for, as a YAML list of TEXT or TEXT@SECONDS.'),
    'rate': ('1.0', 'Multiple of real time, with mode:=rate.'),
    'model': ('', 'Folder of a checkpoint, or a .yaml script; empty = the embedded model.'),
    'params_file': ('', 'Parameters of the node.'),
    'use_sim_time': ('true', 'The node takes the time from /clock, which the player publishes.'),
}


def generate_launch_description() -> LaunchDescription:
    """Node, player and, in lock-step, the client that drives both."""
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in ARGUMENTS.items()
    ]
    mode = DeclareLaunchArgument(
        'mode', default_value='lockstep', choices=['lockstep', 'rate'],
        description='Wait for the node after every sampled frame, or play at a rate.',
    )
    return LaunchDescription([*arguments, mode, OpaqueFunction(function=_actions)])


def _actions(context: LaunchContext) -> list[object]:
    given = context.launch_configurations
    orders = [str(one) for one in yaml.safe_load(given['instructions']) or []]
    lockstep = given['mode'] == 'lockstep'
    player = _python('player', given['bag'], '--topic', given['topic'], '--rate', given['rate'],
                     *(['--start-paused'] if lockstep else []))
    client = _python('lockstep', given['bag'],
                     *[part for order in orders for part in ('--instruction', order)])
    last = client if lockstep else player
    done = RegisterEventHandler(OnProcessExit(target_action=last, on_exit=[Shutdown()]))
    return [_node(given, [] if lockstep else orders), player, *([client] if lockstep else []),
            done]


def _node(given: dict[str, str], orders: list[str]) -> Node:
    parameters: dict[str, object] = {
        'use_sim_time': given['use_sim_time'] == 'true',
        f'qos_overrides.{given["topic"]}.subscription.reliability': 'reliable',
        f'qos_overrides.{given["topic"]}.subscription.depth': 100,
    }
    if orders:
        parameters['instructions'] = [order.rpartition('@')[0] or order for order in orders]
    if given['model']:
        parameters['model.path'] = given['model']
    files = [given['params_file']] if given['params_file'] else []
    return Node(
        package='streamo_ros', executable='streamo_node', name='streamo', output='screen',
        parameters=[*files, parameters],
        remappings=[('image', given['topic']), ('image/compressed', given['topic'])],
    )


def _python(module: str, *arguments: str) -> ExecuteProcess:
    return ExecuteProcess(
        cmd=[sys.executable, '-m', f'streamo_ros.node.{module}', *arguments], output='screen'
    )
