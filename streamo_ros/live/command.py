# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo live`: the page of a recording, or, without one, the node that shows another node."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from streamo_ros.core.errors import ExitCode
from streamo_ros.live.access import Access
from streamo_ros.live.past import ShownPast
from streamo_ros.live.past import StorePast
from streamo_ros.live.review import review
from streamo_ros.live.review import ReviewError
from streamo_ros.live.run import addresses
from streamo_ros.live.run import HOST
from streamo_ros.live.run import PORT
from streamo_ros.live.run import serve
from streamo_ros.live.server import LiveServer
from streamo_ros.live.session import Session
from streamo_ros.live.store_review import review_store
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.schema import DATABASE
from streamo_ros.program import CommandParser

NODE = 'streamo_ros.node.live_main'


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until Ctrl-C.

    Raises:
        StreamoError: the recording cannot be shown, or the address cannot be used.
    """
    given = [*(sys.argv[1:] if argv is None else argv)]
    own = given[: given.index('--ros-args')] if '--ros-args' in given else given
    options = _parser().parse_args(own)
    if options.recording is None:
        # By name, as the command line finds its verbs: rclpy is loaded for the live page alone.
        arguments = given[len(own) :] or ['--ros-args']
        for name in ('host', 'port', 'node', 'memory'):
            if (value := getattr(options, name)) is not None:
                arguments += ['-p', f'live.{name}:={value}']
        return int(importlib.import_module(NODE).main(arguments))
    if options.memory is not None:
        raise ReviewError('--memory is for a page beside a node: give the store alone to show it')
    session, past = _look_back(options.recording, options.node or '')
    host = options.host or HOST
    port = PORT if options.port is None else options.port
    access = Access.for_host(host)
    serve(
        LiveServer(session, access, past=past).app,
        host,
        port,
        lambda bound: print('\n'.join(addresses(host, bound, access)), flush=True),
    )
    return ExitCode.OK


def _look_back(path: Path, node: str) -> tuple[Session, ShownPast | None]:
    """A recording, or a memory store, which can be asked as well."""
    if not (path / DATABASE).is_file():
        return review(path, node), None
    reader = StoreReader(path)
    return review_store(reader), StorePast(reader)


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog='streamo live',
        description='A page that shows what a node, or a recording, sees, decides and says.',
        epilog='Without a recording it is a ROS node; --ros-args and what follows are for ROS.',
    )
    add = parser.add_argument
    add(
        'recording',
        nargs='?',
        type=Path,
        help='folder of streamo replay --output, an events.jsonl, a bag with our topics, or a '
        'memory store',
    )
    add('--host', help=f'address to listen on; default {HOST}, any other one needs a token')
    add('--port', type=int, help=f'default {PORT}; 0 = any free one')
    add('--node', help="the node's name, default /streamo; of a bag: its only one")
    add(
        '--memory',
        metavar='DIR',
        help='beside a node: folder of its memory, for pictures of answers about the past',
    )
    return parser
