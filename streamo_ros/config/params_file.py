# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads ROS 2 parameter files for a replay, so that it runs with what was tuned on the robot.

Parameters that only matter on a graph, like `image_transport`, are validated and have no effect.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.parameter import When
from streamo_ros.config.parameters import check_change
from streamo_ros.config.parameters import NAMES
from streamo_ros.config.parameters import unknown
from streamo_ros.config.settings import Values
from streamo_ros.core.errors import one_line
from streamo_ros.documents import load_yaml
from streamo_ros.documents import RepeatedKeyError

_NODES = ('/**', '/**/streamo', 'streamo', '/streamo')


def read_parameters(path: Path) -> dict[str, Any]:
    """Read a ROS 2 parameter file.

    Args:
        path: YAML; the sections '/**' and 'streamo' are read, and the latter takes precedence.

    Returns:
        Values by dotted name, not validated.

    Raises:
        ParameterError: it cannot be read.
    """
    try:
        text = path.read_text('utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(
            f'the parameter file {path} cannot be read: {one_line(error)}'
        ) from error
    try:
        nodes = _mapping('it', _load(text))
        groups = [_mapping(node, nodes[node]) for node in _NODES if node in nodes]
        sections = [group['ros__parameters'] or {} for group in groups]
        values = {
            name: value
            for section in sections
            for name, value in _flat(_mapping('ros__parameters', section))
        }
    except RepeatedKeyError as error:
        raise _repeated(path, error) from error
    except (yaml.YAMLError, KeyError, ValueError) as error:
        raise ParameterError(
            f'{path} is not a parameter file ({one_line(error)}): it must begin with /**: and '
            'ros__parameters:'
        ) from error
    if not sections:
        raise ParameterError(f'{path} has no parameters for the node streamo: put them under /**:')
    return values


def refuse_repetitions(path: Path) -> None:
    """Refuse a file that gives a parameter twice, of which ROS would take one without a word.

    Whatever else is wrong with a file, ROS reports itself.

    Args:
        path: a ROS 2 parameter file, for any nodes.

    Raises:
        ParameterError: it gives a parameter twice.
    """
    try:
        _load(path.read_text('utf-8'))
    except RepeatedKeyError as error:
        raise _repeated(path, error) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return


def effective(given: Mapping[str, Any]) -> Values:
    """Validate parameters and fill in the defaults of all others.

    Args:
        given: values by name; names outside our groups are ignored.

    Raises:
        ParameterError: a name in our groups is unknown, or a value is not allowed.
    """
    problem = unknown(given)
    if problem:
        raise ParameterError(problem)
    ours = {
        name: value
        for name, value in given.items()
        if name in NAMES and NAMES[name].when is not When.START
    }
    return Values(check_change(ours, unconfigured=True))


def _load(text: str) -> Any:
    """Parse a parameter file; `a.b` and `b` within `a` are the same parameter."""
    nodes = load_yaml(text)
    names = Counter(name for name, _ in _flat(nodes if isinstance(nodes, Mapping) else {}))
    for name, count in names.items():
        if count > 1:
            parameter = name.rpartition('ros__parameters.')[-1]
            raise RepeatedKeyError(problem=f'the parameter {parameter} is repeated')
    return nodes


def _repeated(path: Path, error: RepeatedKeyError) -> ParameterError:
    return ParameterError(f'{path}: {one_line(error)}: remove one of the two')


def _mapping(name: str, content: Any) -> Mapping[Any, Any]:
    if not isinstance(content, Mapping):
        raise ValueError(f'{name} is {"empty" if content is None else "not a mapping"}')
    return content


def _flat(group: Mapping[str, Any], prefix: str = '') -> Iterator[tuple[str, Any]]:
    for name, value in group.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f'{prefix}{name}.')
        else:
            yield f'{prefix}{name}', value
