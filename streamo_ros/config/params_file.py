# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's parameters for a replay: so that what was tuned on the robot is what is replayed.

Knows ROS 2's parameter files; which parameters there are is known by the node's table, which needs
no ROS. Those that only concern a graph, like `image_transport`, are checked and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from streamo_ros.config.parameters import check_change
from streamo_ros.config.parameters import NAMES
from streamo_ros.config.parameters import ParameterError
from streamo_ros.config.parameters import unknown
from streamo_ros.config.parameters import When
from streamo_ros.config.settings import Values

_NODES = ('/**', '/**/streamo', 'streamo', '/streamo')


def read_parameters(path: Path) -> dict[str, Any]:
    """Read a ROS 2 parameter file.

    Args:
        path: YAML; what stands under '/**' and 'streamo' is taken, the latter has the last word.

    Returns:
        Values by dotted name, not checked.

    Raises:
        ParameterError: it cannot be read.
    """
    try:
        nodes = dict(yaml.safe_load(path.read_text('utf-8')))
        sections = [nodes[node]['ros__parameters'] for node in _NODES if node in nodes]
        found = {name: value for one in sections for name, value in _flat('', one or {})}
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ParameterError(
            f'{path} is no parameter file ({error}): it begins with /**: and ros__parameters:'
        ) from error
    if not sections:
        raise ParameterError(f'{path} has no parameters for a node streamo: put them under /**:')
    return found


def effective(given: Mapping[str, Any]) -> Values:
    """All parameters, checked.

    Args:
        given: those that are not at their default; what is not in our groups is ignored.

    Raises:
        ParameterError: a name in our groups is not known, or a value is not allowed.
    """
    wrong = unknown(given)
    if wrong:
        raise ParameterError(wrong)
    ours = {
        name: value
        for name, value in given.items()
        if name in NAMES and NAMES[name].when is not When.START
    }
    return Values(check_change(ours, unconfigured=True))


def _flat(prefix: str, group: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in group.items():
        if isinstance(value, Mapping):
            yield from _flat(f'{prefix}{name}.', value)
        else:
            yield f'{prefix}{name}', value
