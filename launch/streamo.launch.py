# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Watch a camera: `ros2 launch streamo_ros streamo.launch.py image:=/camera/image_raw`."""

from __future__ import annotations

from typing import Any

import yaml
from launch import LaunchContext
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.actions import OpaqueFunction
from launch.substitutions import PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

TEXTS = {
    'image': 'Topic of the camera, without /compressed.',
    'instructions': 'What to watch for from the start, as a YAML list.',
    'model': 'Folder of a checkpoint, or a .yaml script that plays a model.',
    'namespace': 'Namespace of the node.',
    'name': 'Name of the node.',
    'params_file': 'Parameters, see docs/parameters.md; an argument given here wins over it.',
}
CHOICES = {
    'image_transport': ('Type of the camera topic.', ('', 'raw', 'compressed')),
    'autostart': (
        'Configure and activate at once; false with a lifecycle manager.',
        ('', 'true', 'false'),
    ),
    'use_sim_time': ('Take the time from /clock.', ('', 'true', 'false')),
    'respawn': ('Start the node again when it ends with an error.', ('true', 'false')),
    'log_level': ('Verbosity.', ('info', 'debug', 'warn', 'error')),
}
DEFAULTS: dict[str, Any] = {
    'image': 'image',
    'name': 'streamo',
    'params_file': PathJoinSubstitution(
        [FindPackageShare('streamo_ros'), 'config', 'streamo.yaml']
    ),
}


def generate_launch_description() -> LaunchDescription:
    """The node with its arguments; an empty one leaves the choice to params_file."""
    texts = [
        DeclareLaunchArgument(name, default_value=DEFAULTS.get(name, ''), description=text)
        for name, text in TEXTS.items()
    ]
    choices = [
        DeclareLaunchArgument(name, default_value=few[0], description=text, choices=list(few))
        for name, (text, few) in CHOICES.items()
    ]
    return LaunchDescription([*texts, *choices, OpaqueFunction(function=_node)])


def _node(context: LaunchContext) -> list[Node]:
    given = context.launch_configurations
    parameters: dict[str, Any] = {
        name: yaml.safe_load(given[name])
        for name in ('instructions', 'autostart', 'use_sim_time')
        if given[name]
    }
    if given['model']:
        parameters['model.path'] = given['model']
    if given['image_transport']:
        parameters['image_transport'] = given['image_transport']
    return [
        Node(
            package='streamo_ros',
            executable='streamo_node',
            name=given['name'],
            namespace=given['namespace'],
            parameters=[given['params_file'], parameters],
            remappings=[
                ('image', given['image']),
                ('image/compressed', f'{given["image"]}/compressed'),
            ],
            arguments=['--ros-args', '--log-level', given['log_level']],
            respawn=given['respawn'] == 'true',
            respawn_delay=2.0,
            output='screen',
        )
    ]
