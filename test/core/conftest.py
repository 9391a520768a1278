# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the core share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from streamo_ros.core.assistant import Assistant
from streamo_ros.core.events import Event
from streamo_ros.core.frame import Frame


@pytest.fixture
def show() -> Callable[[Assistant, Frame], list[Event]]:
    """Everything that happens until a frame is decided and nothing is left to be done."""

    def show(assistant: Assistant, frame: Frame) -> list[Event]:
        events = assistant.observe(frame)
        while assistant.busy:
            events += assistant.speak(4)
        return events

    return show
