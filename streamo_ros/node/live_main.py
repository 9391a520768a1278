# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The process of the page's node: `streamo live`, `ros2 run streamo_ros streamo_live`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.executors import ShutdownException
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from streamo_ros.core.errors import ExitCode
from streamo_ros.live.access import Access
from streamo_ros.live.history import History
from streamo_ros.live.pictures import NewestPictures
from streamo_ros.live.run import addresses
from streamo_ros.live.run import serve
from streamo_ros.live.server import LiveServer
from streamo_ros.live.session import Session
from streamo_ros.node.graph import join_graph
from streamo_ros.node.live_commands import ServiceCommands
from streamo_ros.node.live_node import LiveNode
from streamo_ros.node.live_past import NodePast


@dataclass
class _Bridge:
    """Carries what the node's thread hears into the event loop; before there is one, nothing."""

    loop: asyncio.AbstractEventLoop | None = None
    session: Session | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def post(self, action: Callable[[Session], None]) -> None:
        if self.loop is not None and self.session is not None and not self.ended.is_set():
            # The loop closes while the last messages arrive.
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(action, self.session)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until SIGINT or SIGTERM.

    Args:
        argv: arguments for ROS, `--ros-args ...`; None = those of the process.

    Raises:
        StreamoError: a parameter is refused, or the address cannot be used.
    """
    arguments = ['streamo_live', *(sys.argv[1:] if argv is None else argv)]
    join_graph(arguments, signal_handler_options=SignalHandlerOptions.NO)
    bridge = _Bridge()
    executor = SingleThreadedExecutor()
    spinner = threading.Thread(target=_spin, args=(executor, bridge), daemon=True)
    try:
        node = LiveNode(bridge.post)
        executor.add_node(node)
        _serve(node, executor, bridge, spinner)
    finally:
        bridge.ended.set()
        if spinner.is_alive():
            spinner.join(2.0)
        rclpy.try_shutdown()
    return ExitCode.OK


def _serve(
    node: LiveNode, executor: SingleThreadedExecutor, bridge: _Bridge, spinner: threading.Thread
) -> None:
    pictures = NewestPictures(node.number('live.picture_memory') * 2**20)
    session = Session(History(node.number('live.history')), pictures, live=True)
    session.tell(source=node.target, node=node.target)
    host = str(node.values['live.host'])
    access = Access.for_host(host)
    commands = ServiceCommands(node, executor)
    past = NodePast(node, executor, str(node.values['live.memory']))

    def ready(port: int) -> None:
        # Printed, not logged: what is logged goes to a topic, and a token must not.
        print('\n'.join(addresses(host, port, access)), flush=True)
        bridge.loop, bridge.session = asyncio.get_running_loop(), session
        spinner.start()

    serve(LiveServer(session, access, commands, past).app, host, node.number('live.port'), ready)


def _spin(executor: SingleThreadedExecutor, bridge: _Bridge) -> None:
    while not bridge.ended.is_set():
        try:
            executor.spin_once(timeout_sec=0.2)
        except (ExternalShutdownException, ShutdownException):
            return
