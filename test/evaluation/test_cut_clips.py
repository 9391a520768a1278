# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Streams of cuts: what a cut makes of what was there before and is there after it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from streamo_ros.cli import main
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.cut_clips import cut_clip
from streamo_ros.evaluation.cut_clips import CutClip
from streamo_ros.evaluation.cut_clips import joined_truth
from streamo_ros.evaluation.real_clips import clip_cases
from streamo_ros.evaluation.real_clips import RealClip


def track(name, start=0.0, end=5.0):
    return {
        'class': name,
        'start_s': start,
        'end_s': end,
        'enters': 'left' if start else 'present_at_start',
        'leaves': 'right' if end < 5 else 'present_at_end',
    }


def clip(stem, *tracks, absent=(), counts=(), seconds=5):
    truth = {'tracks': list(tracks), 'absent': list(absent), 'counts': list(counts)}
    return RealClip(Path(f'{stem}.mp4'), truth, tuple(Fraction(k, 2) for k in range(2 * seconds)))


HALL = clip(
    'hall',
    track('person'),
    absent=['dog', 'car', 'cat'],
    counts=[{'class': 'person', 'from_s': 0, 'to_s': 5, 'count': 1}],
)
YARD = clip('yard', track('dog', start=2.2), track('dog', end=1.0), absent=['person', 'car'])


def joined(*parts):
    times = tuple(time for part in parts for time in part.times)
    whole = CutClip(Path('cuts 1'), joined_truth(parts), times, parts)
    return {case.name.removeprefix('cuts 1: '): case for case in clip_cases(whole)}


def due(case):
    return [moment.seconds for moment in case.moments if moment.state is State.RESPONSE]


def test_what_is_on_one_side_of_a_cut_alone_comes_or_goes():
    cases = joined(HALL, YARD)
    # The second frame that shows it: 5.0 and 5.5 are the first two after the cut.
    assert due(cases['leave person']) == [5.5]
    assert due(cases['appear person']) == []
    assert due(cases['appear dog']) == [5.5, 8.0]
    assert due(cases['leave dog']) == [6.5]
    assert all(moment.scored for moment in cases['leave person'].moments)


def test_where_nobody_is_is_a_number_too():
    case = joined(HALL, YARD, HALL)['count person']
    said = {m.seconds: m.text for m in case.moments if m.state is State.RESPONSE}
    assert said == {
        0.5: '1 person.',
        5.5: '0 people.',
        10.5: '1 person.',
    }


def test_a_class_on_both_sides_of_a_cut_is_not_scored_there():
    cases = joined(HALL, HALL)
    for family in ('appear', 'leave'):
        case = cases[f'{family} person']
        assert not due(case)
        silent = [moment.seconds for moment in case.moments if not moment.scored]
        assert silent == [5.0, 5.5, 6.0, 6.5]


def test_of_a_class_that_a_part_knows_nothing_of_nothing_is_scored():
    silent = replace(YARD, truth={**YARD.truth, 'absent': ['car']})
    case = joined(HALL, silent)['leave person']
    assert not due(case)
    assert [moment.scored for moment in case.moments][10:] == [False] * 10


def test_only_what_is_absent_everywhere_raises_false_alarms():
    names = joined(HALL, YARD)
    assert [name for name in names if name.startswith('never')] == ['never car']


def test_a_stream_is_the_same_each_time_and_its_parts_are_of_different_clips():
    long = [clip(stem, track('person', end=30.0), seconds=30) for stem in 'abc']
    once, again, other = (cut_clip(long, number) for number in (1, 1, 2))
    assert once == again != other
    stems = [part.path.stem for part in once.parts]
    assert all(before != after for before, after in pairwise(stems))
    assert all(5 <= len(part.times) / 2 < 12.5 for part in once.parts)
    assert 120 <= len(once.times) < 145


def test_a_part_has_the_truth_of_its_own_seconds():
    counts = [{'class': 'person', 'from_s': 0, 'to_s': 60, 'count': 1}]
    long = clip('long', track('person', start=0.2, end=4.9), counts=counts, seconds=60)
    for number in range(1, 5):
        for part in cut_clip([long], number).parts:
            seconds = len(part.times) / 2
            (row,) = part.truth['counts']
            assert (row['from_s'], row['to_s']) == (0, seconds)
            begin = float(part.times[0])
            for seen in part.truth['tracks']:
                assert seen['enters'] == ('left' if begin < 0.2 else 'present_at_start')
                assert seen['end_s'] == pytest.approx(min(seconds, 4.9 - begin))
            assert bool(part.truth['tracks']) == (begin < 4.9)


def test_all_frames_are_as_large_as_the_first(monkeypatch):
    sizes = {'hall': (6, 8), 'yard': (12, 10)}

    def images(part):
        for time in part.times:
            yield np.full((*sizes[part.path.stem], 3), int(time), np.uint8)

    monkeypatch.setattr(RealClip, 'images', images)
    seen = list(CutClip(Path('cuts 1'), {}, (), (HALL, YARD)).images())
    assert len(seen) == 20
    assert {image.shape for image in seen} == {(6, 8, 3)}
    assert seen[-1].max() == 4


def test_streams_of_cuts_need_clips(capsys):
    assert main(['evaluate', 'models/streamo-objects', '--streams', '1', '--cuts', '2']) == 2
    assert '--cuts needs clips: add --real FOLDER' in capsys.readouterr().err
