# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Play a recording through the node: `ros2 launch streamo_ros replay.launch.py bag:=/path/bag`.

`mode:=lockstep` waits for the node after every sampled frame and prints what was decided;
`mode:=rate` plays at a rate. The exit code is 1 when anything failed.

Imports launch and the standard library only: `ros2` runs under the system's Python. What reads
bags runs in the virtual environment that the environment variable STREAMO_VENV names, or else in
the one that the build knew, or else under `/usr/bin/env python3`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from launch import LaunchContext
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.actions import ExecuteProcess
from launch.actions import LogInfo
from launch.actions import OpaqueFunction
from launch.actions import RegisterEventHandler
from launch.actions import Shutdown
from launch.actions import TimerAction
from launch.event_handlers import OnProcessExit
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

BAD_INPUT = 2
"""Exit code of a process that refused what it was given, in one sentence."""
LAST = 5.0
"""Seconds that the node has, with mode:=rate, to decide and answer what came last."""
PLAYER_END = 10.0
"""Seconds that the player has to end by itself once lock-step is over."""
ARGUMENTS: dict[str, tuple[str | None, str]] = {
    'bag': (None, 'Bag, video or folder of images.'),
    'source_topic': ('', 'Image topic of the bag; may be left empty if it has only one.'),
    'topic': ('/camera/image_raw', 'Topic on which its frames are published.'),
    'instructions': (
        '',
        'What to watch for, as a YAML list of texts; in lock-step each may be TEXT@SECONDS.',
    ),
    'rate': ('1.0', 'Multiple of real time, with mode:=rate.'),
    'model': ('', 'Folder of a checkpoint, or a .yaml script; empty = the embedded model.'),
    'params_file': ('', 'Parameter file for the node.'),
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
        choices=('lockstep', 'rate'),
        description='Wait for the node after every sampled frame, or play at a rate.',
    )
    return LaunchDescription([*arguments, mode, OpaqueFunction(function=_start)])


def _start(context: LaunchContext) -> list[Any]:
    """All processes; evaluated late because the recording decides the type of its topic."""
    _check_values(context)
    lockstep = _text(context, 'mode') == 'lockstep'
    plan = _plan(context)
    topic = _text(context, 'source_topic')
    source = [LaunchConfiguration('bag'), *(['--source-topic', topic] if topic else [])]
    pace = ['--start-paused'] if lockstep else ['--rate', LaunchConfiguration('rate')]
    player = _process('player', *source, '--topic', LaunchConfiguration('topic'), *pace)
    node = _node(context, plan, [] if lockstep else plan['instructions'])
    ends: list[Any] = [*_misspelled(context), _on_exit(node, _node_ended)]
    if not lockstep:
        return [*ends, _on_exit(player, _player_ended), node, player]
    texts = [part for text in plan['instructions'] for part in ('--instruction', text)]
    client = _process('lockstep', *source, *texts)
    over: set[str] = set()
    ends += [
        _on_exit(player, partial(_lockstep_ended, 'player', over)),
        _on_exit(client, partial(_lockstep_ended, 'lock-step', over)),
    ]
    return [*ends, node, player, client]


def _misspelled(context: LaunchContext) -> list[LogInfo]:
    """A line for each argument that is nearly one of ours: launch takes any, and ignores it."""
    known = {*ARGUMENTS, 'mode'}
    meant = {
        name: get_close_matches(name, known, n=1, cutoff=0.8)
        for name in context.launch_configurations
        if name not in known
    }
    return [
        LogInfo(msg=f'there is no argument {name}: did you mean {found[0]}?')
        for name, found in meant.items()
        if found
    ]


def _check_values(context: LaunchContext) -> None:
    """Refuse values that launch would ignore, or refuse without the name of the argument.

    Raises:
        RuntimeError: one is wrong; says which.
    """
    flag, rate = _text(context, 'use_sim_time'), _text(context, 'rate')
    params_file = _text(context, 'params_file')
    # launch_ros leaves out a file that is not there, and the node starts without its parameters.
    if params_file and not Path(params_file).is_file():
        raise RuntimeError(f'params_file:={params_file}: there is no such file')
    if flag.strip().lower() not in ('true', 'false'):
        raise RuntimeError(f'use_sim_time:={flag}: give true or false')
    if not re.fullmatch(r'\s*\d*\.?\d+\s*', rate) or not float(rate):
        raise RuntimeError(f'rate:={rate}: give a multiple of real time, such as 2.0')


