# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a page may ask of the node: three things, none of which moves a robot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import Protocol

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.instruction_text import check_instruction
from streamo_ros.documents import load_json

LONGEST = 7 * 24 * 3600.0
"""Seconds that a cooldown, a lifetime or a look back may be."""


THRESHOLDS = ('response', 'standby', 'activation', 'hysteresis')
"""Parameters of the group `thresholds`; with a gate, `activation` counts for `response`."""


class CommandError(StreamoError, ValueError):
    """A page asked for something that cannot be; the message says what."""


@dataclass(frozen=True)
class CommandReply:
    """What came of a command.

    Attributes:
        success: whether it was done.
        message: why not, or a remark.
    """

    success: bool
    message: str = ''


@dataclass(frozen=True)
class Wish:
    """An instruction to set; times in seconds, 0 = none."""

    text: str
    max_responses: int = 0
    cooldown: float = 0.0
    lifetime: float = 0.0
    backfill: float = 0.0


class Commands(Protocol):
    """Carries commands out; all of them may fail, and none waits for ever."""

    async def instruct(self, wish: Wish) -> CommandReply:
        """Watch for something."""

    async def cancel(self, key: int) -> CommandReply:
        """Stop watching for an instruction; 0 = for all."""

    async def set_thresholds(self, thresholds: Mapping[str, float]) -> CommandReply:
        """Set those of `THRESHOLDS` that are given."""


def parse_body(body: bytes) -> dict[str, Any]:
    """The object of JSON that a request carries.

    Raises:
        CommandError: it is none.
    """
    try:
        plain = load_json(body)
    except ValueError as error:
        raise CommandError('the request is not JSON') from error
    if not isinstance(plain, dict):
        raise CommandError('the request is not an object of JSON')
    return plain


def parse_wish(plain: Mapping[str, Any]) -> Wish:
    """An instruction to set.

    Raises:
        CommandError: a field is wrong.
    """
    text = plain.get('text')
    if not isinstance(text, str):
        raise CommandError('text is missing: say what to watch for')
    try:
        text = check_instruction(text)
    except ValueError as error:
        raise CommandError(str(error)) from error
    seconds = {
        name: _number(plain, name, 0.0, LONGEST) for name in ('cooldown', 'lifetime', 'backfill')
    }
    return Wish(text, int(_number(plain, 'max_responses', 0, 1_000_000)), **seconds)


def parse_id(plain: Mapping[str, Any]) -> int:
    """The instruction to cancel; 0 = all.

    Raises:
        CommandError: it is missing or wrong.
    """
    if 'id' not in plain:
        raise CommandError('id is missing: say which instruction, or 0 for all')
    return int(_number(plain, 'id', 0, 2**32 - 1))


def parse_thresholds(plain: Mapping[str, Any]) -> dict[str, float]:
    """Thresholds by the names of `THRESHOLDS`.

    Raises:
        CommandError: there are none, or one is not a probability.
    """
    names = [name for name in THRESHOLDS if name in plain]
    if not names:
        raise CommandError(f'give one of {", ".join(THRESHOLDS)}')
    return {name: _number(plain, name, 0.0, 1.0) for name in names}


def _number(plain: Mapping[str, Any], name: str, low: float, high: float) -> float:
    value = plain.get(name, low)
    sound = isinstance(value, int | float) and not isinstance(value, bool)
    if not sound or not math.isfinite(value) or not low <= value <= high:
        raise CommandError(f'{name} is {value!r}: {low:g} to {high:g} is allowed')
    return float(value)
