# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an instruction is about."""

from __future__ import annotations

from dataclasses import dataclass

SIDES = ('left', 'right', 'top', 'bottom', 'middle', 'near')
"""Where a thing may be: four sides, the middle, or close to the camera."""


@dataclass(frozen=True)
class Subject:
    """What an instruction is about.

    Attributes:
        kinds: numbers of the kinds that it names: none, one or two.
        color: number of the color that the first must have; -1 for any.
        number: there must be more than this many.
        side: where it must be, one of `SIDES`.
        word: a word for a thing that is not known, as it was written.
    """

    kinds: tuple[int, ...] = ()
    color: int = -1
    number: int = 0
    side: str = ''
    word: str = ''
