# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Play a recording through the node: `ros2 launch streamo_ros replay.launch.py bag:=/path/bag`.

`mode:=rate` plays at a rate; `mode:=lockstep` waits for the node after every sampled frame and
prints what was decided.
"""

from __future__ import annotations

import sys
from contextlib import closing

import yaml
from launch import LaunchContext
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.actions import ExecuteProcess
from launch.actions import OpaqueFunction
from launch.actions import RegisterEventHandler
from launch.actions import Shutdown
from launch.actions import TimerAction
from launch.event_handlers import OnProcessExit
from launch_ros.actions import Node

from streamo_ros.node.player import compressed
from streamo_ros.replay.run import TimedInstruction
from streamo_ros.sources.open import open_source

LAST = 5.0
"""Seconds that the node has, with mode:=rate, to decide and say what came last."""
ARGUMENTS = {
    'bag': (None, 'Bag, video or folder of images.'),
    'source_topic': ('', 'Image topic of the bag; empty = its only one.'),
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
        'mode',
        default_value='lockstep',
        choices=['lockstep', 'rate'],
        description='Wait for the node after every sampled frame, or play at a rate.',
    )
    return LaunchDescription([*arguments, mode, OpaqueFunction(function=_actions)])


def _actions(context: LaunchContext) -> list[object]:
    given = context.launch_configurations
    orders = [str(one) for one in yaml.safe_load(given['instructions']) or []]
    source = [given['bag']]
    if given['source_topic']:
        source += ['--source-topic', given['source_topic']]
    player = [*source, '--topic', given['topic']]
    if given['mode'] == 'rate':
        play = _python('player', *player, '--rate', given['rate'])
        end = TimerAction(period=LAST, actions=[Shutdown(reason='everything was played')])
        return [_node(given, _standing(orders)), play, _after(play, end)]
    play = _python('player', *player, '--start-paused')
    client = _python(
        'lockstep', *source, *[part for order in orders for part in ('--instruction', order)]
    )
    end = Shutdown(reason='lock-step is over')
    return [_node(given, []), play, client, _after(client, end)]


def _standing(orders: list[str]) -> list[str]:
    """Instructions as a parameter, which knows no seconds."""
    late = [text for text in orders if TimedInstruction.parse(text).seconds]
    if late:
        raise RuntimeError(
            f'{late[0]!r} begins at a second, which only mode:=lockstep can keep: leave it out'
        )
    return [TimedInstruction.parse(text).text for text in orders]


def _after(process: ExecuteProcess, end: object) -> RegisterEventHandler:
    return RegisterEventHandler(OnProcessExit(target_action=process, on_exit=[end]))


def _node(given: dict[str, str], instructions: list[str]) -> Node:
    with closing(open_source(given['bag'], given['source_topic'])) as source:
        transport = 'compressed' if compressed(source) else 'raw'
    parameters: dict[str, object] = {
        'use_sim_time': given['use_sim_time'] == 'true',
        'image_transport': transport,
        f'qos_overrides.{given["topic"]}.subscription.reliability': 'reliable',
        f'qos_overrides.{given["topic"]}.subscription.depth': 100,
    }
    if instructions:
        parameters['instructions'] = instructions
    if given['model']:
        parameters['model.path'] = given['model']
    files = [given['params_file']] if given['params_file'] else []
    return Node(
        package='streamo_ros',
        executable='streamo_node',
        name='streamo',
        output='screen',
        parameters=[*files, parameters],
        remappings=[('image', given['topic']), ('image/compressed', given['topic'])],
    )


def _python(module: str, *arguments: str) -> ExecuteProcess:
    return ExecuteProcess(
        cmd=[sys.executable, '-m', f'streamo_ros.node.{module}', *arguments], output='screen'
    )
