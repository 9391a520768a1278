# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parses YAML and JSON that somebody else wrote: whatever the text, it fails as a bad document.

Both parsers go as deep as the text asks for, and their own error when that is too deep is not one
of bad input.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

_TOO_DEEP = 'it is nested too deeply'
_NUMBER = re.compile(r'[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+')


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Reads 1e-3 as a number, as ROS does and YAML 1.1 does not."""


_Loader.add_implicit_resolver('tag:yaml.org,2002:float', _NUMBER, list('-+.0123456789'))


def load_yaml(text: str) -> Any:
    """Parse a YAML document.

    Args:
        text: one document of plain values.

    Raises:
        yaml.YAMLError: it is not YAML, or holds more than plain values.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
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
