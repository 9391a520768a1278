# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is remembered of things that were given up, and told when they are found where they were.

A coat that is taken for a person now and then arrives and leaves again and again, unless somebody
remembers it for longer than a window of frames.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from streamo_ros.backbone.vision.track_marks import Ints
from streamo_ros.backbone.vision.track_marks import Things

_FRAMES, _MOST = 240, 64
"""Frames for which things are remembered, and the most that are."""


def with_past(seen: Things, past: Things, again: Ints) -> Things:
    """What a frame shows, with the past of what is found again.

    Args:
        seen: what it shows.
        past: what was given up before.
        again: which of `past` each is; -1 for none.
    """
    found = again >= 0
    if not found.any():
        return seen
    return replace(
        seen,
        seen=seen.seen + past.of(again, 'seen'),
        total=seen.total + past.of(again, 'total'),
        age=np.where(found, past.of(again, 'age') + 1, seen.age),
        returns=seen.returns + past.of(again, 'returns') + found,
        away=np.where(found, past.of(again, 'missed'), seen.away),
    )


def past_after(past: Things, again: Ints, given_up: Things) -> Things:
    """What is remembered after a frame, the latest first.

    Args:
        past: what was remembered before.
        again: those that the frame shows.
        given_up: what is given up at the frame.
    """
    left = past.at(np.setdiff1d(np.arange(len(past.kind)), again)).older()
    return given_up.joined(left.at(left.missed <= _FRAMES)).at(slice(_MOST))
