# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is true of a recording: for each instruction, the events that are due."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from streamo_ros.core.errors import StreamoError
from streamo_ros.evaluation.metrics import Span


class TruthError(StreamoError, ValueError):
    """A truth file is wrong, or not about the recording; the message names file and line."""


@dataclass(frozen=True)
class Event:
    """Something that an instruction asks to be told.

    Attributes:
        start: seconds since the recording's first frame.
        end: likewise; equal to `start` for a moment.
        words: an answer about it has one of these, whatever the case; () = any answer will do.
        place: where it is written, e.g. 'truth.yaml, line 7'.
    """

    start: float
    end: float
    words: tuple[str, ...] = ()
    place: str = ''

    @property
    def span(self) -> Span:
        """Start and end."""
        return self.start, self.end

    def accepts(self, text: str) -> bool:
        """Whether an answer has one of the accepted words, which are whole words."""
        plain = ' '.join(text.split())
        return not self.words or any(
            re.search(rf'(?<!\w){re.escape(" ".join(word.split()))}(?!\w)', plain, re.IGNORECASE)
            for word in self.words
        )


@dataclass(frozen=True)
class Truth:
    """All that is due to one instruction in one recording.

    Attributes:
        recording: the recording's file name, with or without its suffix; '' = the only one.
        instruction: what is watched for.
        since: seconds from which on it is active.
        events: in the order of time, none within another.
        unsure: (start, end) of stretches whose answers are not counted.
        place: where it is written.
    """

    recording: str
    instruction: str
    since: float = 0.0
    events: tuple[Event, ...] = ()
    unsure: tuple[Span, ...] = ()
    place: str = ''

    def __post_init__(self) -> None:
        for before, after in pairwise(self.events):
            if after.start < before.start:
                raise TruthError(
                    f'{after.place}: the event at {after.start:g} s comes after one at '
                    f'{before.start:g} s: write events in the order of time'
                )
            if after.start < before.end:
                raise TruthError(
                    f'{after.place}: the event from {after.start:g} s begins before the one from '
                    f'{before.start:g} s to {before.end:g} s has ended: make them one event'
                )


def check_truths(truths: Sequence[Truth]) -> None:
    """Refuse two truths for one instruction in one recording.

    Raises:
        TruthError: there are such; the message names both places.
    """
    places: dict[tuple[str, str], str] = {}
    for truth in truths:
        key = truth.recording, ' '.join(truth.instruction.split())
        if key in places:
            raise TruthError(
                f'{truth.place}: the instruction {truth.instruction!r} has a truth for this '
                f'recording already, at {places[key]}: put all of its events in one place'
            )
        places[key] = truth.place
