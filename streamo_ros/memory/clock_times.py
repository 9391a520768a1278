# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Times of day in words: '14:10', '2 pm', 'ten past two', 'half past three', 'noon'."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from datetime import timezone
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo
from zoneinfo import ZoneInfoNotFoundError

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.frame import SECOND

_MACHINE = Path('/etc/localtime')
_YEARS = 10 * 365 * 86_400 * SECOND
"""Stamps below are no wall time: a simulation or a video, whose clock starts at 0."""

_NUMBER_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen twenty
"""
NUMBERS = {
    **{word: number for number, word in enumerate(_NUMBER_WORDS.split())},
    'a': 1,
    'an': 1,
    'thirty': 30,
    'forty': 40,
    'fifty': 50,
    'twenty-five': 25,
}
NUMBER = r'(?:\d+(?:\.\d+)?|' + '|'.join(sorted(NUMBERS, key=len, reverse=True)) + ')'
_HALF = r'(?:\s*(?P<{0}half>a\.?m\.?|p\.?m\.?)\b)?'
_AFTER_HOUR = 'and|to|until|till|yesterday|today|this|on|was|were|did|is|what|how'
_PLACES = {'noon': (12, 0), 'midday': (12, 0), 'midnight': (0, 0), 'lunch': (12, 0)}


class TimeError(StreamoError, ValueError):
    """A time in a question, or a time zone, makes no sense; the message says why."""


def find_zone(name: str) -> tzinfo:
    """The time zone with this name; '' = that of the machine.

    Raises:
        TimeError: there is none.
    """
    name = name or os.environ.get('TZ', '').removeprefix(':')
    try:
        if name:
            return ZoneInfo(name)
        # Not the offset of today: stamps of last winter are an hour apart.
        with _MACHINE.open('rb') as file:
            return ZoneInfo.from_file(file)
    except FileNotFoundError:
        return timezone.utc
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeError(
            f'there is no time zone {name!r}: give one such as Europe/Berlin, or none'
        ) from error


def number(word: str) -> float:
    """A number in digits or as a word."""
    return float(NUMBERS[word]) if word in NUMBERS else float(word)


@dataclass(frozen=True)
class TimeOfDay:
    """A time of day.

    Attributes:
        seconds: since midnight; for a clock that starts at 0, since then.
        exact: seconds that it may be meant to be off.
        either_half: whether it may be in the other half of the day: 'two' is 2:00 or 14:00.
    """

    seconds: int
    exact: int
    either_half: bool


def clock_pattern(name: str, *, bare: bool = False) -> str:
    """A regular expression for a time of day, with groups that begin with this name.

    Args:
        name: tells the times of one pattern apart.
        bare: a number alone is an hour, as in 'between two and three'.
    """
    alone = rf'|(?P<{name}bare>{NUMBER})(?=\s*$|\s+(?:{_AFTER_HOUR})\b)' if bare else ''
    half = _HALF.format(name)
    return (
        rf'(?:(?P<{name}h>\d{{1,2}}):(?P<{name}m>\d\d)(?::(?P<{name}s>\d\d))?{half}'
        rf'|(?P<{name}part>quarter|half|{NUMBER})(?: minutes?)?\s+(?P<{name}way>past|to|after)\s+'
        rf'(?P<{name}hour>{NUMBER})(?!\s*(?:minute|second|hour|day))'
        rf'|(?P<{name}only>{NUMBER})\s*(?:o.?clock|(?P<{name}ampm>a\.?m\.?|p\.?m\.?)\b)'
        rf'|(?P<{name}place>noon|midday|midnight|lunch(?: ?time)?){alone})'
    )


def read_clock(match: re.Match[str], name: str, wall: bool) -> TimeOfDay:
    """The time of day that a match of `clock_pattern` means.

    Args:
        match: where the pattern matched.
        name: as given to the pattern.
        wall: whether stamps are wall time; otherwise '12:30' is 12 minutes and 30 seconds.

    Raises:
        TimeError: there is no such time.
    """
    group = {key.removeprefix(name): value for key, value in match.groupdict().items() if value}
    if group.get('place'):
        hour, minute = _PLACES[group['place'][:5] if 'lunch' in group['place'] else group['place']]
        return TimeOfDay(hour * 3600 + minute * 60, 300, False)
    if group.get('h'):
        hour, minute, second = int(group['h']), int(group['m']), int(group.get('s', 0))
        if not wall and 's' not in group:
            return TimeOfDay(hour * 60 + minute, 2, False)
        exact = 2 if 's' in group else 120
        return _checked(hour, minute, second, exact, group.get('half', ''), match[0], wall)
    if hours := group.get('only') or group.get('bare'):
        hour = int(number(hours))
        return _checked(hour, 0, 0, 300, group.get('ampm', ''), match[0], wall)
    part = {'quarter': 15.0, 'half': 30.0}.get(group['part']) or number(group['part'])
    minutes = number(group['hour']) * 60 + (-part if group['way'] == 'to' else part)
    hour, minute = divmod(int(minutes), 60)
    return _checked(hour, minute, 0, 120, '', match[0], wall)


def _checked(
    hour: int, minute: int, second: int, exact: int, half: str, text: str, wall: bool
) -> TimeOfDay:
    if half:
        if not 1 <= hour <= 12:
            raise TimeError(f'{text!r} is no time of day')
        hour = hour % 12 + (12 if half.startswith('p') else 0)
    if minute > 59 or second > 59 or (wall and hour > 24):
        raise TimeError(f'{text!r} is no time of day')
    either = wall and not half and 1 <= hour <= 12
    return TimeOfDay(hour * 3600 + minute * 60 + second, exact, either)


@dataclass(frozen=True)
class CaptureClock:
    """What a stamp is in words.

    Attributes:
        now: capture time that counts as now, nanoseconds.
        zone: whose times of day are meant.
        zero: capture time from which a clock that is no wall time counts, nanoseconds.
    """

    now: int
    zone: tzinfo
    zero: int = 0

    @property
    def wall(self) -> bool:
        """Whether stamps are wall time."""
        return self.now > _YEARS

    def local(self, stamp: int) -> datetime:
        """A stamp in the zone, to the second."""
        return datetime.fromtimestamp(stamp // SECOND, self.zone)

    def say(self, stamp: int) -> str:
        """A stamp in words: '14:10:03', 'yesterday 14:10:03', '2026-11-25 14:10:03', '1:02:03'."""
        if not self.wall:
            minutes, seconds = divmod(max(0, stamp - self.zero) // SECOND, 60)
            hours, minutes = divmod(minutes, 60)
            return f'{hours}:{minutes:02d}:{seconds:02d}'
        then, today = self.local(stamp), self.local(self.now).date()
        days = (today - then.date()).days
        day = {0: '', 1: 'yesterday '}.get(days, f'{then:%Y-%m-%d} ')
        return f'{day}{then:%H:%M:%S}'

    def say_span(self, start: int, end: int) -> str:
        """A span in words."""
        if end - start < SECOND:
            return f'at {self.say(start)}'
        return f'from {self.say(start)} to {self.say(end)}'
