# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which player is stepped, and what keeps player and node apart; on a graph that is only told of.

The real graph is in test/ros/test_lockstep.py; rosbag2's player is not installed there, so its
types and replies are doubles of what its sources say.
"""

from __future__ import annotations

import sys
import types
from types import SimpleNamespace
from typing import Any

import pytest
from rclpy.parameter import Parameter

pytest.importorskip('rclpy', reason='ROS 2 is not installed')
from rclpy.qos import ReliabilityPolicy

from streamo_ros.node import client as client_module
from streamo_ros.node.client import BlockingClient
from streamo_ros.node.client import LockStepError
from streamo_ros.node.discovery import find_sampler
from streamo_ros.node.discovery import find_step
from streamo_ros.node.discovery import wait_for_link

RAW, JPEG = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
RELIABLE, BEST = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT


def end(name: str, kind: str, reliability: ReliabilityPolicy) -> Any:
    """One end of a topic, as the graph tells of it."""
    namespace, _, node = name.rpartition('/')
    return SimpleNamespace(
        node_name=node,
        node_namespace=namespace or '/',
        topic_type=kind,
        qos_profile=SimpleNamespace(reliability=reliability),
    )


class Graph:
    """A client that does not wait: what is not there now does not come."""

    def __init__(self, publishers: Any = (), ears: Any = (), kind: str = '') -> None:
        self._publishers, self._ears, self._kind = list(publishers), list(ears), kind

    def get_topic_names_and_types(self) -> list[tuple[str, list[str]]]:
        kinds = sorted({one.topic_type for one in [*self._publishers, *self._ears]})
        return [('/chatter', ['std_msgs/msg/String']), ('/image', kinds)]

    def get_publishers_info_by_topic(self, topic: str) -> list[Any]:
        return self._publishers if topic == '/image' else []

    def get_subscriptions_info_by_topic(self, topic: str) -> list[Any]:
        return self._ears if topic == '/image' else []

    def type_of(self, service: str, cure: str) -> str:
        return self._kind

    def prepare(self, service: str, kind: Any) -> None:
        self.prepared = service

    def ask(self, service: str, kind: Any, **fields: object) -> None:
        assert self.prepared.rpartition('/')[0] == service.rpartition('/')[0]

    def until(self, condition: Any, what: str, cure: str = '') -> None:
        if not condition():
            raise LockStepError(f'{what}: {cure}')


@pytest.mark.parametrize(('mouth', 'ear'), [(RELIABLE, RELIABLE), (RELIABLE, BEST), (BEST, BEST)])
def test_node_and_player_that_can_hear_each_other_are_linked(
    mouth: ReliabilityPolicy, ear: ReliabilityPolicy
) -> None:
    graph = Graph([end('/player', RAW, mouth)], [end('/robot/streamo', RAW, ear)])
    wait_for_link(graph, '/robot/streamo')


def test_best_effort_player_of_a_reliable_node_is_refused_with_the_option_that_mends_it() -> None:
    graph = Graph([end('/player', RAW, BEST)], [end('/streamo', RAW, RELIABLE)])
    with pytest.raises(LockStepError, match=r'/image .* best effort .*--qos-profile-overrides'):
        wait_for_link(graph, '/streamo')


@pytest.mark.parametrize(
    'ears',
    [
        [],
        [end('/streamo', JPEG, BEST)],
        [end('/other/streamo', RAW, BEST)],
    ],
)
def test_other_type_and_other_node_are_no_link(ears: list[Any]) -> None:
    with pytest.raises(LockStepError, match='the same topic with the same type'):
        wait_for_link(Graph([end('/player', RAW, RELIABLE)], ears), '/streamo')


def test_step_of_either_player_is_found_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    from std_srvs.srv import Trigger

    assert find_step(Graph(kind='std_srvs/srv/Trigger'), '/streamo_player') is Trigger
    theirs = types.ModuleType('rosbag2_interfaces.srv')
    theirs.PlayNext = object()
    monkeypatch.setitem(sys.modules, 'rosbag2_interfaces', types.ModuleType('rosbag2_interfaces'))
    monkeypatch.setitem(sys.modules, 'rosbag2_interfaces.srv', theirs)
    # Ours is ours, also where rosbag2 is installed.
    assert find_step(Graph(kind='std_srvs/srv/Trigger'), '/streamo_player') is Trigger
    found = find_step(Graph(kind='rosbag2_interfaces/srv/PlayNext'), '/rosbag2_player')
    assert found is theirs.PlayNext


def test_player_whose_interfaces_are_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'rosbag2_interfaces.srv', None)
    with pytest.raises(LockStepError, match='install rosbag2_interfaces'):
        find_step(Graph(kind='rosbag2_interfaces/srv/PlayNext'), '/rosbag2_player')


def test_a_reply_that_was_lost_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server drops the reply to a client that it has not discovered yet."""
    monkeypatch.setattr(client_module, 'AGAIN', 0.0)
    calls: list[Any] = []

    def call_async(request: Any) -> Any:
        calls.append(request)
        arrived = len(calls) == 3
        return SimpleNamespace(done=lambda: arrived, result=lambda: 'the reply')

    def until(condition: Any, *_: str) -> None:
        assert any(condition() for _ in range(5))

    server = SimpleNamespace(service_is_ready=lambda: True, call_async=call_async)
    asking = SimpleNamespace(
        prepare=lambda *_: None, until=until, _clients_by_name={'/streamo/get': server}
    )
    kind = SimpleNamespace(Request=lambda **fields: fields)
    reply = BlockingClient.ask(asking, '/streamo/get', kind, names=['a'])
    assert (reply, calls) == ('the reply', [{'names': ['a']}] * 3)


