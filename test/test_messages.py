# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is published on the graph and what a replay writes into its bag say the same."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest

from streamo_ros import messages as module
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import Spoke
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish
from streamo_ros.messages import Messages
from streamo_ros.report.definitions import typestore
from streamo_ros.version import version

STAMP = 1_700_000_001_234_567_890
FRAME = Frame(Tick(STAMP, Fraction(7), Fraction(8), 7, 2), None, 'camera_optical')
INFO = BackboneInfo(
    'abc',
    'tiny',
    'Qwen3VL',
    'streamo',
    'float32',
    'cpu',
    'torch',
    '2.13',
    image_size=(448, 224),
    tokens_per_frame=98,
    context_capacity=4096,
)


def made(messages: Messages) -> dict[str, object]:
    """One of every message, no field at its default."""
    kettle = Instruction(
        3,
        'tell me when the kettle boils',
        InstructionSource.SERVICE,
        1,
        STAMP,
        4,
        5_000_000_006,
        7_000_000_008,
        9_000_000_010,
        2,
    )
    return {
        module.FRAME_STATE: messages.frame_state(
            Decided(
                FRAME,
                3,
                State.RESPONSE,
                probabilities=(0.125, 0.25, 0.625),
                response_id=5,
                time_origin=STAMP - 7_000_000_000,
                context_tokens=321,
                encode_time=0.5,
                extend_time=0.25,
            ),
            31,
            2,
            0.75,
        ),
        module.RESPONSE: messages.response(
            Answered(
                FRAME,
                3,
                5,
                'The kettle boils.',
                STAMP - 2_000_000_000,
                STAMP,
                STAMP - 7_000_000_000,
                Finish.STOP,
                6,
                0.625,
                0.125,
                0.5,
            ),
            'abc',
            0.25,
        ),
        module.RESPONSE_DELTA: messages.response_delta(Spoke(FRAME, 3, 5, 1, ' kettle', True)),
        module.INSTRUCTIONS: messages.instructions([kettle], STAMP),
        module.MODEL_INFO: messages.model_info(INFO, STAMP, 2.0, '{sampling.rate: 2.0}'),
    }


def test_fields_carry_capture_time_ids_and_identity():
    state, response, _, standing, info = made(Messages(typestore().types)).values()
    assert (state.header.stamp.sec, state.header.stamp.nanosec) == (1_700_000_001, 234_567_890)
    assert state.header.frame_id == 'camera_optical'
    assert (state.silence_probability, state.response_probability) == (0.125, 0.625)
    assert (state.stream_id, state.frame_index, state.time_origin.sec) == (2, 7, 1_699_999_994)
    assert response.event_start.sec == 1_699_999_999
    assert response.first_token_time == 0.375
    assert module.nanoseconds(standing.instructions[0].cooldown) == 5_000_000_006
    assert (info.image_width, info.image_height) == (448, 224)
    assert info.package_version == version() != 'unknown'


def test_graph_and_bag_say_the_same():
    serialization = pytest.importorskip('rclpy.serialization')
    from streamo_ros.node.message_types import MESSAGES

    store = typestore()
    published, recorded = made(MESSAGES), made(Messages(store.types))
    for name, message in published.items():
        heard = store.deserialize_cdr(serialization.serialize_message(message), name)
        assert heard == recorded[name]


def test_neither_ros_nor_torch_is_needed():
    code = (
        'import sys, streamo_ros.messages; '
        'print([name for name in ("rclpy", "torch", "rosbags") if name in sys.modules])'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout == '[]\n'
