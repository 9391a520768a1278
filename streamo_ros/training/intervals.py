# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time intervals that answers name, such as 'from 34s to 50s': reading them and shifting them.

Answers count their seconds like the time tags do, so a dialogue whose tags restart needs its
answers shifted along with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from streamo_ros.core.protocol import seconds_text

_TIME = r'(?:seconds?\s+)?(?P<{0}>\d+(?::[0-5]\d){{1,2}}(?:\.\d+)?|\d+(?:\.\d+)?)(?![\d:])'
_UNIT = r'(?P<{0}_unit>\s*(?:seconds?|secs?|s)\b)?'
_START = _TIME.format('start') + _UNIT.format('start')
_END = _TIME.format('end') + _UNIT.format('end') + r'(?!\.\d)'
_AT = r'(?:\s+(?:at|time|is|on))*\s*[:=]?\s*(?:at\s+)?'
_FORMS = (
    re.compile(rf'{_START}\s*(?:to|until|and|till|through|-|~|\u2013|\u2014)\s*{_END}', re.I),
    re.compile(
        rf'\b(?P<word>start|begin|began)\w*{_AT}{_START}.{{0,30}}?\b(?:end|finish|stop)\w*{_AT}{_END}',
        re.I,
    ),
    re.compile(rf'(?P<word>[\[(])\s*{_START}\s*,\s*{_END}\s*[\])]'),
)


@dataclass(frozen=True)
class NamedInterval:
    """An interval in an answer.

    Attributes:
        start: seconds.
        end: seconds.
        start_place: where its text is in the answer, as (start, stop).
        end_place: likewise.
        clock: whether it is written as MM:SS.
        certain: whether the text says that the numbers are seconds: '3 to 4' may be a score.
    """

    start: Fraction
    end: Fraction
    start_place: tuple[int, int]
    end_place: tuple[int, int]
    clock: bool
    certain: bool


def find_interval(text: str) -> NamedInterval | None:
    """The first interval that an answer names, in any of the usual forms."""
    matches = [match for form in _FORMS if (match := form.search(text))]
    if not matches:
        return None
    match = min(matches, key=lambda each: each.start())
    start, end = match['start'], match['end']
    clock = ':' in start and ':' in end
    words = 'second' in match[0].lower() or 'word' in match.groupdict()
    certain = bool(clock or words or match['start_unit'] or match['end_unit'])
    return NamedInterval(
        _seconds(start), _seconds(end), match.span('start'), match.span('end'), clock, certain
    )


def named_interval(text: str) -> tuple[float, float] | None:
    """The interval that an answer names ('34s to 50s', '00:48 - 01:06', '[3, 7]'), in seconds."""
    interval = find_interval(text)
    if interval is None or interval.start > interval.end:
        return None
    return float(interval.start), float(interval.end)


def shift_interval(text: str, seconds: Fraction) -> str:
    """The answer with the interval it names moved by this many seconds, but not below 0.

    Only an interval that is certainly one of seconds is moved.
    """
    interval = find_interval(text)
    if interval is None or not interval.certain:
        return text
    first, last = (
        _text(max(Fraction(0), time + seconds), interval.clock)
        for time in (interval.start, interval.end)
    )
    between = text[interval.start_place[1] : interval.end_place[0]]
    before, after = text[: interval.start_place[0]], text[interval.end_place[1] :]
    return f'{before}{first}{between}{last}{after}'


def is_before(text: str, seconds: Fraction) -> bool:
    """Whether the answer names an interval that ends at or before this time."""
    interval = find_interval(text)
    return interval is not None and interval.certain and interval.end <= seconds


def _seconds(text: str) -> Fraction:
    parts = [Fraction(part) for part in text.split(':')]
    return sum((part * 60**power for power, part in enumerate(reversed(parts))), Fraction(0))


def _text(seconds: Fraction, clock: bool) -> str:
    if not clock:
        return seconds_text(seconds)
    minutes, rest = divmod(seconds, 60)
    short = seconds_text(rest)
    return f'{int(minutes):02d}:{short if rest >= 10 else f"0{short}"}'
