# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds out, before lock-step begins, how the node samples and how the player steps.

Both are asked over the graph; also waits until the player's images reach the node.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rcl_interfaces.srv import GetParameters
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import ReliabilityPolicy
from std_srvs.srv import Trigger

from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND
from streamo_ros.msg import ModelInfo
from streamo_ros.node.client import BlockingClient
from streamo_ros.node.client import LockStepError

IMAGES = {'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'}


def find_sampler(client: BlockingClient, target: str) -> FrameSampler:
    """A sampler with the node's parameters.

    Raises:
        LockStepError: there is no such node.
    """
    names = [f'sampling.{name}' for name in ('rate', 'reorder_tolerance', 'max_gap')]
    reply = client.ask(
        f'{target}/get_parameters',
        GetParameters,
        'start the node, or give its name with --target',
        names=names,
    )
    if len(reply.values) != len(names):
        raise LockStepError(f'{target} has no parameter {names[0]}: it is not a streamo node')
    # A number that was set as an integer is one: `ros2 param set /streamo sampling.rate 2`.
    rate, late, gap = (float(parameter_value_to_python(value)) for value in reply.values)
    rate = rate or _checkpoint_rate(client, target)
    return FrameSampler(Fraction(rate), int(late * SECOND), int(gap * SECOND))


def _checkpoint_rate(client: BlockingClient, target: str) -> float:
    """The rate that the node's checkpoint asks for."""
    heard: list[ModelInfo] = []
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    subscription = client.create_subscription(
        ModelInfo, f'{target}/model_info', heard.append, latched
    )
    client.until(
        lambda: bool(heard), f'{target}/model_info', 'configure the node, or set its sampling.rate'
    )
    client.destroy_subscription(subscription)
    return float(heard[-1].sampling_rate)


def find_step(client: BlockingClient, player: str) -> Any:
    """The class of the player's `play_next`, ours or rosbag2's; ready to be called.

    Raises:
        LockStepError: there is no such player, or its type is not installed.
    """
    name = client.type_of(
        f'{player}/play_next',
        'start a paused player (docs/replay.md), or give its name with --player',
    )
    kind = _step_type(name)
    client.prepare(f'{player}/play_next', kind)
    client.ask(f'{player}/get_parameters', GetParameters, names=[])
    return kind


def _step_type(name: str) -> Any:
    if name == 'std_srvs/srv/Trigger':
        return Trigger
    try:
        from rosbag2_interfaces.srv import PlayNext
    except ImportError as error:
        raise LockStepError(f'the player wants {name}: install rosbag2_interfaces') from error
    return PlayNext


def wait_for_link(client: BlockingClient, target: str) -> None:
    """Wait until the node's image topic has a publisher.

    Raises:
        LockStepError: it has none, or one of incompatible QoS.
    """
    client.until(
        lambda: _linked(client, target),
        f'a publisher of the image topic of {target}',
        'activate the node, and let the player publish on the same topic with the same type',
    )


def _linked(client: BlockingClient, target: str) -> bool:
    for topic, types in client.get_topic_names_and_types():
        if not IMAGES & set(types):
            continue
        publishers = client.get_publishers_info_by_topic(topic)
        for subscription in client.get_subscriptions_info_by_topic(topic):
            if f'{subscription.node_namespace.rstrip("/")}/{subscription.node_name}' != target:
                continue
            matching = [
                publisher
                for publisher in publishers
                if publisher.topic_type == subscription.topic_type
            ]
            if matching and not any(
                _compatible(publisher, subscription) for publisher in matching
            ):
                raise LockStepError(
                    f'{topic} is published best effort and {target} requests reliable: give '
                    'ros2 bag play --qos-profile-overrides-path (docs/replay.md)'
                )
            return bool(matching)
    return False


def _compatible(publisher: Any, subscription: Any) -> bool:
    reliable = ReliabilityPolicy.RELIABLE
    return bool(
        subscription.qos_profile.reliability != reliable
        or publisher.qos_profile.reliability == reliable
    )
