# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rows of a bag that holds what a node published, as demo, replay and `ros2 bag record` do."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.core.errors import StreamoError
from streamo_ros.messages import FRAME_STATE
from streamo_ros.messages import INSTRUCTIONS
from streamo_ros.messages import MODEL_INFO
from streamo_ros.messages import RESPONSE
from streamo_ros.report.definitions import typestore
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.rows import Row
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow
from streamo_ros.sources.bag_files import BagFiles
from streamo_ros.sources.storage import Message

# At the same recording time, what is watched for comes before what was decided about it.
_ORDER = (MODEL_INFO, INSTRUCTIONS, FRAME_STATE, RESPONSE)


class BagRowsError(StreamoError, ValueError):
    """A bag holds nothing that a node of ours published; the message says what it holds."""


def read_bag_rows(path: Path, node: str = '') -> Iterator[Row]:
    """The rows of a bag, in the order of their recording.

    Args:
        path: a bag's folder, or one of its files.
        node: whose topics, e.g. '/streamo'; '' = of the only node in it.

    Raises:
        SourceError: the bag is damaged.
        BagRowsError: it holds no decisions, those of several nodes, or none of this node's.
    """
    with BagFiles(path) as files:
        prefix = _choose(path, files, node)
        streams = [
            _messages(files, name, entry.type_name)
            for name, entry in files.topics.items()
            if entry.type_name in _ORDER and name.rpartition('/')[0] == prefix
        ]
        for _, _, kind, message in heapq.merge(*streams, key=lambda row: row[:2]):
            decoded = typestore().deserialize_cdr(bytes(message.load()), kind)
            yield from _rows(kind, decoded, path)


def _choose(path: Path, files: BagFiles, node: str) -> str:
    """Everything before the last slash of the node's topics."""
    entries = files.topics.items()
    nodes = sorted(
        {name.rpartition('/')[0] for name, entry in entries if entry.type_name == FRAME_STATE}
    )
    if not nodes:
        held = ', '.join(sorted(files.topics)) or 'nothing'
        raise BagRowsError(
            f'{path} has no decisions of a streamo node, it holds {held}: '
            'make some with streamo replay --output DIR'
        )
    if node and node not in nodes:
        raise BagRowsError(f'{path} has no decisions of {node}: choose one of {", ".join(nodes)}')
    if len(nodes) > 1 and not node:
        raise BagRowsError(
            f'{path} has the decisions of {len(nodes)} nodes: choose with --node one of '
            f'{", ".join(nodes)}'
        )
    return node or nodes[0]


def _messages(files: BagFiles, topic: str, kind: str) -> Iterator[tuple[int, int, str, Message]]:
    order = _ORDER.index(kind)
    return ((message.log_time, order, kind, message) for message in files.messages(topic))


def _rows(kind: str, message: Any, path: Path) -> Iterator[Row]:
    if kind == MODEL_INFO:
        yield StreamRow.from_message(message, str(path))
    elif kind == INSTRUCTIONS:
        yield from map(InstructionRow.from_message, message.instructions)
    elif kind == FRAME_STATE:
        yield DecisionRow.from_message(message)
    else:
        yield ResponseRow.from_message(message)
