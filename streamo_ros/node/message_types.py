# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The message classes of rclpy for `streamo_ros.messages`, which knows their fields."""

from __future__ import annotations

from builtin_interfaces.msg import Duration
from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from streamo_ros import messages
from streamo_ros.msg import FrameState
from streamo_ros.msg import Instruction
from streamo_ros.msg import InstructionArray
from streamo_ros.msg import ModelInfo
from streamo_ros.msg import Response
from streamo_ros.msg import ResponseDelta

MESSAGES = messages.Messages(
    {
        'builtin_interfaces/msg/Duration': Duration,
        'builtin_interfaces/msg/Time': Time,
        'std_msgs/msg/Header': Header,
        messages.FRAME_STATE: FrameState,
        messages.INSTRUCTION: Instruction,
        messages.INSTRUCTIONS: InstructionArray,
        messages.MODEL_INFO: ModelInfo,
        messages.RESPONSE: Response,
        messages.RESPONSE_DELTA: ResponseDelta,
    }
)
"""Makes messages that rclpy publishes."""
