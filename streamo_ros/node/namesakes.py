# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds other nodes of our name: services of the same names, any of which may be called."""

from __future__ import annotations

import time

from rclpy.node import Node

from streamo_ros.node.lasting import Lasting


class Namesakes:
    """Looks for other nodes of a node's name.

    Args:
        node: whose graph is looked at.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lasting = Lasting()
        self._warned = False

    def check(self) -> str:
        """One sentence while there is another node of the name, logged when it begins; else ''."""
        own = self._node.get_name(), self._node.get_namespace()
        listed = self._node.get_node_names_and_namespaces().count(own)
        if not self._lasting.check(listed > 1, time.perf_counter()):
            self._warned = False
            return ''
        sentence = (
            f'{listed} nodes are called {self._node.get_fully_qualified_name()}, and a service '
            'call may reach any of them: stop all but one, or rename them with -r __node:=NAME or '
            '-r __ns:=NAMESPACE'
        )
        if not self._warned:
            self._node.get_logger().warning(sentence)
        self._warned = True
        return sentence
