# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What decides: protocol, frames, instructions, dialogues, the assistant and its events.

Pure: no torch, no ROS, no files, and nothing of ours outside this package.
"""

from typing import TYPE_CHECKING

from streamo_ros.core.lazy import lazy_names

if TYPE_CHECKING:
    from streamo_ros.core.assistant import Assistant
    from streamo_ros.core.assistant_settings import AssistantSettings
    from streamo_ros.core.decision import Thresholds
    from streamo_ros.core.errors import ExitCode
    from streamo_ros.core.errors import StreamoError
    from streamo_ros.core.events import Answered
    from streamo_ros.core.events import Decided
    from streamo_ros.core.events import Event
    from streamo_ros.core.events import Spoke
    from streamo_ros.core.frame import Frame
    from streamo_ros.core.frame import FrameSampler
    from streamo_ros.core.instruction import Instruction
    from streamo_ros.core.instruction import InstructionBook
    from streamo_ros.core.interface import Backbone
    from streamo_ros.core.interface import BackboneError
    from streamo_ros.core.interface import BackboneInfo
    from streamo_ros.core.protocol import State
    from streamo_ros.core.sink import Sink
    from streamo_ros.core.sink import Step
    from streamo_ros.core.sink import Totals

__all__ = [
    'Answered',
    'Assistant',
    'AssistantSettings',
    'Backbone',
    'BackboneError',
    'BackboneInfo',
    'Decided',
    'Event',
    'ExitCode',
    'Frame',
    'FrameSampler',
    'Instruction',
    'InstructionBook',
    'Sink',
    'Spoke',
    'State',
    'Step',
    'StreamoError',
    'Thresholds',
    'Totals',
]

__getattr__ = lazy_names(
    __name__,
    {
        'Assistant': 'assistant',
        'AssistantSettings': 'assistant_settings',
        'Thresholds': 'decision',
        'ExitCode': 'errors',
        'StreamoError': 'errors',
        'Answered': 'events',
        'Decided': 'events',
        'Event': 'events',
        'Spoke': 'events',
        'Frame': 'frame',
        'FrameSampler': 'frame',
        'Instruction': 'instruction',
        'InstructionBook': 'instruction',
        'Backbone': 'interface',
        'BackboneError': 'interface',
        'BackboneInfo': 'interface',
        'State': 'protocol',
        'Sink': 'sink',
        'Step': 'sink',
        'Totals': 'sink',
    },
)
