# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What faults of time do to a whole replay: each test states the law and asserts just that.

A camera of 10 frames a second is generated, its stamps are spoilt, and what is decided and said is
compared with what the same camera gives whole. No pixels are looked at and no ROS is needed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Step
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.run import replay
from streamo_ros.sources.base import SourceError

START = 1_700_000_000 * SECOND
PERIOD = SECOND // 10
WHOLE = [START + number * PERIOD for number in range(200)]
PICTURE = np.zeros((6, 8, 3), np.uint8)


@dataclass(frozen=True)
class Shot:
    """A record of a camera: a stamp and no interesting pixels."""

    stamp: int
    topic: str = '/camera'
    frame_id: str = 'camera'

    def image(self) -> np.ndarray:
        return PICTURE


class Film:
    """A source of these stamps, in this order."""

    name = 'film'
    topic = '/camera'

    def __init__(self, stamps: Iterable[int]) -> None:
        self._stamps = list(stamps)

    def records(self) -> Iterator[Shot]:
        return map(Shot, self._stamps)

    def close(self) -> None:
        pass


def script(instruction: str, seconds: float) -> tuple[State, str]:
    """Something begins at 3 of every 10 seconds, and is over at 5."""
    at = seconds % 10
    if 5 <= at < 6:
        return State.RESPONSE, f'{instruction}: seen at {seconds:g}'
    return (State.STANDBY, '') if 3 <= at < 5 else (State.SILENCE, '')


@dataclass
class Seen:
    """What a replay gave.

    Attributes:
        frames: stream, second of the capture-time grid, stamp; of every sampled frame.
        decided: instruction, stamp, tag, state.
        said: instruction, stamp of the frame, begin and end of the event, text.
    """

    counts: SamplerCounts
    frames: list[tuple[int, Fraction, int]]
    decided: list[tuple[int, int, str, str]]
    said: list[tuple[int, int, int, int, str]]

    @property
    def seconds(self) -> list[float]:
        return [float(second) for _, second, _ in self.frames]


def watch(stamps: Iterable[int], *orders: TimedInstruction, rate: Fraction | float = 1) -> Seen:
    """Replay a film for the instructions; by default for one that stands from the start."""
    steps: list[Step] = []

    class Keep:
        def take(self, step: Step) -> None:
            steps.append(step)

        def close(self, totals: Any) -> None:
            pass

    book = InstructionBook()
    assistant = Assistant(ScriptedBackbone(script), book)
    totals = replay(
        Film(stamps),
        assistant,
        FrameSampler(Fraction(rate)),
        book,
        orders or [TimedInstruction('kettle')],
        [Keep()],
    )
    events = [event for step in steps for event in step.events]
    return Seen(
        totals.counts,
        [(step.frame.tick.stream_id, step.frame.tick.start, step.frame.stamp) for step in steps],
        [
            (event.instruction_id, event.frame.stamp, event.tag, event.state.name)
            for event in events
            if isinstance(event, Decided)
        ],
        [
            (
                event.instruction_id,
                event.frame.stamp,
                event.event_start,
                event.event_end,
                event.text,
            )
            for event in events
            if isinstance(event, Answered)
        ],
    )


@pytest.fixture(scope='module')
def whole() -> Seen:
    return watch(WHOLE)


def test_whole_film_is_looked_at_once_a_second_and_answered_twice(whole: Seen) -> None:
    assert whole.seconds == list(range(20))
    assert [text for *_, text in whole.said] == ['kettle: seen at 5', 'kettle: seen at 15']
    begin, end = whole.said[0][2:4]
    assert (begin - START, end - START) == (3 * SECOND, 5 * SECOND)


def test_gap_of_ten_seconds_skips_its_ticks_and_changes_no_other_decision(whole: Seen) -> None:
    """Law 1: a gap changes nothing but which frames exist; tags skip, none is invented."""
    cut = watch([stamp for stamp in WHOLE if not 4 <= (stamp - START) / SECOND < 14])
    there = {stamp for _, _, stamp in cut.frames}
    assert cut.seconds == [0, 1, 2, 3, *range(14, 20)]
    assert cut.decided == [one for one in whole.decided if one[1] in there]
    # The event that was under way in the gap is not answered; the one after it is.
    assert [text for *_, text in cut.said] == ['kettle: seen at 15']
    assert cut.counts.jumps == cut.counts.doubtful == 0


