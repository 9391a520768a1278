# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The time words of a question: which capture times it is about, and what else it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from streamo_ros.core.frame import SECOND
from streamo_ros.memory.clock_times import CaptureClock
from streamo_ros.memory.clock_times import clock_pattern
from streamo_ros.memory.clock_times import NUMBER
from streamo_ros.memory.clock_times import number
from streamo_ros.memory.clock_times import read_clock
from streamo_ros.memory.clock_times import TimeError

_UNITS = {'second': 1, 'sec': 1, 'minute': 60, 'min': 60, 'hour': 3600, 'day': 86_400}
_UNIT = r'(?P<unit>second|sec|minute|min|hour|day)s?'
_SOME = rf'(?:(?P<half>half an? )|(?P<count>{NUMBER}|few|couple of) )'
_DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
_DAY = (
    r'(?P<day>the day before yesterday|yesterday|today|tonight|tomorrow|last night|'
    r'this (?:morning|afternoon|evening)|yesterday (?:morning|afternoon|evening)|'
    rf'(?:on |last )?(?:{"|".join(_DAYS)})|(?:on )?(?P<date>\d{{4}}-\d\d-\d\d))'
)
_PARTS = {'morning': (5, 12), 'afternoon': (12, 18), 'evening': (17, 24), 'night': (20, 30)}
_END = 2**63 - 1


@dataclass(frozen=True)
class TimeWords:
    """What a question says about time.

    Attributes:
        start: capture time, nanoseconds.
        end: the same; both are included.
        given: whether the question says anything about time.
        rest: the question without its time words.
        relation: 'after', 'before' or 'while', where the time is that of another event.
        anchor: that event, in words.
    """

    start: int
    end: int
    given: bool
    rest: str
    relation: str = ''
    anchor: str = ''


def read_times(question: str, clock: CaptureClock) -> TimeWords:
    """Find the time words of a question.

    Args:
        question: as it was asked.
        clock: what now is, and in which zone.

    Raises:
        TimeError: the time is in the future, or makes no sense.
    """
    text = ' '.join(question.lower().replace('?', ' ').split())
    for pattern, read in _READERS:
        match = re.search(rf'\b(?:{pattern})(?![\w:])', text)
        if match is None:
            continue
        start, end = read(match, clock)
        if start > clock.now:
            raise TimeError(
                f'{match[0]!r} is in the future: the record ends at {clock.say(clock.now)}'
            )
        if start > end:
            raise TimeError(f'{match[0]!r} ends before it begins')
        rest = ' '.join((text[: match.start()] + ' ' + text[match.end() :]).split())
        return TimeWords(max(0, start), end, True, rest)
    return _anchored(text)


def _anchored(text: str) -> TimeWords:
    event = 'since|after|before|while|during' + ('|when' if text.startswith('what ') else '')
    match = re.search(rf'\b({event})\s+(?:the time )?(.{{2,}})$', text)
    if match is None or not text[: match.start()].strip():
        return TimeWords(0, _END, False, text)
    relation = {'since': 'after', 'during': 'while', 'when': 'while'}.get(match[1], match[1])
    return TimeWords(0, _END, True, text[: match.start()].strip(), relation, match[2])


Window = tuple[int, int]
Reader = Callable[['re.Match[str]', CaptureClock], Window]


