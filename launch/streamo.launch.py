# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Watch a camera: `ros2 launch streamo_ros streamo.launch.py image:=/camera/image_raw`.

Imports launch and the standard library only: `ros2` runs under the system's Python, which has
neither this package's dependencies nor the virtual environment's packages.
"""

from __future__ import annotations

import signal
import time
from difflib import get_close_matches
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
from launch.conditions import IfCondition
from launch.event_handlers import OnProcessExit
from launch.substitutions import LaunchConfiguration
from launch.substitutions import PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

PARAMS_FILE = PathJoinSubstitution([FindPackageShare('streamo_ros'), 'config', 'streamo.yaml'])
ARGUMENTS: dict[str, tuple[Any, str]] = {
    'image': ('image', 'Camera topic, without /compressed.'),
    'model': ('', 'Folder of a checkpoint, or a .yaml script that plays a model.'),
    'instructions': ('', 'YAML list of what to watch for from the start; [] = nothing.'),
    'params_file': (PARAMS_FILE, 'Parameter file; any argument given here overrides it.'),
    'namespace': ('', 'Namespace of the node.'),
    'name': ('streamo', 'Name of the node.'),
    'use_sim_time': ('', 'Take the time from /clock (true or false).'),
    'autostart': (
        '',
        'Configure and activate on startup (true or false); false with a lifecycle manager.',
    ),
    'enclave': ('', 'SROS2 enclave of the node, e.g. /streamo.'),
    'log_level': ('info', 'debug, info, warn, error or fatal.'),
    'respawn': (
        'false',
        'Restart the node after a crash or a hung model; not after a clean end or bad parameter.',
    ),
    'respawn_max_retries': ('5', 'Restarts in a row; a run of over a minute resets the count.'),
    'live': ('false', 'Start the page as well, on 127.0.0.1 (true or false).'),
    'live_host': ('', 'Address of the page; any other than 127.0.0.1 needs the token it prints.'),
    'live_port': ('', 'Port of the page.'),
    'required': ('false', 'End the whole launch with the node; exit code 1 if the node failed.'),
}
PARAMETERS = {
    'model': ('model.path', str),
    'image_transport': ('image_transport', str),
    'instructions': ('instructions', list[str]),
    'use_sim_time': ('use_sim_time', bool),
    'autostart': ('autostart', bool),
}
"""Arguments that override a parameter."""
TRANSPORTS = ('', 'raw', 'compressed')
FLAGS = ('use_sim_time', 'autostart', 'respawn', 'live', 'required')
NUMBERS = ('respawn_max_retries', 'live_port')
HUNG = 3
"""Exit code of a node whose model hung or could not be brought back."""
RESPAWN_DELAY = 2.0
"""Seconds before a restart."""
STABLE = 60.0
"""Seconds that a run must last for its end not to count as one more failure in a row."""


def generate_launch_description() -> LaunchDescription:
    """The node and its arguments."""
    arguments = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in ARGUMENTS.items()
    ]
    transport = DeclareLaunchArgument(
        'image_transport',
        default_value='',
        choices=TRANSPORTS,
        description='Message type of the camera topic.',
    )
    return LaunchDescription([*arguments, transport, OpaqueFunction(function=_start)])


def _start(context: LaunchContext) -> list[Any]:
    """The node, and what to do when it ends.

    Evaluated late, because launch has no optional parameters: an argument that is left empty must
    leave its parameter to params_file.
    """
    _check(context)
    retries = int(_text(context, 'respawn_max_retries')) if _is_true(context, 'respawn') else 0
    page = [_page(context)] if _is_true(context, 'live') else []
    started = _supervised(_node(context), retries, _is_true(context, 'required'))
    return [*_misspelled(context), *started, *page]


def _misspelled(context: LaunchContext) -> list[LogInfo]:
    """A line for each argument that is nearly one of ours: launch takes any, and ignores it."""
    known = {*ARGUMENTS, 'image_transport'}
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


def _check(context: LaunchContext) -> None:
    """Refuse values that launch would ignore, or refuse without the name of the argument.

    Raises:
        RuntimeError: one is wrong; says which.
    """
    given = {name: text for name in ARGUMENTS if (text := _text(context, name).strip())}
    for name in FLAGS:
        if given.get(name, 'true').lower() not in ('true', 'false'):
            raise RuntimeError(f'{name}:={given[name]}: give true or false')
    for name in NUMBERS:
        if not given.get(name, '0').isdecimal():
            raise RuntimeError(f'{name}:={given[name]}: give a whole number')
    # launch_ros leaves out a file that is not there, and the node starts without its parameters.
    if not Path(given['params_file']).is_file():
        raise RuntimeError(f'params_file:={given["params_file"]}: there is no such file')
    listed = given.get('instructions', '[]')
    if not (listed.startswith('[') and listed.endswith(']')):
        raise RuntimeError(
            f'instructions:={listed}: give a list, such as "[\'tell me when the kettle boils\']"'
        )


def _supervised(
    process: ExecuteProcess, retries: int, required: bool, failures: int = 0
) -> list[Any]:
    """The process with a handler of its end.

    Not the `respawn` of launch, which restarts after any end whatsoever, and on Humble for ever.

    Args:
        process: the node.
        retries: restarts in a row, at most.
        required: end the launch with it.
        failures: restarts in a row so far.
    """
    started = time.monotonic()

    def on_exit(event: Any, context: LaunchContext) -> Any:
        code = event.returncode
        if context.is_shutdown:
            return None
        row = failures if time.monotonic() - started < STABLE else 0
        if _crashed(code) and row < retries:
            text = f'streamo_node ended with exit code {code}: restart {row + 1} of {retries}'
            # The very command that was started: the configurations of an including launch file
            # may be out of scope by now.
            again = ExecuteProcess(
                cmd=event.cmd, cwd=event.cwd, env=event.env, name='streamo_node', output='screen'
            )
            actions = _supervised(again, retries, required, row + 1)
            return [LogInfo(msg=text), TimerAction(period=RESPAWN_DELAY, actions=actions)]
        if required and code:
            # An exception is the only way for a launch file to make `ros2 launch` return 1.
            raise RuntimeError(f'streamo_node ended with exit code {code}')
        return Shutdown(reason='streamo_node ended') if required else None

    return [RegisterEventHandler(OnProcessExit(target_action=process, on_exit=on_exit)), process]


def _node(context: LaunchContext) -> Node:
    image = LaunchConfiguration('image')
    enclave = ['--enclave', LaunchConfiguration('enclave')] if _text(context, 'enclave') else []
    return Node(
        package='streamo_ros',
        executable='streamo_node',
        name=LaunchConfiguration('name'),
        namespace=LaunchConfiguration('namespace'),
        parameters=[LaunchConfiguration('params_file'), _overrides(context)],
        remappings=[('image', image), ('image/compressed', [image, '/compressed'])],
        ros_arguments=['--log-level', LaunchConfiguration('log_level'), *enclave],
        output='screen',
    )


def _page(context: LaunchContext) -> Node:
    """The node of the page; its end ends nothing else."""
    namespace = _text(context, 'namespace').strip('/')
    parts = ['', *([namespace] if namespace else []), _text(context, 'name')]
    given: dict[str, Any] = {'live.node': '/'.join(parts)}
    for argument, kind in (('live_host', str), ('live_port', int)):
        if _text(context, argument):
            given[argument.replace('_', '.')] = ParameterValue(
                LaunchConfiguration(argument), value_type=kind
            )
    return Node(
        package='streamo_ros',
        executable='streamo_live',
        name='streamo_live',
        namespace=LaunchConfiguration('namespace'),
        parameters=[given],
        output='screen',
    )


def _overrides(context: LaunchContext) -> dict[str, Any]:
    """The parameters that were given as arguments."""
    given = {}
    for argument, (parameter, kind) in PARAMETERS.items():
        if _text(context, argument):
            given[parameter] = ParameterValue(LaunchConfiguration(argument), value_type=kind)
    if _text(context, 'instructions').strip() == '[]':
        # ROS cannot override a list with an empty one; the node ignores empty texts.
        given['instructions'] = ParameterValue([''], value_type=list[str])
    return given


def _crashed(code: int) -> bool:
    """Whether the node did not end by its own decision, or ended because its model hung."""
    return code == HUNG or (code < 0 and -code not in (signal.SIGINT, signal.SIGTERM))


def _is_true(context: LaunchContext, name: str) -> bool:
    return bool(IfCondition(LaunchConfiguration(name)).evaluate(context))


def _text(context: LaunchContext, name: str) -> str:
    return str(LaunchConfiguration(name).perform(context))
