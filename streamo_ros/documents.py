# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parses YAML and JSON that somebody else wrote: whatever the text, it fails as a bad document.

Both parsers go as deep as the text asks for, and their own error when that is too deep is not one
of bad input. Of a key that stands twice in one mapping, PyYAML would keep the last without a word.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from streamo_ros.core.errors import StreamoError

_TOO_DEEP = 'it is nested too deeply'
_MERGE = 'tag:yaml.org,2002:merge'
_NUMBER = re.compile(r'[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+')


class RepeatedKeyError(StreamoError, yaml.MarkedYAMLError):  # type: ignore[misc]  # no types
    """A mapping has a key twice; says in which lines."""

    def __init__(self, problem: str, problem_mark: Any = None) -> None:
        yaml.MarkedYAMLError.__init__(self, problem=problem, problem_mark=problem_mark)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Reads 1e-3 as a number, as ROS does and YAML 1.1 does not; refuses repeated keys."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        # Before merge keys (<<) are expanded: what a mapping overrides is no repetition.
        node = super().compose_mapping_node(anchor)
        first: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            name = (key.tag, key.value)
            if name in first:
                raise RepeatedKeyError(
                    problem=f'the key {key.value!r} of line {first[name]} is repeated',
                    problem_mark=key.start_mark,
                )
            first[name] = key.start_mark.line + 1
        return node


_Loader.add_implicit_resolver('tag:yaml.org,2002:float', _NUMBER, list('-+.0123456789'))
LINE = object()
"""Key under which the line of a mapping is noted; no file can have it."""


class _LineLoader(_Loader):
    """Notes the line of each mapping under `LINE`."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        del deep  # Always: the line is needed at once.
        return {**super().construct_mapping(node, deep=True), LINE: node.start_mark.line + 1}


def load_yaml(text: str, lines: bool = False) -> Any:
    """Parse a YAML document.

    Args:
        text: one document of plain values.
        lines: note in each mapping, under `LINE`, the line that it begins in.

    Raises:
        RepeatedKeyError: a mapping has a key twice.
        yaml.YAMLError: it is not YAML, or holds more than plain values.
    """
    try:
        return yaml.load(text, _LineLoader if lines else _Loader)  # noqa: S506 - both are safe
    except RecursionError:
        raise yaml.YAMLError(_TOO_DEEP) from None
    except ValueError as error:
        # A date or a number that only looks like one, e.g. 2024-99-99.
        raise yaml.YAMLError(str(error)) from error


def load_json(text: str | bytes) -> Any:
    """Parse a JSON document.

    Args:
        text: one document; bytes are in UTF-8.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
