# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the numbers mean that stand for times in the names and tables of image folders.

A number with a decimal point is seconds. The unit of integers is not written anywhere. They are
read in the unit in which they are a date between 2000 and 2100, if there is one; else as seconds
since the start, as far as that is plausible; else in the unit that puts the interval between
images closest to a tenth of a second.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

_NANOSECONDS = {'s': 10**9, 'ms': 10**6, 'us': 10**3, 'ns': 1}
_UNIT_NAMES = {'s': 'seconds', 'ms': 'milliseconds', 'us': 'microseconds', 'ns': 'nanoseconds'}
_YEAR_2000, _YEAR_2100 = 946_684_800 * 10**9, 4_102_444_800 * 10**9
# Plausible seconds since the start: at most a year, and an image an hour.
_YEAR, _HOUR = 31_536_000, 3600
_USUAL_INTERVAL = 10**8
_STAMP = re.compile(r'(\d{1,10})[_-](\d{9})', re.ASCII)
_NUMBER = re.compile(r'(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?', re.ASCII)


@dataclass(frozen=True)
class FolderTimes:
    """The times of a folder.

    Attributes:
        stamps: nanoseconds, in the order of the numbers.
        note: which unit was found, where that is not obvious; ''.
    """

    stamps: list[int]
    note: str = ''


def parse_number(text: str) -> Decimal | None:
    """A time as it is written; None when it is none.

    Tools that export a bag also write the two fields of a stamp, as in 1700000000_500000000.
    """
    text = text.strip()
    if fields := _STAMP.fullmatch(text):
        text = '.'.join(fields.groups())
    # Not whatever Python takes: it reads 1_5 as 15, and digits of other scripts.
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def read_times(numbers: Sequence[Decimal]) -> FolderTimes:
    """Find the unit of the times of one folder."""
    if not all(_is_integer(number) for number in numbers):
        return FolderTimes([int(number * 10**9) for number in numbers])
    ordered = sorted(int(number) for number in numbers)
    unit = _unit_of_dates(ordered[0])
    obvious = unit in ('s', 'ns')
    unit = unit or _unit_of_intervals(ordered)
    stamps = [int(number) * _NANOSECONDS[unit] for number in numbers]
    return FolderTimes(stamps, '' if obvious else f'its times are read as {_UNIT_NAMES[unit]}')


def _is_integer(number: Decimal) -> bool:
    return number.as_tuple().exponent == 0


def _unit_of_dates(number: int) -> str:
    """The unit in which a number is a date; '' when there is none."""
    dates = (
        unit
        for unit, factor in _NANOSECONDS.items()
        if _YEAR_2000 <= number * factor <= _YEAR_2100
    )
    return next(dates, '')


def _unit_of_intervals(numbers: list[int]) -> str:
    steps = [later - earlier for earlier, later in itertools.pairwise(numbers) if later > earlier]
    step = median(steps) if steps else 0
    if numbers[0] <= _YEAR and step <= _HOUR:
        return 's'
    return min(
        ('ms', 'us', 'ns'),
        key=lambda unit: abs(math.log(max(1, step) * _NANOSECONDS[unit] / _USUAL_INTERVAL)),
    )
