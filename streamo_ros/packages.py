# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How to install what is missing: one command for each Python package that we import."""

from __future__ import annotations

import sys
from pathlib import Path

from streamo_ros.share import PACKAGE

ROS_COMMAND = 'run `make setup`, or source the setup.bash of your ROS 2'
BUILD_COMMAND = 'run `make setup`, or build the package with colcon and source install/setup.bash'

EXTRAS = {
    'torch': {
        'torch': 'torch>=2.5',
        'transformers': 'transformers>=5.17',
        'safetensors': 'safetensors',
        'tokenizers': 'tokenizers',
        'PIL': 'pillow',
    },
    'train': {'accelerate': 'accelerate', 'peft': 'peft'},
    'onnxruntime': {'onnxruntime': 'onnxruntime'},
    'tensorrt': {
        'tensorrt': 'tensorrt>=10.3,<12',
        'onnx': 'onnx',
        'onnxruntime': 'onnxruntime',
        'onnxscript': 'onnxscript',
    },
    'bag': {
        'rosbags': 'rosbags>=0.11,<0.12',
        'apsw': 'apsw',
        'av': 'av>=17',
        'lz4': 'lz4',
        'backports': "backports.zstd; python_version < '3.14'",
    },
    'live': {'aiohttp': 'aiohttp>=3.9'},
    'ray': {'ray': 'ray[client]>=2.10'},
    'rerun': {'rerun': 'rerun-sdk>=0.23'},
}
"""What pip installs, by the module that it brings, by the extra of setup.py."""
REQUIRED = {
    'cv2': 'opencv-python-headless',
    'numpy': 'numpy',
    'rich': 'rich',
    'yaml': 'pyyaml',
}
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
    """What brings a module, together with its siblings, which would be missed next.

    Args:
        module: its name as imported, e.g. 'rosbags'.

    Returns:
        What to do, in words.
    """
    for group in (*EXTRAS.values(), REQUIRED):
        if module in group:
            names = ' '.join(
                f'"{name}"' if '>' in name or ';' in name else name for name in group.values()
            )
            return f'run `{_python()} -m pip install {names}`'
    return ROS_COMMAND if module in ROS else 'see `streamo doctor`'


def _python() -> str:
    """The interpreter as a user calls it: of a virtual environment, the very one that runs."""
    return 'python3' if sys.prefix == sys.base_prefix else str(Path(sys.prefix, 'bin', 'python3'))


def describe_missing(name: str) -> str:
    """One sentence about a package that is not installed.

    Args:
        name: of the module that could not be imported, e.g. 'rclpy.node'.

    Returns:
        The sentence; '' when a module of ours is missing, which no command brings, and where the
        import does not say which one is.
    """
    if not name:
        return ''
    top, _, rest = name.partition('.')
    if top == PACKAGE:
        # Made by the build, out of msg/, srv/ and action/.
        made = rest.partition('.')[0] in ('action', 'msg', 'srv')
        return f'the interfaces of {PACKAGE} are not built: {BUILD_COMMAND}' if made else ''
    return f'the Python package {top} is not installed: {install_command(top)}'
