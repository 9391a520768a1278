# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded data in; events, a bag and a report out. Needs no ROS graph."""

from typing import TYPE_CHECKING

from streamo_ros.core.lazy import lazy_names

if TYPE_CHECKING:
    from streamo_ros.core.sink import Sink
    from streamo_ros.core.sink import Step
    from streamo_ros.core.sink import Totals
    from streamo_ros.core.timed_instruction import TimedInstruction
    from streamo_ros.replay.job import Outcome
    from streamo_ros.replay.job import ReplayJob
    from streamo_ros.replay.job import run_job
    from streamo_ros.replay.run import replay

__all__ = [
    'Outcome',
    'ReplayJob',
    'Sink',
    'Step',
    'TimedInstruction',
    'Totals',
    'replay',
    'run_job',
]

__getattr__ = lazy_names(
    __name__,
    {
        'Outcome': 'job',
        'ReplayJob': 'job',
        'run_job': 'job',
        'Sink': 'run',
        'Step': 'run',
        'TimedInstruction': 'run',
        'Totals': 'run',
        'replay': 'run',
    },
)
