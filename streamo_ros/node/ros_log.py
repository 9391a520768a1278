# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Hands what the package warns of, anywhere, to the node's own logger, and so to /rosout."""

from __future__ import annotations

import logging
from typing import Protocol


class RosLogger(Protocol):
    """What is used of rclpy's logger."""

    def warning(self, message: str) -> object:
        """Log a warning."""

    def error(self, message: str) -> object:
        """Log an error."""


class RosLogHandler(logging.Handler):
    """Passes warnings and errors of Python's logging on.

    Args:
        logger: the node's logger.
    """

    def __init__(self, logger: RosLogger) -> None:
        super().__init__(logging.WARNING)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on."""
        # rclpy refuses a line of code that logs with one severity and then with another.
        if record.levelno >= logging.ERROR:
            self._logger.error(self.format(record))
        else:
            self._logger.warning(self.format(record))
