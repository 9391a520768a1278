# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Our message definitions without a ROS installation, for reading and writing bags.

The package's `.msg` files are found in the source tree and installed; the definitions of ROS's own
packages are those of `rosbags`.
"""

from __future__ import annotations

import functools

from rosbags.typesys import get_types_from_msg
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores
from rosbags.typesys.store import Typestore

from streamo_ros.share import PACKAGE
from streamo_ros.share import share_path


@functools.cache
def typestore() -> Typestore:
    """ROS's common messages and ours; serializes CDR.

    Raises:
        ShareError: the package's `msg` folder is not found.
    """
    # Humble's definitions: the oldest distribution supported; the images have not changed since.
    store = get_typestore(Stores.ROS2_HUMBLE)
    ours = {}
    for file in sorted(share_path('msg').glob('*.msg')):
        ours.update(get_types_from_msg(file.read_text(), f'{PACKAGE}/msg/{file.stem}'))
    store.register(ours)
    return store