def _plan(context: LaunchContext) -> dict[str, Any]:
    """What the recording and the instructions ask for, as JSON from a process that can read them.

    Raises:
        RuntimeError: the recording or an instruction was refused; says why.
    """
    names = ('bag', 'source_topic', 'mode', 'instructions')
    options = [f'--{name.replace("_", "-")}={_text(context, name)}' for name in names]
    command = [*_python(), 'streamo_ros.replay.launch_plan', *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sentence = done.stderr.strip().rpartition('\n')[2]
        if done.returncode != BAD_INPUT:
            sentence += ': set STREAMO_VENV to the virtual environment (docs/robot.md)'
        raise RuntimeError(sentence)
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


def _node(context: LaunchContext, plan: dict[str, Any], instructions: list[str]) -> Node:
    topic = _text(context, 'topic')
    model, params_file = _text(context, 'model'), _text(context, 'params_file')
    parameters: dict[str, Any] = {
        'use_sim_time': ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool),
        'image_transport': plan['image_transport'],
        f'qos_overrides.{topic}.subscription.reliability': 'reliable',
        f'qos_overrides.{topic}.subscription.depth': 100,
    }
    if instructions:
        parameters['instructions'] = instructions
    if model:
        parameters['model.path'] = ParameterValue(LaunchConfiguration('model'), value_type=str)
    return Node(
        package='streamo_ros',
        executable='streamo_node',
        name='streamo',
        output='screen',
        parameters=[*([params_file] if params_file else []), parameters],
        remappings=[('image', topic), ('image/compressed', topic)],
    )


def _python() -> list[str]:
    """The command that runs a module.

    Raises:
        RuntimeError: STREAMO_VENV names no environment.
    """
    # From share/streamo_ros/launch in the prefix that colcon installed into.
    known = Path(__file__).absolute().parents[3] / 'lib' / 'streamo_ros' / 'venv'
    built = known.read_text(encoding='utf-8').strip() if known.exists() else ''
    named = os.environ.get('STREAMO_VENV', '')
    python = Path(named or built, 'bin', 'python3')
    if (named or built) and python.exists():
        return [str(python), '-m']
    if named:
        raise RuntimeError(f'STREAMO_VENV is {named}, and {python} does not exist')
    return ['/usr/bin/env', 'python3', '-m']


def _process(module: str, *arguments: Any) -> ExecuteProcess:
    command = [*_python(), f'streamo_ros.node.{module}', *arguments]
    return ExecuteProcess(cmd=command, name=module, output='screen')


# ---- how it ends ------------------------------------------------------------------------------
# An exception is the only way for a launch file to make `ros2 launch` return 1.


def _on_exit(process: ExecuteProcess, action: Any) -> RegisterEventHandler:
    return RegisterEventHandler(OnProcessExit(target_action=process, on_exit=action))


def _node_ended(event: Any, context: LaunchContext) -> None:
    if not context.is_shutdown:
        raise RuntimeError(
            f'streamo_node ended before the recording did, with exit code {event.returncode}'
        )


def _player_ended(event: Any, context: LaunchContext) -> Any:
    """The end of mode:=rate."""
    _check('player', event, context)
    return TimerAction(period=LAST, actions=[Shutdown(reason='everything was played')])


def _lockstep_ended(name: str, over: set[str], event: Any, context: LaunchContext) -> Any:
    """Shut down once both have ended: a player that is interrupted reports an error."""
    _check(name, event, context)
    over.add(name)
    end = Shutdown(reason='lock-step is over')
    if len(over) > 1:
        return end
    return TimerAction(period=PLAYER_END, actions=[end]) if name == 'lock-step' else None


def _check(name: str, event: Any, context: LaunchContext) -> None:
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f'{name} failed with exit code {event.returncode}')


def _text(context: LaunchContext, name: str) -> str:
    return str(LaunchConfiguration(name).perform(context))
