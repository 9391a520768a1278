#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ask a running node to watch for something, and print the answer.

ros2 launch streamo_ros streamo.launch.py image:=/camera/image_raw
python3 watch_for.py 'Tell me when the kettle boils.'
"""

import sys

import rclpy
from builtin_interfaces.msg import Duration
from rclpy.action import ActionClient
from rclpy.node import Node
from streamo_ros.action import Watch


def watch_for(node: Node, text: str, seconds: int) -> str:
    """The answer, or why there is none."""
    client = ActionClient(node, Watch, '/streamo/watch')
    client.wait_for_server()
    sent = client.send_goal_async(Watch.Goal(text=text, timeout=Duration(sec=seconds)))
    rclpy.spin_until_future_complete(node, sent)
    if not sent.result().accepted:
        return 'the goal was rejected: activate the node'
    done = sent.result().get_result_async()
    rclpy.spin_until_future_complete(node, done)
    result = done.result().result
    return ' '.join(response.text for response in result.responses) or result.message


if __name__ == '__main__':
    rclpy.init()
    print(watch_for(rclpy.create_node('watch_for'), text=sys.argv[1], seconds=600))