@pytest.mark.parametrize(
    ('reply', 'why'),
    [
        (SimpleNamespace(success=False), 'it is not paused, or has played everything'),
        (SimpleNamespace(success=False, message='no such thing'), 'no such thing'),
    ],
)
def test_refusal_is_an_error_with_or_without_a_message(reply: Any, why: str) -> None:
    client = SimpleNamespace(call=lambda *_, **__: reply)
    with pytest.raises(LockStepError, match=f'^/player/play_next refused: {why}$'):
        BlockingClient.demand(client, '/player/play_next', None)


def test_sampler_is_the_nodes_own() -> None:
    # A number that was set as an integer is one: `ros2 param set /streamo sampling.max_gap 60`.
    values = [Parameter('a', value=one).get_parameter_value() for one in (2.5, 0.5, 60)]
    client = SimpleNamespace(ask=lambda *_, **__: SimpleNamespace(values=values))
    sampler = find_sampler(client, '/streamo')
    assert (sampler.rate, sampler.reorder_tolerance, sampler.max_gap) == (2.5, 5e8, 6e10)


def test_sampler_of_a_node_that_leaves_the_rate_to_its_checkpoint() -> None:
    values = [Parameter('a', value=one).get_parameter_value() for one in (0.0, 0.5, 60.0)]
    heard = []
    client = SimpleNamespace(
        ask=lambda *_, **__: SimpleNamespace(values=values),
        create_subscription=lambda kind, name, take, qos: heard.append((name, take)),
        destroy_subscription=lambda _: None,
        until=lambda condition, *_: heard[0][1](SimpleNamespace(sampling_rate=2.0)),
    )
    assert find_sampler(client, '/streamo').rate == 2
    assert heard[0][0] == '/streamo/model_info'


def test_node_of_another_kind_is_refused() -> None:
    client = SimpleNamespace(ask=lambda *_, **__: SimpleNamespace(values=[]))
    with pytest.raises(LockStepError, match=r'/talker has no parameter sampling\.rate'):
        find_sampler(client, '/talker')
