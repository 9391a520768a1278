# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a dataclass out of a mapping that was read from YAML, and refuses what does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from dataclasses import is_dataclass
from dataclasses import MISSING
from typing import Any
from typing import get_args
from typing import get_origin
from typing import get_type_hints
from typing import Literal
from typing import TypeVar

from streamo_ros.core.errors import StreamoError

NUMBER = re.compile(r'[+-]?\d+(\.\d*)?[eE][+-]?\d+')
Settings = TypeVar('Settings')


def from_mapping(kind: type[Settings], values: Any, error: type[StreamoError]) -> Settings:
    """Make a dataclass, nested ones included.

    Args:
        kind: the dataclass; its fields are booleans, numbers, strings, literals, tuples of one
            type, dicts and dataclasses.
        values: the mapping, by names of fields.
        error: raised when a name is unknown or missing, or a value is of the wrong type.
    """
    settings: Settings = _Reader(error).read(kind, values, '')
    return settings


class _Reader:
    """Reads one file.

    Args:
        error: what is raised.
    """

    def __init__(self, error: type[StreamoError]) -> None:
        self._error = error

    def read(self, kind: Any, values: Any, prefix: str) -> Any:
        """Make a dataclass out of the mapping whose names have this prefix, e.g. 'data.'."""
        if not isinstance(values, Mapping):
            raise self._error(
                f'{prefix.rstrip(".") or "the configuration"} must be a mapping, not {values!r}'
            )
        known = {entry.name: entry for entry in fields(kind)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise self._error(
                f'unknown setting {prefix}{unknown[0]}: choose from {", ".join(sorted(known))}'
            )
        for name, entry in known.items():
            required = entry.default is MISSING and entry.default_factory is MISSING
            if required and name not in values:
                raise self._error(f'{prefix}{name} is missing from the configuration')
        hints = get_type_hints(kind)
        return kind(
            **{
                name: self._convert(hints[name], value, f'{prefix}{name}')
                for name, value in values.items()
            }
        )

    def _convert(self, hint: Any, value: Any, name: str) -> Any:
        """Convert a value to the type of its field."""
        origin, arguments = get_origin(hint), get_args(hint)
        if is_dataclass(hint):
            return self.read(hint, value, f'{name}.')
        if origin is Literal:
            if value not in arguments:
                choices = ', '.join(map(repr, arguments))
                raise self._error(f'{name} is {value!r}: choose from {choices}')
            return value
        if origin is tuple:
            return self._tuple(arguments[0], value, name)
        return _numbers(value or {}) if origin is dict else self._plain(hint, value, name)

    def _tuple(self, hint: Any, value: Any, name: str) -> tuple[Any, ...]:
        if hint is str and isinstance(value, str):
            value = [value]
        if not isinstance(value, (list, tuple)):
            raise self._error(f'{name} is {value!r}, not a list')
        return tuple(self._plain(hint, entry, name) for entry in value)

    def _plain(self, hint: Any, value: Any, name: str) -> Any:
        """A boolean, number or string; a number may be text, because YAML reads 1e-5 as text."""
        try:
            converted = hint(value)
        except (TypeError, ValueError) as error:
            raise self._error(f'{name} is {value!r}, not {_TYPES[hint]}') from error
        if hint is not float and converted != value:
            raise self._error(f'{name} is {value!r}, not {_TYPES[hint]}')
        return converted


_TYPES = {bool: 'true or false', int: 'a whole number', float: 'a number', str: 'a string'}


def _numbers(value: Any) -> Any:
    """The same values, with text such as '1e-5' as the numbers that YAML does not recognize."""
    if isinstance(value, Mapping):
        return {name: _numbers(entry) for name, entry in value.items()}
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value)
    return value
