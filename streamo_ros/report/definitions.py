# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Our message definitions without a ROS installation, for reading and writing bags.

Knows where the package keeps its `.msg` files, in the source tree and installed; the definitions
of ROS's own packages are those of `rosbags`.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

from rosbags.typesys import get_types_from_msg
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores
from rosbags.typesys.store import Typestore

PACKAGE = 'streamo_ros'


class DefinitionError(RuntimeError):
    """The message definitions are not where they should be."""


@functools.cache
def typestore() -> Typestore:
    """ROS's common messages and ours; serializes CDR.

    Raises:
        DefinitionError: the package's `msg` folder is not found.
    """
    # Humble's definitions: the oldest distribution supported; the images have not changed since.
    store = get_typestore(Stores.ROS2_HUMBLE)
    ours = {}
    for file in sorted(_folder().glob('*.msg')):
        ours.update(get_types_from_msg(file.read_text(), f'{PACKAGE}/msg/{file.stem}'))
    store.register(ours)
    return store


def _folder() -> Path:
    for place in _places():
        if (place / 'FrameState.msg').exists():
            return place
    raise DefinitionError(
        f'the message definitions of {PACKAGE} are not found: build the package, or source the '
        'setup file of the workspace that has it'
    )


def _places() -> Iterator[Path]:
    # Installed, the package lies under its prefix in lib/pythonX.Y/site-packages.
    for above in Path(__file__).resolve().parents[2:]:
        yield above / 'msg'
        yield above / 'share' / PACKAGE / 'msg'
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        yield Path(prefix, 'share', PACKAGE, 'msg')
