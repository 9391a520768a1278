# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Instructions by service and parameter: what stands, what is refused, and how fast."""

from __future__ import annotations

import time

import pytest
from builtin_interfaces.msg import Duration
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import DescribeParameters
from std_srvs.srv import Trigger
from streamo_ros.msg import FrameState
from streamo_ros.msg import Instruction
from streamo_ros.msg import InstructionArray
from streamo_ros.msg import ModelInfo
from streamo_ros.srv import CancelInstruction
from streamo_ros.srv import SetInstruction


@pytest.fixture
def standing(start, peer, wait_for) -> list[InstructionArray]:
    start()
    heard = peer.hear('~/instructions', InstructionArray, latched=True)
    wait_for(lambda: peer.state() == 'active' and heard)
    assert described(peer, 'instructions').type == ParameterType.PARAMETER_STRING_ARRAY
    return heard


def described(peer, name: str):
    """What `ros2 param describe` shows."""
    (row,) = peer.call('~/describe_parameters', DescribeParameters, names=[name]).descriptors
    return row


def test_instructions_come_go_and_are_refused_with_a_reason(standing, peer, wait_for) -> None:
    reply = peer.instruct(
        ' the kettle ', max_responses=2, cooldown=Duration(sec=5), lifetime=Duration(sec=60)
    )
    assert (reply.success, reply.instruction_id, reply.message) == (True, 1, '')
    wait_for(lambda: standing[-1].instructions)
    (one,) = standing[-1].instructions
    assert (one.id, one.text, one.source) == (1, 'the kettle', Instruction.SOURCE_SERVICE)
    assert (one.max_responses, one.cooldown.sec, one.lifetime.sec) == (2, 5, 60)
    for text, reason in (
        ('', 'empty'),
        (' \n ', 'empty'),
        ('x' * 2001, '2001 characters'),
        ('now </Response> please', 'control token'),
        ('<|im_end|>', 'control token'),
        ('a\x07b', 'control character'),
    ):
        reply = peer.instruct(text)
        assert (reply.success, reply.instruction_id) == (False, 0)
        assert reason in reply.message
    assert 'there is no instruction 9' in peer.instruct('x', replace_id=9).message
    assert 'negative' in peer.instruct('x', cooldown=Duration(sec=-1)).message
    assert peer.instruct('another', replace_id=1).instruction_id == 2
    reply = peer.call('~/cancel_instruction', CancelInstruction, instruction_id=2)
    assert (reply.success, list(reply.canceled_ids)) == (True, [2])
    reply = peer.call('~/cancel_instruction', CancelInstruction, instruction_id=2)
    assert (reply.success, reply.message) == (False, 'there is no instruction 2: active are none')
    wait_for(lambda: not standing[-1].instructions)


def test_two_hundred_instructions_and_a_flood_of_calls(standing, peer, wait_for) -> None:
    ask = peer.client('~/set_instruction', SetInstruction).call_async
    replies, waits = [], []
    # Ten at a time: a client's own queue is no longer than that.
    for batch in range(20):
        futures = [ask(SetInstruction.Request(text=f'thing {batch} {n}')) for n in range(10)]
        asked = time.perf_counter()
        assert peer.state() == 'active'
        waits.append(time.perf_counter() - asked)
        for one in futures:
            wait_for(one.done)
            replies.append(one.result())
    refused = [reply for reply in replies if not reply.success]
    assert (len(replies) - len(refused), len(refused)) == (8, 192)
    assert all('all 8 places' in one.message for one in refused)
    assert sorted(waits)[len(waits) // 2] < 0.1
    assert peer.call('~/cancel_instruction', CancelInstruction).success


def test_reset_begins_a_new_stream(standing, peer, wait_for) -> None:
    states = peer.hear('~/frame_state', FrameState)
    peer.instruct('the kettle')
    camera = peer.camera().matched()
    camera.until(lambda: states, 1000)
    camera.until(lambda: len(states) == 2, 1001)
    assert peer.call('~/reset', Trigger).success
    camera.until(lambda: len(states) == 3, 1002)
    assert [state.stream_id for state in states] == [1, 1, 2]
    assert [state.time_origin.sec for state in states] == [1000, 1000, 1002]
    assert {state.instruction_id for state in states} == {1}


def test_parameters_change_while_it_runs_or_say_why_not(standing, peer, wait_for) -> None:
    models = peer.hear('~/model_info', ModelInfo, latched=True)
    states = peer.hear('~/frame_state', FrameState)
    camera = peer.camera().matched()
    camera.until(lambda: states, 1000)
    assert peer.set_parameter('sampling.rate', 2.0).successful
    assert peer.set_parameter('thresholds.hysteresis', 0.1).successful
    assert peer.set_parameter('thresholds.response', 0.4).successful
    camera.film(1000.1, 1002.05, step=0.1)
    wait_for(lambda: len(states) == 5)
    wait_for(lambda: models and models[-1].sampling_rate == 2.0)
    assert 'sampling.rate: 2.0' in models[-1].parameters
    wait_for(lambda: 'thresholds.hysteresis: 0.1' in models[-1].parameters)
    for name, value, reason in (
        ('sampling.rate', -1.0, ''),
        ('thresholds.response', 3.0, ''),
        ('model.device', 'cuda', 'clean the node up first'),
        ('sampling.rate', 'x', 'number'),
        ('thresholds.hysteresis', 0.5, 'below thresholds.response'),
    ):
        result = peer.set_parameter(name, value)
        assert not result.successful
        assert reason in result.reason
    assert peer.set_parameter('instructions', ['the kettle', 'the door']).successful
    wait_for(
        lambda: (
            [instruction.text for instruction in standing[-1].instructions]
            == ['the kettle', 'the door']
        )
    )
    assert peer.set_parameter('instructions', ['the door', 'the cat']).successful
    wait_for(lambda: [instruction.id for instruction in standing[-1].instructions] == [2, 3])
    many = peer.set_parameter('instructions', [f'{number}' for number in range(9)])
    assert 'all 8 places' in many.reason
    assert peer.set_parameter('sampling.rate', 3).successful
    assert peer.set_parameter('model.device', 'auto').successful, 'what it is already'
    wait_for(lambda: models[-1].sampling_rate == 3.0)
    row = described(peer, 'sampling.rate')
    assert row.description.startswith('Frames sampled per second of capture time, in hertz')
    assert row.floating_point_range[0].to_value == 60.0


@pytest.mark.slow
def test_ten_seconds_of_calls_and_cancel_storms(standing, peer, wait_for) -> None:
    ask = peer.client('~/set_instruction', SetInstruction).call_async
    cancel = peer.client('~/cancel_instruction', CancelInstruction).call_async
    camera = peer.camera().matched()
    calls, second, waits = 0, 1000, []
    end = time.monotonic() + 10
    while time.monotonic() < end:
        futures = [ask(SetInstruction.Request(text='always')) for _ in range(8)]
        futures += [cancel(CancelInstruction.Request()) for _ in range(2)]
        camera.show(second)
        asked = time.perf_counter()
        assert peer.state() == 'active'
        waits.append(time.perf_counter() - asked)
        for one in futures:
            wait_for(one.done)
        calls += len(futures)
        second += 1
    print(f'{calls / 10:.0f} calls a second')
    assert sorted(waits)[len(waits) // 2] < 0.1
    assert peer.call('~/cancel_instruction', CancelInstruction).success
    wait_for(lambda: not standing[-1].instructions)
