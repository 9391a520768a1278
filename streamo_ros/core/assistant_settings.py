# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What of an assistant may change while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.delivery import NotifyLimits
from streamo_ros.core.interface import Sampling


@dataclass(frozen=True)
class AssistantSettings:
    """What may change while the assistant runs; assign a new one to `Assistant.settings`.

    Attributes:
        thresholds: when a state is chosen.
        sampling: how answers are decoded.
        limits: how much a lane remembers; existing lanes keep theirs.
        backlog: frames that may wait in a lane while it speaks.
        backfill_frames: how many of the last frames are kept for instructions that start later.
        notify: which answers are held back.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    sampling: Sampling = field(default_factory=Sampling)
    limits: ContextLimits = field(default_factory=ContextLimits)
    backlog: int = 16
    backfill_frames: int = 8
    notify: NotifyLimits = field(default_factory=NotifyLimits)
