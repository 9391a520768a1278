# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the page's node, which is not the node that watches: a table of its own."""

from __future__ import annotations

from streamo_ros.config.parameter import Parameter
from streamo_ros.config.parameter import When

LIVE_TABLE = (
    Parameter('live.node', '/streamo', 'Name of the node that is shown.', When.START),
    Parameter(
        'live.host',
        '127.0.0.1',
        'Address to listen on; any other than a loopback address needs a token, which is printed '
        'at startup.',
        When.START,
    ),
    Parameter('live.port', 8642, 'Port; 0 = any free one.', When.START, 0, 65535),
    Parameter(
        'live.pictures',
        True,
        'Whether the page shows pictures; without, no image is subscribed to.',
        When.START,
    ),
    Parameter(
        'live.picture_memory',
        64,
        'Mebibytes of pictures that are kept to look back at.',
        When.START,
        1,
        65536,
    ),
    Parameter(
        'live.memory',
        '',
        "Folder of the node's memory, for the pictures of answers about the past that are older "
        'than what the page keeps; empty = none of them are shown.',
        When.START,
    ),
    Parameter(
        'live.history',
        50000,
        'Decisions and answers that are kept to look back at, and to catch up from.',
        When.START,
        100,
        1000000,
    ),
)
