# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sampling by capture time, to the letter of the design's small rules."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND


def ns(seconds: float) -> int:
    return 100 * SECOND + round(seconds * SECOND)


def take(sampler: FrameSampler, *seconds: float) -> list[float]:
    return [second for second in seconds if sampler.offer(ns(second))]


def test_takes_the_first_frame_of_every_tick() -> None:
    frames = [number / 30 for number in range(91)]
    assert take(FrameSampler(), *frames) == pytest.approx([0, 1, 2, 3])


def test_tags_come_from_ticks_not_from_stamps() -> None:
    sampler = FrameSampler(rate=Fraction(2))
    ticks = [tick for second in (0, 0.51, 1.3, 1.6) if (tick := sampler.offer(ns(second)))]
    assert [(tick.start, tick.end) for tick in ticks] == [
        (0, Fraction(1, 2)),
        (Fraction(1, 2), 1),
        (1, Fraction(3, 2)),
        (Fraction(3, 2), 2),
    ]


def test_a_gap_skips_ticks_and_stays_in_the_stream() -> None:
    sampler = FrameSampler()
    ticks = [sampler.offer(ns(second)) for second in (0, 1, 11.2)]
    assert ticks[2] is not None
    assert (ticks[2].start, ticks[2].index, ticks[2].stream_id) == (11, 2, 1)


@pytest.mark.parametrize(
    ('seconds', 'count'), [((0.2, 0.2), 'duplicate'), ((0.9, 0.3), 'reordered')]
)
def test_equal_and_late_stamps_are_ignored_and_counted(seconds: tuple, count: str) -> None:
    sampler = FrameSampler()
    for second in seconds:
        sampler.offer(ns(second))
    assert getattr(sampler.counts, count) == 1


def test_zero_stamps_are_ignored_and_counted() -> None:
    sampler = FrameSampler()
    assert sampler.offer(0) is None
    assert sampler.counts.zero == 1


def test_one_wrong_stamp_is_not_believed() -> None:
    sampler = FrameSampler()
    assert take(sampler, 100, 101, 3, 102, 99999, 103) == [100, 101, 102, 103]
    assert sampler.counts.doubtful == 2
    assert sampler.stream_id == 1


def test_a_jump_back_that_lasts_begins_a_new_stream() -> None:
    sampler = FrameSampler()
    take(sampler, 50, 51)
    taken = [sampler.offer(ns(second)) for second in (0, 0.03, 0.06, 0.5, 1.1)]
    assert [tick.stream_id if tick else None for tick in taken] == [None, None, 2, None, 2]
    assert taken[2].start == 0
    assert taken[2].index == 0


def test_a_jump_ahead_that_lasts_stays_in_the_stream() -> None:
    sampler = FrameSampler()
    take(sampler, 0, 1)
    taken = [sampler.offer(ns(second)) for second in (9000, 9001, 9002)]
    assert taken[:2] == [None, None]
    assert (taken[2].stream_id, taken[2].start) == (1, 9002)


def test_a_frozen_jump_is_never_believed() -> None:
    sampler = FrameSampler()
    assert take(sampler, 50, *[3] * 20) == [50]


def test_another_rate_goes_on_from_the_newest_frame() -> None:
    sampler = FrameSampler()
    take(sampler, 0, 1, 2.1)
    sampler.change_rate(4)
    ticks = [tick for at in (2.2, 2.3, 2.55) if (tick := sampler.offer(ns(at)))]
    assert [tick.start for tick in ticks] == [Fraction(9, 4), Fraction(5, 2)]


def test_a_rate_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match='above 0'):
        FrameSampler(rate=Fraction(0))


@given(st.lists(st.integers(-3 * SECOND, 200 * SECOND), max_size=80), st.sampled_from([1, 2, 5]))
def test_ticks_rise_and_every_frame_is_counted_once(stamps: list[int], rate: int) -> None:
    sampler = FrameSampler(rate=Fraction(rate))
    seen: dict[int, tuple[Fraction, int]] = {}
    for stamp in stamps:
        tick = sampler.offer(stamp)
        if tick:
            last = seen.get(tick.stream_id)
            assert last is None or (tick.start > last[0] and tick.index == last[1] + 1)
            seen[tick.stream_id] = tick.start, tick.index
    counts = sampler.counts
    assert (
        counts.received
        == len(stamps)
        == (
            counts.sampled
            + counts.between
            + counts.zero
            + counts.duplicate
            + counts.reordered
            + counts.doubtful
        )
    )
