# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's process: start, spin, end.

SIGINT and SIGTERM end it within two seconds with code 0, whatever the model is doing. An error in
a callback is logged and does not end it.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

import rclpy
import rclpy.utilities
from rclpy.executors import ExternalShutdownException
from rclpy.executors import ShutdownException
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy

from streamo_ros.core.errors import ExitCode
from streamo_ros.core.errors import StreamoError
from streamo_ros.node.streamo_node import StreamoNode
from streamo_ros.program import run_program

GRACE = 1.0


class StartError(StreamoError):
    """ROS refuses an argument; the message is its own."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the node until it is asked to end.

    Args:
        argv: arguments after the program's name, like `--ros-args ...`; None = the process's.

    Returns:
        OK after SIGINT or SIGTERM, also while it starts; HUNG when the model hangs; BAD_INPUT
        when autostart fails.

    Raises:
        StartError: an argument for ROS is wrong.
        ParameterError: a parameter is refused.
    """
    arguments = ['streamo_node', *(sys.argv[1:] if argv is None else argv)]
    try:
        _parse(_without_ros(arguments))
        node = _start(arguments)
    except KeyboardInterrupt:
        return ExitCode.OK
    if node is None:
        return ExitCode.OK
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    code = _spin(executor, node)
    _exit(node, code)
    return code


def _without_ros(arguments: list[str]) -> list[str]:
    """The arguments that are not for ROS, without the program's name."""
    try:
        return list(rclpy.utilities.remove_ros_args(arguments)[1:])
    except _rclpy.RCLError as error:
        raise _refused(error) from error


def _refused(error: Exception) -> StartError:
    # After its sentence, rcl names places in its own sources.
    return StartError(str(error).partition('. Error: ')[0])


def _start(arguments: Sequence[str]) -> StreamoNode | None:
    """Create the node; None when a signal arrived meanwhile."""
    try:
        rclpy.init(args=arguments)
    except _rclpy.RCLError as error:
        raise _refused(error) from error
    try:
        return StreamoNode()
    except Exception:
        # A signal invalidates the context, and what uses it fails in many ways.
        if rclpy.ok():
            rclpy.try_shutdown()
            raise
        return None


def _parse(arguments: Sequence[str]) -> None:
    """Answer --help; refuse arguments that are not for ROS."""
    parser = argparse.ArgumentParser(
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
    stream, resources = node.stream, node.resources
    if stream is not None:
        stream.worker.stop()
    if resources is not None and (stream is None or stream.worker.join(GRACE)):
        resources.close()
    rclpy.try_shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == '__main__':
    sys.exit(run_program('streamo node', main))
