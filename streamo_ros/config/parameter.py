# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One parameter: its name, default, range, and when it may change."""

from __future__ import annotations

import enum
from array import array
from dataclasses import dataclass
from typing import Any

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.instruction_text import check_instruction


class ParameterError(StreamoError, ValueError):
    """A parameter is rejected; the message says which one, why, and what is allowed."""


class When(enum.Enum):
    """When a parameter may change."""

    ALWAYS = 'at any time'
    UNCONFIGURED = 'while unconfigured'
    START = 'at startup only'


Value = bool | int | float | str | tuple[str, ...]


@dataclass(frozen=True)
class Parameter:
    """One row of the table.

    Attributes:
        name: dotted name.
        default: its value unless set; the type of the default is the type of the parameter.
        text: what it does, with its unit.
        when: when it may change.
        low: smallest allowed number.
        high: largest allowed number.
        choices: the allowed strings; empty = any.
    """

    name: str
    default: Value
    text: str
    when: When = When.ALWAYS
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Value:
        """Validate a value and convert it to the type of the parameter.

        Raises:
            ParameterError: the type is wrong, or the value is not allowed.
        """
        if isinstance(self.default, tuple):
            return self._check_texts(value)
        expected = type(self.default)
        if expected is float and type(value) is int:
            value = float(value)
        if type(value) is not expected:
            raise ParameterError(
                f'{self.name} is {_shown(value)}: give a {_TYPES[expected]}, '
                f'such as {_shown(self.default)}'
            )
        if self.choices and value not in self.choices:
            raise ParameterError(
                f'{self.name} is {value!r}: choose one of {", ".join(self.choices)}'
            )
        if self.low is not None and not self.low <= float(value) <= (self.high or 0.0):
            raise ParameterError(f'{self.name} is {value}: {self.allowed} is allowed')
        return value

    def _check_texts(self, value: Any) -> tuple[str, ...]:
        texts = tuple(value or ())
        if isinstance(value, str) or not all(isinstance(text, str) for text in texts):
            raise ParameterError(f'{self.name} is {_shown(value)}: give a list of strings')
        try:
            return tuple(check_instruction(text) for text in texts if text)
        except ValueError as error:
            raise ParameterError(f'{self.name}: {error}') from error

    @property
    def allowed(self) -> str:
        """Range or choices in words; '' when every value of the type is allowed."""
        if self.choices:
            return ', '.join(f'`{choice}`' for choice in self.choices)
        return f'{self.low:.10g} to {self.high:.10g}' if self.low is not None else ''


def _shown(value: Any) -> str:
    """A value as a parameter file has it."""
    if value is None or isinstance(value, bool):
        return {None: 'empty', True: 'true', False: 'false'}[value]
    if isinstance(value, array):
        value = value.tolist()
    return repr(value) if isinstance(value, (str, int, float, list)) else str(value)


_TYPES = {
    bool: 'boolean',
    int: 'whole number',
    float: 'number',
    str: 'string',
    tuple: 'list of strings',
}
