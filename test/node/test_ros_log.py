# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What Python's logging says reaches the node's logger."""

from __future__ import annotations

import logging
from unittest.mock import call
from unittest.mock import Mock

from streamo_ros.node.ros_log import RosLogHandler


def test_warnings_and_errors_are_passed_on() -> None:
    logger = Mock()
    log = logging.Logger('streamo_ros.somewhere')
    log.addHandler(RosLogHandler(logger))
    log.info('all is well')
    log.warning('%d frames are late', 3)
    log.error('the disk is full')
    assert logger.mock_calls == [
        call.warning('3 frames are late'),
        call.error('the disk is full'),
    ]
