# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera's topic: takes serialized messages, looks at their stamp, hands on what is sampled.

Knows the subscription, its QoS and what is wrong when nothing comes. A message that is not
sampled is neither deserialized nor copied; one that is, is decoded by whoever opens its letter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import qos_check_compatible
from rclpy.qos import qos_policy_name_from_kind
from rclpy.qos import QoSCompatibility
from rclpy.qos import QoSHistoryPolicy
from rclpy.qos import QoSProfile
from rclpy.qos import QoSReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

from streamo_ros.core.frame import FrameSampler
from streamo_ros.node.decoding import decode
from streamo_ros.node.decoding import stamp_of
from streamo_ros.node.frame_queue import PendingFrame
from streamo_ros.sources.cdr import peek_stamp

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

PATIENCE = 5.0
"""Seconds of the node's clock without a frame after which the reason is looked for."""
_UNNAMED = '_NODE_NAME_UNKNOWN_'


class CameraInput:
    """A subscription and its sampler.

    Args:
        node: where the subscription is made.
        transport: 'raw' or 'compressed'.
        sampler: decides by stamp which frames are looked at.
        post: takes the letters of those.

    Attributes:
        opaque: messages whose stamp had to be deserialized.
        received_at: steady-clock seconds of the newest message; 0 = none yet.
        complaint: what is wrong with the input; '' when all is well.
        silent: whether no frame has come for `PATIENCE` seconds.
    """

    def __init__(
        self,
        node: Node,
        transport: str,
        sampler: FrameSampler,
        post: Callable[[PendingFrame], None],
    ) -> None:
        self._node = node
        self.sampler = sampler
        self._post = post
        self._type = CompressedImage if transport == 'compressed' else Image
        self.opaque = 0
        self.received_at = 0.0
        self.complaint = ''
        self.silent = False
        self._incompatible = ''
        self._unnamed = 0
        self._heard = 0
        self._quiet_since = node.get_clock().now()
        self._subscription = node.create_subscription(
            self._type,
            'image/compressed' if transport == 'compressed' else 'image',
            self._on_message,
            QoSProfile(
                history=QoSHistoryPolicy.KEEP_LAST,
                depth=1,
                reliability=QoSReliabilityPolicy.BEST_EFFORT,
            ),
            raw=True,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._on_incompatible),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )
        self.topic = str(self._subscription.topic_name)

    def close(self) -> None:
        """Let the topic go."""
        self._node.destroy_subscription(self._subscription)

    def _on_message(self, data: bytes) -> None:
        received = time.perf_counter()
        self.received_at = received
        stamp = peek_stamp(data)
        if stamp is None:
            self.opaque += 1
            stamp = stamp_of(data, self._type)
        tick = self.sampler.offer(stamp)
        if tick is not None:
            kind = self._type
            self._post(PendingFrame(tick, received, lambda: decode(data, kind, tick, received)))

    # ---- when nothing comes -------------------------------------------------------------------

    def watch(self) -> None:
        """Look whether frames come, once a second or so; says once what is wrong when not."""
        now = self._node.get_clock().now()
        if self._incompatible:
            self._complain_of_mismatch()
        elif self.complaint and not self.silent and self._all_fit():
            self.complaint = ''
        heard = self.sampler.counts.received
        if heard != self._heard or now < self._quiet_since:
            if self.silent:
                self._node.get_logger().info(f'frames come on {self.topic}')
                self.complaint, self.silent = '', False
            self._heard, self._quiet_since = heard, now
        elif not self.silent and (now - self._quiet_since).nanoseconds >= PATIENCE * 1e9:
            self.silent = True
            if not self.complaint:
                self.complaint = self._diagnosis()
                self._node.get_logger().warning(self.complaint)

    def _on_incompatible(self, event: Any) -> None:
        self._incompatible = str(qos_policy_name_from_kind(event.last_policy_kind))

    def _complain_of_mismatch(self) -> None:
        """Say it once the publisher's name is known, which is later than its QoS."""
        sentence = self._mismatch(self._incompatible)
        self._unnamed += _UNNAMED in sentence
        if _UNNAMED not in sentence or self._unnamed > 3:
            self.complaint, self._incompatible, self._unnamed = sentence, '', 0
            self._node.get_logger().warning(sentence)

    def _all_fit(self) -> bool:
        """Whether every publisher's QoS fits ours, as far as it is known."""
        asked = self._subscription.qos_profile
        found = self._node.get_publishers_info_by_topic(self.topic)
        verdicts = [qos_check_compatible(one.qos_profile, asked)[0] for one in found]
        return QoSCompatibility.ERROR not in verdicts

    def _mismatch(self, policy: str) -> str:
        """One sentence on a publisher whose QoS does not fit."""
        return (
            f'a publisher of {self.topic} offers an incompatible {policy}: '
            f'{self._publishers() or "it has gone"}; this node asks for {self._asked()}; change '
            f'qos_overrides.{self.topic}.subscription.{policy.lower()}'
        )

    def _diagnosis(self) -> str:
        """One sentence on why nothing comes."""
        publishers = self._publishers()
        silent = f'no frame on {self.topic} for {PATIENCE:g} s'
        if publishers:
            return (
                f'{silent}: it has publishers ({publishers}), this node asks for {self._asked()}; '
                'check that the camera runs and that the network carries its images'
            )
        other = self._sibling()
        if other:
            return f'{silent}: nobody publishes it, but somebody publishes {other}'
        return f'{silent}: nobody publishes it; start the camera or remap `image` to its topic'

    def _sibling(self) -> str:
        """What to do when only the other transport is published; '' when it is not."""
        if self._type is Image:
            topic, transport = f'{self.topic}/compressed', 'compressed'
        else:
            topic, transport = self.topic.removesuffix('/compressed'), 'raw'
        if not self._node.count_publishers(topic):
            return ''
        return f'{topic}; set image_transport to {transport}'

    def _publishers(self) -> str:
        found = self._node.get_publishers_info_by_topic(self.topic)
        return ', '.join(f'{one.node_name}: {_policies(one.qos_profile)}' for one in found)

    def _asked(self) -> str:
        return _policies(self._subscription.qos_profile)


def _policies(qos: QoSProfile) -> str:
    return f'{qos.reliability.name.lower()}, {qos.durability.name.lower()}'
