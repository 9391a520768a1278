# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How to install what is missing: one command for each Python package that we import."""

from __future__ import annotations

from streamo_ros.share import PACKAGE

ROS_COMMAND = 'run `make setup`, or source the setup.bash of your ROS 2'
BUILD_COMMAND = 'run `make setup`, or build the package with colcon and source install/setup.bash'

EXTRAS = {
    'torch': ('torch', 'transformers', 'safetensors', 'tokenizers', 'PIL'),
    'train': ('accelerate', 'peft'),
    'tensorrt': ('tensorrt', 'onnx', 'onnxruntime', 'onnxscript'),
    'bag': ('rosbags', 'apsw', 'lz4', 'backports'),
    'ray': ('ray',),
}
"""Modules by the extra of setup.py that brings them."""
REQUIRED = ('cv2', 'numpy', 'rich', 'yaml')
ROS = (
    'action_msgs',
    'ament_index_python',
    'builtin_interfaces',
    'diagnostic_msgs',
    'launch',
    'launch_ros',
    'lifecycle_msgs',
    'rcl_interfaces',
    'rclpy',
    'rosgraph_msgs',
    'sensor_msgs',
    'std_msgs',
    'std_srvs',
)


def install_command(module: str) -> str:
    """What brings a module.

    Args:
        module: its name as imported, e.g. 'rosbags'.

    Returns:
        What to do, in words.
    """
    for extra, modules in EXTRAS.items():
        if module in modules:
            return f"run `pip install '{PACKAGE}[{extra}]'`"
    if module in REQUIRED:
        return f'run `pip install {PACKAGE}`'
    return ROS_COMMAND if module in ROS else 'see `streamo doctor`'


def describe_missing(name: str) -> str:
    """One sentence about a package that is not installed.

    Args:
        name: of the module that could not be imported, e.g. 'rclpy.node'.

    Returns:
        The sentence; '' when a module of ours is missing, which no command brings.
    """
    top, _, rest = name.partition('.')
    if top == PACKAGE:
        # Made by the build, out of msg/, srv/ and action/.
        made = rest.partition('.')[0] in ('action', 'msg', 'srv')
        return f'the interfaces of {PACKAGE} are not built: {BUILD_COMMAND}' if made else ''
    return f'the Python package {top} is not installed: {install_command(top)}'
