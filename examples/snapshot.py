#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keep the last minute of a recording whenever the node answers; needs rosbag2_interfaces.

ros2 bag record --snapshot-mode --max-cache-size 500000000 -a
python3 snapshot.py [/rosbag2_recorder]

In snapshot mode the recorder keeps the last messages in memory, and writes them when it is asked.
"""

from __future__ import annotations

import sys
from typing import Any

import rclpy
from rclpy.node import Node
from rosbag2_interfaces.srv import Snapshot
from streamo_ros.msg import Response


class SnapshotOnResponse(Node):
    """Asks the recorder to write when there is a complete answer.

    Args:
        recorder: the recorder's node.
    """

    def __init__(self, recorder: str = '/rosbag2_recorder') -> None:
        super().__init__('snapshot_on_response')
        self.recorder = self.create_client(Snapshot, f'{recorder}/snapshot')
        self.create_subscription(Response, '/streamo/response', self.on_response, 10)

    def on_response(self, response: Response) -> None:
        """Ask once for each answer that the model ended by itself or that reached its length."""
        if response.finish_reason not in (Response.FINISH_STOP, Response.FINISH_LENGTH):
            return
        if not self.recorder.service_is_ready():
            self.get_logger().warning(f'nothing serves {self.recorder.srv_name}: no snapshot')
            return
        sent = self.recorder.call_async(Snapshot.Request())
        sent.add_done_callback(lambda done: self.on_reply(response.text, done.result()))

    def on_reply(self, text: str, reply: Any) -> None:
        """Log what came of it."""
        outcome = 'written' if reply.success else 'refused: is the recorder in snapshot mode?'
        self.get_logger().info(f'{text!r}: snapshot {outcome}')


if __name__ == '__main__':
    rclpy.init()
    rclpy.spin(SnapshotOnResponse(*sys.argv[1:]))
