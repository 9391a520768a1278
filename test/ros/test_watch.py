# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The action ~/watch: every way in which a goal can end, and that goals cost nobody a wait."""

from __future__ import annotations

import time

import pytest
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from lifecycle_msgs.msg import Transition
from streamo_ros.action import Watch
from streamo_ros.msg import InstructionArray
from streamo_ros.srv import CancelInstruction

Result = Watch.Result


class Client:
    """A client of ~/watch, as a behaviour tree has one."""

    def __init__(self, peer, wait_for) -> None:
        from rclpy.action import ActionClient

        self.peer, self.wait_for = peer, wait_for
        self.client = ActionClient(peer.node, Watch, peer.full('~/watch'))
        wait_for(self.client.server_is_ready, what='the action server')

    def send(self, text: str, feedback: list | None = None, **fields: object):
        heard = [] if feedback is None else feedback
        future = self.peer.do(
            lambda: self.client.send_goal_async(
                Watch.Goal(text=text, **fields), lambda message: heard.append(message.feedback)
            )
        )
        self.wait_for(future.done, what='the goal is accepted or rejected')
        return future.result()

    def result(self, goal):
        future = self.peer.do(goal.get_result_async)
        self.wait_for(future.done, what='the result of a goal')
        return future.result().status, future.result().result


@pytest.fixture
def client(start, peer, wait_for) -> Client:
    start()
    wait_for(lambda: peer.state() == 'active')
    return Client(peer, wait_for)


def test_a_goal_is_reached_with_feedback_and_the_answer(client, peer) -> None:
    camera = peer.camera().matched()
    feedback: list[Watch.Feedback] = []
    goal = client.send('the kettle', feedback)
    camera.until(lambda: feedback, 1000)
    camera.film(1001, 1006, wait=0.05)
    status, result = client.result(goal)
    assert (status, result.outcome) == (GoalStatus.STATUS_SUCCEEDED, Result.OUTCOME_COMPLETED)
    assert [response.text for response in result.responses] == ['It boils.']
    assert [one.frame_state.state for one in feedback][:6] == [1, 1, 1, 2, 2, 3]
    assert any(one.partial_text and 'It boils.'.startswith(one.partial_text) for one in feedback)


def test_every_other_end_of_a_goal(client, peer, wait_for) -> None:
    standing = peer.hear('~/instructions', InstructionArray, latched=True)
    hopeless = client.send('nothing', timeout=Duration(nanosec=300_000_000))
    status, result = client.result(hopeless)
    assert (status, result.outcome) == (GoalStatus.STATUS_ABORTED, Result.OUTCOME_TIMEOUT)
    assert 'not seen within 0.3 s' in result.message

    called_off = client.send('nothing')
    peer.do(called_off.cancel_goal_async)
    status, result = client.result(called_off)
    assert (status, result.outcome) == (GoalStatus.STATUS_CANCELED, Result.OUTCOME_CANCELED)

    other = client.send('nothing')
    wait_for(lambda: standing[-1].instructions)
    assert standing[-1].instructions[0].source == 2
    peer.call('~/cancel_instruction', CancelInstruction, instruction_id=0)
    status, result = client.result(other)
    assert (status, result.outcome) == (GoalStatus.STATUS_ABORTED, Result.OUTCOME_CANCELED)

    status, result = client.result(client.send('say </Response>'))
    assert (status, result.outcome) == (GoalStatus.STATUS_ABORTED, Result.OUTCOME_ERROR)
    assert 'control token' in result.message

    last = client.send('nothing')
    assert peer.change(Transition.TRANSITION_DEACTIVATE)
    status, result = client.result(last)
    assert (status, result.outcome) == (GoalStatus.STATUS_ABORTED, Result.OUTCOME_DEACTIVATED)
    assert not client.send('nothing').accepted
    wait_for(lambda: not standing[-1].instructions)


def test_eight_goals_at_once_make_nobody_wait(client, peer, wait_for) -> None:
    camera = peer.camera().matched()
    goals = [client.send(f'the kettle {number}', max_responses=2) for number in range(8)]
    status, result = client.result(client.send('one too many'))
    assert (status, result.outcome) == (GoalStatus.STATUS_ABORTED, Result.OUTCOME_ERROR)
    assert 'all 8 places' in result.message
    waits = []
    for second in range(1000, 1017):
        camera.show(second)
        began = time.perf_counter()
        assert peer.state() == 'active'
        waits.append(time.perf_counter() - began)
        time.sleep(0.03)
    assert sorted(waits)[len(waits) // 2] < 0.1
    for goal in goals:
        status, result = client.result(goal)
        assert (status, len(result.responses)) == (GoalStatus.STATUS_SUCCEEDED, 2)
