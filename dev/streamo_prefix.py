# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gives every Python process of the virtual environment the search paths of ROS 2.

Copied next to the installed packages and imported from a .pth file, so that nothing needs
sourcing. Imports little, because every start of the interpreter pays for it.
"""

import json
import os
import pathlib
import sys

RECORD = pathlib.Path(__file__).with_suffix('.json')
# Read by the dynamic linker and by the interpreter before the first line of Python runs.
AT_START = ('LD_LIBRARY_PATH', 'PYTHONPATH')
# Set, it tells the wheels' own startup hook that nothing is left to do.
WHEELS_DONE = '_ROS_WHEELS_BOOTSTRAP_COMPLETE'


def extend(variables: dict[str, list[str]]) -> bool:
    """Put the recorded folders first on the search paths of this process.

    Args:
        variables: Folders by the name of the environment variable that must list them.

    Returns:
        True if a variable changed that takes effect only when the interpreter starts.

    """
    restart = False
    for name, folders in variables.items():
        present = [part for part in os.environ.get(name, '').split(os.pathsep) if part]
        missing = [folder for folder in folders if folder not in present]
        if missing:
            os.environ[name] = os.pathsep.join(missing + present)
            restart = restart or name in AT_START
    return restart


def apply() -> None:
    """Extend the search paths, and restart the interpreter where that is needed."""
    restart = extend(json.loads(RECORD.read_text(encoding='utf-8')))
    os.environ[WHEELS_DONE] = '1'
    # `orig_argv` is empty in a program that embeds Python: it cannot be restarted from here.
    if restart and sys.executable and sys.orig_argv:
        os.execve(sys.executable, sys.orig_argv, dict(os.environ))  # noqa: S606


if RECORD.exists():
    apply()
