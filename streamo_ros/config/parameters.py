# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters by name: which ones there are, whether a change is allowed, and their page."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.parameter import Value
from streamo_ros.config.parameter import When
from streamo_ros.config.parameter_table import TABLE

NAMES = {row.name: row for row in TABLE}
_GROUPS = {row.name.split('.')[0] for row in TABLE if '.' in row.name}
RENAMED = {'instructions.capacity': 'max_instructions'}
"""New names by old ones. `ros2 param dump` cannot write a value whose name is another's prefix."""
_SPELLINGS = {name.replace('.', '_'): name for name in NAMES}


def unknown(names: Iterable[str]) -> str:
    """One sentence about the first name that is meant to be ours and is not in the table, or ''.

    Meant to be ours is what is in one of our groups, an old name, or a name of ours with an
    underscore for the dot.
    """
    for name in names:
        if name in NAMES:
            continue
        if name in RENAMED:
            return f'the parameter {name} is now called {RENAMED[name]}: rename it'
        if name.split('.')[0] in _GROUPS or name.replace('.', '_') in _SPELLINGS:
            similar = [_SPELLINGS.get(name.replace('.', '_'), '')]
            similar = [*filter(None, similar), *difflib.get_close_matches(name, NAMES, 1)]
            hint = f': did you mean {similar[0]}?' if similar else ': see docs/parameters.md'
            return f'there is no parameter {name}{hint}'
    return ''


def check_change(changes: Mapping[str, Any], unconfigured: bool) -> dict[str, Value]:
    """Validate the changes that are to our parameters; other names are ignored.

    Args:
        changes: new values by name.
        unconfigured: whether the node is unconfigured.

    Raises:
        ParameterError: a value is wrong, or cannot change now.
    """
    checked: dict[str, Value] = {}
    for name, value in changes.items():
        row = NAMES.get(name)
        if row is None:
            continue
        if row.when is When.START or (row.when is When.UNCONFIGURED and not unconfigured):
            advice = 'clean the node up first'
            if row.when is When.START:
                advice = 'set it at the next start'
            raise ParameterError(f'{name} can change {row.when.value}: {advice}')
        checked[name] = row.check(value)
    return checked


def markdown() -> str:
    """The table as Markdown."""
    lines = ['| parameter | default | allowed | may change | what it does |', '|---' * 5 + '|']
    for row in TABLE:
        default = '[]' if row.default == () else f'{row.default!r}'.lower().replace("'", '"')
        lines.append(
            f'| `{row.name}` | `{default}` | {row.allowed} | {row.when.value} | {row.text} |'
        )
    return '\n'.join(lines) + '\n'
