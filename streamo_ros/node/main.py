# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's process: start, spin, end.

SIGINT and SIGTERM end it with code 0, whatever the model is doing: the node leaves the graph at
once, and the process ends within two seconds. An error in a callback is logged and does not end
it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import rclpy
import rclpy.utilities
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.exceptions import InvalidParameterValueException
from rclpy.exceptions import NameValidationException
from rclpy.executors import ExternalShutdownException
from rclpy.executors import ShutdownException
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy

from streamo_ros.config.params_file import refuse_repetitions
from streamo_ros.core.errors import ExitCode
from streamo_ros.node.graph import join_graph
from streamo_ros.node.graph import refused
from streamo_ros.node.ros_log import RosLogHandler
from streamo_ros.node.streamo_node import StreamoNode
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program

PASS_GRACE = 0.2
"""Seconds that the current pass may take before the node leaves the graph."""
GRACE = 1.0
"""Seconds that it may take after that, so that the journal can be closed."""
# What rclpy raises for its own parameters, such as use_sim_time, for names, and for what the
# middleware lacks.
_REFUSALS = (
    InvalidParameterTypeException,
    InvalidParameterValueException,
    NameValidationException,
    _rclpy.RCLError,
)
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until it is asked to end.

    Args:
        argv: arguments after the program's name, like `--ros-args ...`; None = the process's.

    Returns:
        OK after SIGINT or SIGTERM, also while it starts; HUNG when the model hangs; BAD_INPUT
        when autostart fails.

    Raises:
        GraphError: an argument for ROS is wrong, or a variable of the environment.
        ParameterError: a parameter is refused.
    """
    arguments = ['streamo_node', *(sys.argv[1:] if argv is None else argv)]
    with _ended_at_once():
        _parse(_without_ros(arguments))
        for option, value in pairwise(arguments):
            if option == '--params-file':
                refuse_repetitions(Path(value))
        join_graph(arguments)
    started = _start()
    if started is None:
        return ExitCode.OK
    executor, node = started
    logging.getLogger('streamo_ros').addHandler(RosLogHandler(node.get_logger()))
    code = _spin(executor, node)
    _exit(node, code)
    return code


@contextlib.contextmanager
def _ended_at_once() -> Iterator[None]:
    """Until there is a context, a signal ends the process at once; afterwards rclpy's handlers do.

    Those wake the executor and then call the handlers of before, which must therefore do nothing
    by then: a KeyboardInterrupt would come out of any line, and skip leaving the graph.
    """
    early = True

    def handle(*_: object) -> None:
        if early:
            os._exit(ExitCode.OK)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    except BaseException:
        for number, handler in before.items():
            signal.signal(number, handler)
        raise
    early = False


def _without_ros(arguments: list[str]) -> list[str]:
    """The arguments that are not for ROS, without the program's name."""
    try:
        return list(rclpy.utilities.remove_ros_args(arguments)[1:])
    except _rclpy.RCLError as error:
        raise refused(error) from error


def _start() -> tuple[SingleThreadedExecutor, StreamoNode] | None:
    """Create the node and what spins it; None when a signal arrived meanwhile."""
    node = None
    try:
        node = StreamoNode()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
    except Exception as error:
        # A signal invalidates the context, and what uses it fails in many ways.
        if rclpy.ok():
            rclpy.try_shutdown()
            if isinstance(error, _REFUSALS):
                raise refused(error) from error
            raise
        if node is not None:
            node.leave_graph()
        return None
    return executor, node


def _parse(arguments: Sequence[str]) -> None:
    """Answer --help; refuse arguments that are not for ROS."""
    parser = CommandParser(
        'streamo_node',
        usage='streamo_node [--ros-args -p NAME:=VALUE ... -r image:=TOPIC ...]',
        description='Watches a camera for what is described in words.',
        epilog='Parameters: docs/parameters.md. Topics, services, action: docs/interfaces.md.',
    )
    parser.parse_args(arguments)


def _spin(executor: SingleThreadedExecutor, node: StreamoNode) -> int:
    while node.exit_code is None:
        try:
            executor.spin_once()
        except (ExternalShutdownException, ShutdownException, KeyboardInterrupt):
            return ExitCode.OK
        except Exception:  # noqa: BLE001 - one bad call must not end the node
            if not rclpy.ok():
                return ExitCode.OK
            node.get_logger().error(f'a callback failed:\n{traceback.format_exc()}')
    return node.exit_code


def _exit(node: StreamoNode, code: int) -> None:
    """End the process without Python's own teardown.

    That would wait for libraries that cannot be interrupted, and take seconds with torch loaded.
    """
    rclpy.try_shutdown()
    stream, resources = node.stream, node.resources
    if stream is not None:
        stream.worker.stop()
    ended = stream is None or stream.worker.join(PASS_GRACE)
    # Or else the others take the node and its services for alive until its lease ends, 10 to 20 s.
    node.leave_graph()
    if stream is not None and not ended:
        ended = stream.worker.join(GRACE)
    if resources is not None and ended:
        resources.instructions.close_journal()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == '__main__':
    sys.exit(run_program('streamo node', main))