def test_jitter_moves_stamps_and_no_tag_or_state(whole: Seen) -> None:
    """Law 1: a tick is taken by its first frame; jitter chooses which one that is."""
    draw = random.Random(4)
    shaken = [stamp + draw.randrange(-PERIOD // 3, PERIOD // 3) for stamp in WHOLE[1:]]
    seen = watch([START, *shaken])
    assert [(tag, state) for _, _, tag, state in seen.decided] == [
        (tag, state) for _, _, tag, state in whole.decided
    ]
    firsts = {}
    for stamp in [START, *shaken]:
        firsts.setdefault((stamp - START) // SECOND, stamp)
    assert [stamp for _, _, stamp in seen.frames] == list(firsts.values())
    assert [text for *_, text in seen.said] == [text for *_, text in whole.said]


def test_duplicate_stamps_are_ignored_and_counted(whole: Seen) -> None:
    """Law 1: a stamp equal to the newest is ignored; everything else is as without it."""
    seen = watch(stamp for stamp in WHOLE for _ in range(3))
    assert (seen.frames, seen.decided, seen.said) == (whole.frames, whole.decided, whole.said)
    assert seen.counts.duplicate == 2 * len(WHOLE)


def test_late_frames_are_ignored_and_counted_and_time_never_goes_back(whole: Seen) -> None:
    """Law 1: up to one second behind the newest is late, not a jump."""
    late = [
        stamp
        for at, newest in enumerate(WHOLE)
        for stamp in ((newest, WHOLE[at - 7]) if at % 10 == 8 else (newest,))
    ]
    seen = watch(late)
    assert (seen.frames, seen.decided, seen.said) == (whole.frames, whole.decided, whole.said)
    assert (seen.counts.reordered, seen.counts.jumps) == (20, 0)


def test_swapped_neighbours_take_the_first_that_comes_in_a_tick(whole: Seen) -> None:
    """Law 1: order of arrival decides among the frames of a tick; the other one is late."""
    swapped = [WHOLE[at + 1 - 2 * (at % 2)] for at in range(len(WHOLE))]
    seen = watch(swapped)
    stamps = [stamp for _, _, stamp in seen.frames]
    assert stamps == sorted(stamps)
    # The origin is the stamp that came first, 0.1 s on, so the grid is shifted by that.
    assert stamps[0] == WHOLE[1]
    assert [state for *_, state in seen.decided] == [state for *_, state in whole.decided]
    assert seen.counts.reordered == len(WHOLE) // 2


@pytest.mark.parametrize('seed', range(5))
def test_drops_of_a_fifth_leave_every_tick_its_first_surviving_frame(
    whole: Seen, seed: int
) -> None:
    """Law 1: drops change which frames exist; the tags, states and texts of the ticks stay."""
    draw = random.Random(seed)
    kept = [WHOLE[0], *(stamp for stamp in WHOLE[1:] if draw.random() >= 0.2)]
    assert len(kept) < 0.9 * len(WHOLE)
    seen = watch(kept)
    assert seen.seconds == whole.seconds
    assert [(tag, state) for _, _, tag, state in seen.decided] == [
        (tag, state) for _, _, tag, state in whole.decided
    ]
    assert [text for *_, text in seen.said] == [text for *_, text in whole.said]
    assert all(
        stamp == min(one for one in kept if one >= START + int(second) * SECOND)
        for _, second, stamp in seen.frames
    )


def test_dropped_seconds_lose_their_ticks_alone(whole: Seen) -> None:
    """Law 1: nothing is decided about a second of which no frame arrived."""
    lost = {2, 4, 11}
    seen = watch(stamp for stamp in WHOLE if (stamp - START) // SECOND not in lost)
    assert seen.decided == [one for one in whole.decided if (one[1] - START) // SECOND not in lost]


def test_loop_is_a_new_stream_at_the_third_frame_of_the_jump(whole: Seen) -> None:
    """Law 1: a jump back is believed when two more frames agree; lanes begin anew."""
    seen = watch([*WHOLE, *WHOLE])
    assert (seen.counts.jumps, seen.counts.doubtful) == (1, 2)
    streams = [stream for stream, _, _ in seen.frames]
    assert streams == [1] * 20 + [2] * 20
    again = seen.decided[20:]
    assert again[0][1] == WHOLE[2]
    # Instructions are kept, and count from the new stream's first frame.
    assert [(tag, state) for _, _, tag, state in again] == [
        (tag, state) for _, _, tag, state in whole.decided
    ]
    assert [text for *_, text in seen.said] == 2 * [text for *_, text in whole.said]


def test_one_stray_stamp_is_no_jump(whole: Seen) -> None:
    """Law 1: what no other frame agrees with is not believed, in either direction."""
    far = 86_400 * SECOND
    strayed = [*WHOLE[:33], START - far, *WHOLE[33:77], START + far, *WHOLE[77:]]
    seen = watch(strayed)
    assert (seen.frames, seen.decided, seen.said) == (whole.frames, whole.decided, whole.said)
    assert (seen.counts.doubtful, seen.counts.jumps) == (2, 0)


def test_a_day_ahead_stays_in_the_stream_and_the_tags_skip() -> None:
    """Law 1: a jump ahead is believed at its third frame and begins no new stream."""
    day = 86_400 * SECOND
    seen = watch([*WHOLE[:50], *(stamp + day for stamp in WHOLE[50:100])])
    assert {stream for stream, _, _ in seen.frames} == {1}
    assert seen.seconds == [*range(5), *range(86_405, 86_410)]
    assert seen.counts.jumps == 1


def test_zero_stamps_are_ignored_and_counted(whole: Seen) -> None:
    """Law 1: a frame without a stamp does not exist, and the others do not notice."""
    seen = watch(stamp for one in WHOLE for stamp in (0, one))
    assert (seen.frames, seen.decided, seen.said) == (whole.frames, whole.decided, whole.said)
    assert seen.counts.zero == len(WHOLE)


def test_film_of_nothing_but_zeros_is_refused_with_the_cause() -> None:
    with pytest.raises(SourceError, match='200 are zero, negative or missing'):
        watch([0] * 200)


@pytest.mark.parametrize('speed', [0.5, 1.0, 5.0])
def test_pace_of_arrival_changes_nothing(
    whole: Seen, speed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 1: wall time measures latency and decides nothing, however it goes."""
    clock = iter(range(10_000_000))
    monkeypatch.setattr('time.perf_counter', lambda: next(clock) * 0.1 / speed)
    monkeypatch.setattr('time.time', lambda: pytest.fail('the wall clock was asked'))
    seen = watch(WHOLE)
    assert (seen.frames, seen.decided, seen.said) == (whole.frames, whole.decided, whole.said)


@pytest.mark.parametrize('stretch', [2, Fraction(1, 5)])
def test_slow_motion_of_stamps_is_other_time(whole: Seen, stretch: Fraction | int) -> None:
    """Law 1, the other way round: stretched stamps are more seconds, not the same ones."""
    slow = [START + int((stamp - START) * stretch) for stamp in WHOLE]
    seen = watch(slow)
    assert seen.seconds == list(range(int(20 * stretch)))


@pytest.mark.parametrize('shift', range(1, 10))
def test_other_phase_chooses_other_frames_of_a_shifted_grid(whole: Seen, shift: int) -> None:
    """DESIGN 3: the origin is the first frame, so a later start shifts the grid by as much."""
    seen = watch(WHOLE[shift:])
    stamps = [stamp for _, _, stamp in seen.frames]
    assert stamps == [
        stamp + shift * PERIOD
        for _, _, stamp in whole.frames
        if stamp + shift * PERIOD <= WHOLE[-1]
    ]
    # Tags count from the first frame, so tags and states are those of the whole film.
    assert [(tag, state) for _, _, tag, state in seen.decided] == [
        (tag, state) for _, _, tag, state in whole.decided
    ]


def test_instruction_binds_to_capture_time_whatever_was_lost(whole: Seen) -> None:
    """DESIGN 3: it sees the first sampled frame at or after its time, and counts from that."""
    order = TimedInstruction('late', 6.0)
    assert watch(WHOLE, order).decided[6][1:3] == (START + 6 * SECOND, '<0s-1s>')
    hole = watch((stamp for stamp in WHOLE if not 6 <= (stamp - START) / SECOND < 8.5), order)
    assert hole.decided[6][1:3] == (START + int(8.5 * SECOND), '<0s-1s>')


def test_two_runs_are_the_same_to_the_last_byte(whole: Seen) -> None:
    again = watch(WHOLE)
    assert (again.frames, again.decided, again.said) == (whole.frames, whole.decided, whole.said)