def _ago(match: re.Match[str], clock: CaptureClock) -> Window:
    length = _length(match)
    middle, slack = clock.now - length, max(60 * SECOND, length // 6)
    return middle - slack, min(clock.now, middle + slack)


def _last(match: re.Match[str], clock: CaptureClock) -> Window:
    return clock.now - _length(match), clock.now


def _length(match: re.Match[str]) -> int:
    count = match['count'] or ''
    amount = {'few': 3.0, 'couple of': 2.0}.get(count) or (number(count) if count else 1.0)
    if match['half']:
        amount = 0.5
    return int(amount * _UNITS[match['unit']] * SECOND)


def _between(match: re.Match[str], clock: CaptureClock) -> Window:
    first, second = (_moment(match, name, clock)[0] for name in ('a', 'b'))
    dated = 'day' in match.re.groupindex and bool(match['day'])
    if first > second and clock.wall and not dated:
        # The last such times before now: the first of them belongs to the second.
        first -= (
            next(step for step in (43_200, 86_400) if first - step * SECOND <= second) * SECOND
        )
    return first, second


def _since(match: re.Match[str], clock: CaptureClock) -> Window:
    return _moment(match, 'c', clock)[0], clock.now


def _before(match: re.Match[str], clock: CaptureClock) -> Window:
    moment = _moment(match, 'd', clock)[0]
    return (_midnight(clock.local(moment)) if clock.wall else 0), moment


def _at(match: re.Match[str], clock: CaptureClock) -> Window:
    moment, exact = _moment(match, 'e', clock)
    if match['about'] in ('around', 'about'):
        exact = 900 * SECOND
    return moment - exact, moment + exact


def _on_day(match: re.Match[str], clock: CaptureClock) -> Window:
    if not clock.wall:
        raise TimeError(
            f'{match["day"]!r} has no meaning here: the stamps of this record are no wall time'
        )
    return _day_span(match, clock)


def _moment(match: re.Match[str], name: str, clock: CaptureClock) -> tuple[int, int]:
    """A time of day on the day that is named, or the last one before now; and its slack."""
    groups = match.re.groupindex
    part = read_clock(_Only(match, name), name, clock.wall)  # type: ignore[arg-type]
    exact = part.exact * SECOND
    if not clock.wall:
        return clock.zero + part.seconds * SECOND, exact
    if 'day' in groups and match['day']:
        start, end = _day_span(match, clock)
        choices = _on(start, part.seconds, part.either_half)
        inside = [choice for choice in choices if start <= choice <= end]
        return (inside or choices)[-1 if inside and inside[-1] <= clock.now else 0], exact
    today = _midnight(clock.local(clock.now))
    choices = [
        choice
        for days in (1, 0)
        for choice in _on(today, part.seconds, part.either_half, -days)
        if choice <= clock.now
    ]
    return choices[-1] if choices else today, exact


def _on(midnight: int, seconds: int, either: bool, days: int = 0) -> list[int]:
    base = midnight + (days * 86_400 + seconds) * SECOND
    if not either:
        return [base]
    other = base + (43_200 if seconds < 43_200 else -43_200) * SECOND
    return sorted([base, other])


class _Only:
    """A match of which only the groups of one time of day are seen."""

    def __init__(self, match: re.Match[str], name: str) -> None:
        self._match, self._name = match, name

    def groupdict(self) -> dict[str, str | None]:
        return {k: v for k, v in self._match.groupdict().items() if k.startswith(self._name)}

    def __getitem__(self, _: int) -> str:
        return str(self._match[0])


def _midnight(then: datetime) -> int:
    return int(then.replace(hour=0, minute=0, second=0).timestamp()) * SECOND


def _day_span(match: re.Match[str], clock: CaptureClock) -> Window:
    words, now = match['day'].removeprefix('on '), clock.local(clock.now)
    day, hours = now, (0, 24)
    if match['date']:
        try:
            day = datetime.strptime(match['date'], '%Y-%m-%d').replace(tzinfo=now.tzinfo)
        except ValueError as error:
            raise TimeError(f'{match["date"]!r} is no date') from error
    elif 'day before yesterday' in words:
        day = now - timedelta(days=2)
    elif 'yesterday' in words or words == 'last night':
        day = now - timedelta(days=1)
    elif words == 'tomorrow':
        day = now + timedelta(days=1)
    elif words.split()[-1] in _DAYS:
        back = (now.weekday() - _DAYS.index(words.split()[-1])) % 7
        day = now - timedelta(days=back or (7 if words.startswith('last') else 0))
    part = 'evening' if words == 'tonight' else words.split()[-1]
    hours = _PARTS.get(part, hours)
    begin = _midnight(day)
    return begin + hours[0] * 3600 * SECOND, begin + hours[1] * 3600 * SECOND - 1


def _readers() -> list[tuple[str, Reader]]:
    a, b = clock_pattern('a', bare=True), clock_pattern('b', bare=True)
    both = [rf'between {a} and {b}', rf'from {a} (?:to|until|till) {b}']
    readers: list[tuple[str, Reader]] = []
    for pattern in both:
        readers += [
            (rf'{pattern} {_DAY}', _between),
            (rf'{_DAY} {pattern}', _between),
            (pattern, _between),
        ]
    for name, words, read in (
        ('c', r'(?:since|after) ', _since),
        ('d', r'(?:before|until|till) ', _before),
        ('e', r'(?:(?P<about>at|around|about) )', _at),
    ):
        clock = clock_pattern(name)
        readers += [
            (rf'{words}{clock} {_DAY}', read),
            (rf'{_DAY} {words}{clock}', read),
            (rf'{words}{clock}', read),
        ]
    return [
        *readers,
        (rf'(?:about |around )?{_SOME}{_UNIT} ago', _ago),
        (rf'(?:in|during|within|over|for) the (?:last|past) (?:{_SOME})?{_UNIT}', _last),
        (_DAY, _on_day),
    ]


_READERS = _readers()
