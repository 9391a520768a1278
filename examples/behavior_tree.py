#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A behavior-tree leaf that watches for something; needs py_trees besides rclpy.

python3 behavior_tree.py 'Tell me when the kettle boils.'

The tree is ticked by a timer, in the thread that spins the node: rclpy's action client loses a
reply that arrives before the request was noted, which can happen when another thread spins.
"""

from __future__ import annotations

import sys
from typing import Any

import py_trees
import rclpy
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from py_trees.common import Status
from rclpy.action import ActionClient
from rclpy.node import Node
from streamo_ros.action import Watch


class WatchFor(py_trees.behaviour.Behaviour):
    """RUNNING while watching, SUCCESS with the answer on the blackboard, FAILURE otherwise.

    Args:
        node: the ROS node of the tree.
        text: what to watch for.
        seconds: time limit, on the node's clock; 0 = none.
        server: the action of the streamo node.
    """

    def __init__(
        self, node: Node, text: str, seconds: int = 0, server: str = '/streamo/watch'
    ) -> None:
        super().__init__(f'watch for: {text}')
        self.client = ActionClient(node, Watch, server)
        self.goal = Watch.Goal(text=text, timeout=Duration(sec=seconds))
        self.board = self.attach_blackboard_client()
        self.board.register_key('answer', access=py_trees.common.Access.WRITE)
        self.request = self.handle = self.result = None

    def initialise(self) -> None:
        """Start over: the goal is sent as soon as the server is there."""
        self.request = self.handle = self.result = None

    def update(self) -> Status:
        """Advance by one step; never waits."""
        if self.request is None:
            if self.client.server_is_ready():
                self.request = self.client.send_goal_async(self.goal, self.on_feedback)
            return Status.RUNNING
        if self.handle is None:
            if not self.request.done():
                return Status.RUNNING
            self.handle = self.request.result()
            if not self.handle.accepted:
                self.feedback_message = 'the goal was rejected: the node is not active'
                return Status.FAILURE
            self.result = self.handle.get_result_async()
        return self.finish() if self.result.done() else Status.RUNNING

    def finish(self) -> Status:
        """The status that belongs to the goal's result."""
        reply = self.result.result()
        if reply.status != GoalStatus.STATUS_SUCCEEDED:
            self.feedback_message = reply.result.message
            return Status.FAILURE
        self.board.answer = reply.result.responses[-1].text
        return Status.SUCCESS

    def on_feedback(self, message: Any) -> None:
        """Show the answer as it is generated."""
        self.feedback_message = message.feedback.partial_text

    def terminate(self, new_status: Status) -> None:
        """Cancel the goal when the tree no longer needs the answer."""
        if new_status is Status.INVALID and self.request is not None:
            # Also when the goal has been sent but not accepted yet.
            self.request.add_done_callback(lambda request: request.result().cancel_goal_async())


def main(argv: list[str]) -> int:
    """Tick a tree with this single leaf until it ends; 0 when there was an answer."""
    rclpy.init()
    node = rclpy.create_node('behavior_tree')
    leaf = WatchFor(node, argv[0], seconds=600)
    tree = py_trees.trees.BehaviourTree(leaf)
    node.create_timer(0.1, tree.tick)
    while leaf.status in (Status.INVALID, Status.RUNNING):
        rclpy.spin_once(node)
    print(leaf.board.answer if leaf.status is Status.SUCCESS else leaf.feedback_message)
    return 0 if leaf.status is Status.SUCCESS else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
