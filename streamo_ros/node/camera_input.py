# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Subscribes to the camera, samples by stamp, and finds out why no frame arrives.

Messages stay serialized: only their stamp is read. A message that is not sampled is neither
deserialized nor copied; a sampled one is decoded later, on the worker's thread.
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
"""Seconds of the node's clock without a frame after which the reason is reported."""
_UNNAMED = '_NODE_NAME_UNKNOWN_'


class CameraInput:
    """A subscription and its sampler.

    Args:
        node: where the subscription is created.
        transport: 'raw' or 'compressed'.
        sampler: decides by stamp which frames are sampled.
        on_frame: takes the sampled frames.

    Attributes:
        opaque: messages whose stamp had to be deserialized.
        received_at: steady-clock seconds of the newest message; 0 = none yet.
        problem: what is wrong with the input; '' when all is well.
        silent: whether no frame has arrived for `PATIENCE` seconds.
    """

    def __init__(
        self,
        node: Node,
        transport: str,
        sampler: FrameSampler,
        on_frame: Callable[[PendingFrame], None],
    ) -> None:
        self._node = node
        self.sampler = sampler
        self._on_frame = on_frame
        self._type = CompressedImage if transport == 'compressed' else Image
        self.opaque = 0
        self.received_at = 0.0
        self.problem = ''
        self.silent = False
        self._incompatible = ''
        self._unnamed = 0
        self._received = 0
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
        """Unsubscribe."""
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
            self._on_frame(
                PendingFrame(tick, received, lambda: decode(data, kind, tick, received))
            )

    # ---- when no frame arrives ----------------------------------------------------------------

    def check(self) -> None:
        """Check whether frames arrive, about once a second; logs the reason once when not."""
        now = self._node.get_clock().now()
        if self._incompatible:
            self._report_mismatch()
        elif self.problem and not self.silent and self._all_compatible():
            self.problem = ''
        received = self.sampler.counts.received
        if received != self._received or now < self._quiet_since:
            if self.silent:
                self._node.get_logger().info(f'frames arrive on {self.topic}')
                self.problem, self.silent = '', False
            self._received, self._quiet_since = received, now
        elif not self.silent and (now - self._quiet_since).nanoseconds >= PATIENCE * 1e9:
            self.silent = True
            if not self.problem:
                self.problem = self._diagnosis()
                self._node.get_logger().warning(self.problem)

    def _on_incompatible(self, event: Any) -> None:
        self._incompatible = str(qos_policy_name_from_kind(event.last_policy_kind))

    def _report_mismatch(self) -> None:
        """Report it once the publisher's name is known, which is later than its QoS."""
        sentence = self._mismatch(self._incompatible)
        self._unnamed += _UNNAMED in sentence
        if _UNNAMED not in sentence or self._unnamed > 3:
            self.problem, self._incompatible, self._unnamed = sentence, '', 0
            self._node.get_logger().warning(sentence)

    def _all_compatible(self) -> bool:
        """Whether every publisher's QoS is compatible with ours, as far as it is known."""
        requested = self._subscription.qos_profile
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        verdicts = [qos_check_compatible(info.qos_profile, requested)[0] for info in publishers]
        return QoSCompatibility.ERROR not in verdicts

    def _mismatch(self, policy: str) -> str:
        """One sentence about a publisher whose QoS is incompatible."""
        return (
            f'a publisher of {self.topic} offers an incompatible {policy}: '
            f'{self._publishers() or "it is gone"}; this node requests {self._requested()}; '
            f'change qos_overrides.{self.topic}.subscription.{policy.lower()}'
        )

    def _diagnosis(self) -> str:
        """One sentence about why no frame arrives."""
        publishers = self._publishers()
        silent = f'no frame on {self.topic} for {PATIENCE:g} s'
        if publishers:
            return (
                f'{silent}: it has publishers ({publishers}), this node requests '
                f'{self._requested()}; check that the camera is running and that the network '
                'carries its images'
            )
        other = self._sibling()
        if other:
            return f'{silent}: it has no publishers, but {other}'
        return f'{silent}: it has no publishers; start the camera or remap `image` to its topic'

    def _sibling(self) -> str:
        """What to do when only the other transport is published; '' when it is not."""
        if self._type is Image:
            topic, transport = f'{self.topic}/compressed', 'compressed'
        else:
            topic, transport = self.topic.removesuffix('/compressed'), 'raw'
        if not self._node.count_publishers(topic):
            return ''
        return f'{topic} has some; set image_transport to {transport}'

    def _publishers(self) -> str:
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        return ', '.join(f'{info.node_name}: {_policies(info.qos_profile)}' for info in publishers)

    def _requested(self) -> str:
        return _policies(self._subscription.qos_profile)


def _policies(qos: QoSProfile) -> str:
    return f'{qos.reliability.name.lower()}, {qos.durability.name.lower()}'
