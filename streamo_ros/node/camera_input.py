# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Subscribes to the camera, samples by stamp, and finds out why no message arrives.

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

from streamo_ros.core.frame import FrameSampler
from streamo_ros.node.decoding import decode
from streamo_ros.node.decoding import stamp_of
from streamo_ros.node.frame_queue import PendingFrame
from streamo_ros.node.image_topics import image_topic
from streamo_ros.node.image_topics import message_type
from streamo_ros.node.image_topics import why_silent
from streamo_ros.node.input_health import GraphView
from streamo_ros.node.input_health import Patience
from streamo_ros.node.input_health import WINDOW
from streamo_ros.sources.cdr import peek_stamp

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

_UNNAMED = '_NODE_NAME_UNKNOWN_'
_LEAP = 60.0
"""Seconds of the node's clock between two looks, a second apart, that nobody waited for."""


class CameraInput:
    """A subscription and its sampler.

    Args:
        node: where the subscription is created.
        transport: 'raw' or 'compressed'.
        stamp: 'header', or 'receive' for the node's clock at reception.
        sampler: decides by stamp which frames are sampled.
        on_frame: takes the sampled frames.

    Attributes:
        opaque: messages whose stamp had to be deserialized.
        received_at: steady-clock seconds of the newest message; 0 = none yet.
        topic: fully qualified.
    """

    def __init__(
        self,
        node: Node,
        transport: str,
        stamp: str,
        sampler: FrameSampler,
        on_frame: Callable[[PendingFrame], None],
    ) -> None:
        self._node = node
        self.sampler = sampler
        self._on_frame = on_frame
        self._transport = transport
        self._type = message_type(transport)
        self._type_name = f'sensor_msgs/msg/{self._type.__name__}'
        self._at_reception = stamp == 'receive'
        self.opaque = 0
        self.received_at = 0.0
        self._patience = Patience()
        self._started = time.perf_counter()
        self._incompatible = ''
        self._mismatch = ''
        self._silence = ''
        self._unnamed = 0
        self._quiet_since = self._looked_at = node.get_clock().now()
        self._subscription = node.create_subscription(
            self._type,
            image_topic(node, transport),
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
        if self.received_at:
            self._patience.learn(received - self.received_at)
        self.received_at = received
        self._quiet_since = self._node.get_clock().now()
        tick = self.sampler.offer(self._stamp(data))
        if tick is not None:
            kind = self._type
            self._on_frame(
                PendingFrame(tick, received, lambda: decode(data, kind, tick, received))
            )

    def _stamp(self, data: bytes) -> int:
        if self._at_reception:
            return int(self._node.get_clock().now().nanoseconds)
        stamp = peek_stamp(data)
        if stamp is not None:
            return stamp
        self.opaque += 1
        return stamp_of(data, self._type)

    # ---- what the graph says ------------------------------------------------------------------

    def look(self) -> GraphView:
        """What the graph says about the input; call once a second."""
        if self._incompatible:
            self._find_mismatch()
        elif self._mismatch and self._all_compatible():
            self._mismatch = ''
        self._find_silence()
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        return GraphView(
            mismatch=self._mismatch,
            # The QoS says why already.
            silence='' if self._mismatch else self._silence,
            clock=self._clock(),
            publishers=sorted(
                info.node_name for info in publishers if info.topic_type == self._type_name
            ),
        )

    def _find_silence(self) -> None:
        """Measured on the node's clock, so that a paused recording is not a silent camera."""
        now = self._node.get_clock().now()
        quiet = (now - self._quiet_since).nanoseconds / 1e9
        # A simulated clock is 0 until it begins, and leaps where a recording or simulation does.
        leap = (now - self._looked_at).nanoseconds / 1e9
        if quiet < 0 or leap > _LEAP or not self._looked_at.nanoseconds:
            self._quiet_since, quiet = now, 0.0
        self._looked_at = now
        if quiet < self._patience.seconds:
            self._silence = ''
        elif not self._silence:
            self._silence = self._diagnosis(self._patience.seconds)

    def _clock(self) -> str:
        """One sentence when the node's clock does not run at all."""
        clock = self._node.get_clock()
        if clock.now().nanoseconds or time.perf_counter() - self._started < WINDOW:
            return ''
        return (
            'use_sim_time is true, and nothing publishes /clock: start what does (ros2 bag play '
            '--clock, the simulator), or set use_sim_time to false'
        )

    def _on_incompatible(self, event: Any) -> None:
        self._incompatible = str(qos_policy_name_from_kind(event.last_policy_kind))

    def _find_mismatch(self) -> None:
        """Report it once the publisher's name is known, which is later than its QoS."""
        policy = self._incompatible
        sentence = (
            f'a publisher of {self.topic} offers an incompatible {policy}: '
            f'{self._publishers() or "it is gone"}; this node requests {self._requested()}; '
            f'change qos_overrides.{self.topic}.subscription.{policy.lower()}'
        )
        self._unnamed += _UNNAMED in sentence
        if _UNNAMED not in sentence or self._unnamed > 3:
            self._mismatch, self._incompatible, self._unnamed = sentence, '', 0

    def _all_compatible(self) -> bool:
        """Whether every publisher's QoS is compatible with ours, as far as it is known."""
        requested = self._subscription.qos_profile
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        verdicts = [qos_check_compatible(info.qos_profile, requested)[0] for info in publishers]
        return QoSCompatibility.ERROR not in verdicts

    def _diagnosis(self, seconds: float) -> str:
        """One sentence about why no frame arrives."""
        why = why_silent(
            self._node, self.topic, self._transport, self._requested(), self._publishers()
        )
        return f'no frame on {self.topic} for {seconds:.0f} s: {why}'

    def _publishers(self) -> str:
        """The publishers of our type, with their QoS."""
        publishers = self._node.get_publishers_info_by_topic(self.topic)
        return ', '.join(
            f'{info.node_name}: {_policies(info.qos_profile)}'
            for info in publishers
            if info.topic_type == self._type_name
        )

    def _requested(self) -> str:
        return _policies(self._subscription.qos_profile)


def _policies(qos: QoSProfile) -> str:
    return f'{qos.reliability.name.lower()}, {qos.durability.name.lower()}'
