# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gathers the timeline of a bag in which a node's own topics were recorded.

Messages are read with the definitions that the bag itself carries, so that a bag of an earlier
version opens too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.highlevel import AnyReaderError

from streamo_ros.core.errors import one_line
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
from streamo_ros.report.timeline import Timeline

_TYPES = (MODEL_INFO, INSTRUCTIONS, FRAME_STATE, RESPONSE)


class RecordedError(StreamoError, ValueError):
    """What a node decided cannot be read from a bag; the message says why."""


def recorded_timeline(path: Path, node: str = '') -> Timeline | None:
    """What a node decided and answered, as it was recorded.

    Args:
        path: a bag's folder, or its only file.
        node: name of the node, e.g. '/streamo'; '' = the only one.

    Returns:
        None if the bag holds no decisions of a node of ours.

    Raises:
        RecordedError: the bag cannot be read, or holds the decisions of several nodes.
    """
    try:
        with AnyReader([path], default_typestore=typestore()) as bag:
            topics = sorted(
                {
                    connection.topic
                    for connection in bag.connections
                    if connection.msgtype == FRAME_STATE
                }
            )
            names = [topic.rpartition('/')[0] for topic in topics]
            if not names or (node and node not in names):
                return None
            if len(names) > 1 and not node:
                raise RecordedError(
                    f'{path} holds the decisions of {len(names)} nodes: choose with --node one of '
                    f'{", ".join(names)}'
                )
            timeline = Timeline()
            for row in _rows(bag, node or names[0], str(path)):
                timeline.take(row)
            return timeline
    except (AnyReaderError, OSError) as error:
        raise RecordedError(
            f'{path} cannot be read ({one_line(error)}): repair it, or add --replay'
        ) from error


def _rows(bag: AnyReader, node: str, source: str) -> Iterator[Row]:
    wanted = [
        connection
        for connection in bag.connections
        if connection.msgtype in _TYPES and connection.topic.rpartition('/')[0] == node
    ]
    for connection, _, data in bag.messages(wanted):
        message = bag.deserialize(data, connection.msgtype)
        yield from _of_message(connection.msgtype, message, source)


def _of_message(kind: str, message: Any, source: str) -> Iterator[Row]:
    if kind == MODEL_INFO:
        yield StreamRow.from_message(message, source)
    elif kind == INSTRUCTIONS:
        for instruction in message.instructions:
            yield InstructionRow(instruction.id, instruction.text)
    elif kind == FRAME_STATE:
        yield DecisionRow.from_message(message)
    else:
        yield ResponseRow.from_message(message)
