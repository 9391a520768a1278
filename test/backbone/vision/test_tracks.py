# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Detections are linked from frame to frame, and what is missed is told."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from streamo_ros.backbone.vision.detection_tokens import DetectionTokens
from streamo_ros.backbone.vision.detections import Detections
from streamo_ros.backbone.vision.detections import NOTHING
from streamo_ros.backbone.vision.track_marks import LATELY
from streamo_ros.backbone.vision.track_marks import MARKS
from streamo_ros.backbone.vision.tracks import follow
from streamo_ros.backbone.vision.tracks import follow_all
from streamo_ros.backbone.vision.tracks import no_tracks

PLACES, COLORS = 6, 11
DOG, CAT = 16, 15
SIGHTS, KNOWN, START, GAP = slice(0, 9), slice(9, 16), 16, slice(17, 20)
GROWTH = 38
RETURNS, AWAY, AGE, SHARE = slice(43, 47), slice(47, 51), 51, slice(52, 58)


def stream(*frames):
    """Frames of detections (kind, score, x, y, size), the surest first."""
    kind = np.full((len(frames), PLACES), NOTHING)
    box = np.zeros((len(frames), PLACES, 5), np.float32)
    color = np.zeros((len(frames), PLACES, COLORS), np.float32)
    for number, seen in enumerate(frames):
        for place, (what, score, x, y, size) in enumerate(seen):
            kind[number, place] = what
            logit, side = math.log(score / (1 - score)), math.log(size)
            box[number, place] = logit, x, y, side, side
            color[number, place, what % COLORS] = 1
    return kind, box, color


def dog(score=0.9, x=0.3, size=0.2):
    return DOG, score, x, 0.5, size


def test_a_thing_is_new_then_known_then_missed_then_forgotten():
    told = follow_all(*stream([], [dog()], [dog()], [dog()], *[[]] * 7))
    assert told.kind[:, 0].tolist() == [NOTHING, *[DOG] * 8, NOTHING, NOTHING]
    assert told.missed[:, 0].tolist() == [0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0]
    assert told.marks[1:4, 0, SIGHTS].argmax(1).tolist() == [1, 2, 3]
    assert told.marks[1:4, 0, KNOWN].argmax(1).tolist() == [0, 1, 2]
    # It is missed where it was last seen, in its own color.
    np.testing.assert_array_equal(told.box[4:9, 0, 1:], told.box[[3] * 5, 0, 1:])
    assert (told.box[4:9, 0, 0] < told.box[3, 0, 0]).all()
    np.testing.assert_array_equal(told.color[4:9, 0], told.color[[3] * 5, 0])
    assert not told.marks[9:, 0].any()


def test_what_was_there_at_first_has_not_arrived():
    told = follow_all(*stream([dog()], [dog()], [dog(), (CAT, 0.8, 0.7, 0.5, 0.2)]))
    assert told.marks[:, 0, KNOWN].argmax(1).tolist() == [6, 6, 6]
    assert told.marks[:, 0, START].tolist() == [1, 1, 1]
    assert told.marks[2, 1, KNOWN].argmax() == 0
    assert told.marks[2, 1, START] == 0


def test_what_flickers_is_not_believed_in_and_not_missed():
    told = follow_all(*stream([], [dog(0.5)], [], [], [dog(0.3)], [dog(0.3)], []))
    assert not told.missed.any()
    assert not told.marks[:, :, KNOWN].argmax(-1).any()


def test_who_comes_back_at_once_is_the_same():
    told = follow_all(*stream([dog()], [dog()], [], [dog(x=0.35)], [dog(x=0.4)]))
    assert told.marks[3, 0, GAP].tolist() == [1, 0, 0]
    assert told.marks[3:, 0, SIGHTS].argmax(1).tolist() == [3, 4]


def test_two_of_a_kind_stay_apart_and_kinds_are_not_mixed():
    near, far = dog(x=0.2), dog(0.8, x=0.8)
    cat = CAT, 0.7, 0.2, 0.5, 0.2
    told = follow_all(*stream([], [near, far], [dog(0.9, x=0.78), dog(0.8, x=0.22), cat], [near]))
    assert told.marks[2, :3, SIGHTS].argmax(1).tolist() == [2, 2, 1]
    assert told.kind[3].tolist() == [DOG, DOG, *[NOTHING] * 4]
    assert told.missed[3].tolist() == [0, 1, 0, 0, 0, 0]
    assert told.box[3, 1, 1] == pytest.approx(0.78)


def test_growth_is_told_until_it_is_enough_and_then_anew():
    sizes = [0.1, 0.1, 0.14, 0.17, 0.17, 0.17]
    told = follow_all(*stream(*([dog(size=size)] for size in sizes)))
    grown = [0, 0, math.log(1.4), math.log(1.7), 0, 0]
    assert told.marks[:, 0, GROWTH].tolist() == pytest.approx(grown, abs=1e-5)


def test_what_the_edge_cuts_does_not_grow():
    told = follow_all(*stream([dog(size=0.1)], [dog(x=0.05, size=0.3)], [dog(x=0.05, size=0.4)]))
    assert not told.marks[:, 0, GROWTH].any()


def test_no_detection_makes_room_for_what_is_missed():
    crowd = [(CAT, 0.9 - at / 20, at / 6, 0.9, 0.1) for at in range(PLACES)]
    told = follow_all(*stream([dog()], [dog()], crowd, crowd[:-1]))
    assert told.kind[2].tolist() == [CAT] * PLACES
    assert not told.missed[2].any()
    assert told.kind[3].tolist() == [CAT] * (PLACES - 1) + [DOG]
    assert told.missed[3].tolist() == [0] * (PLACES - 1) + [2]


def flicker(on, off):
    """Frames of a dog that is seen and not seen by turns."""
    return [
        [dog(0.5)] if seen else [] for count in off for seen in (*[True] * on, *[False] * count)
    ]


def test_what_was_given_up_is_remembered_where_it_was():
    told = follow_all(*stream([], *flicker(2, [9, 30]), [dog()]))
    seen = np.flatnonzero((told.kind[:, 0] == DOG) & (told.missed[:, 0] == 0))
    assert seen.tolist() == [1, 2, 12, 13, 44]
    marks = told.marks[seen, 0]
    assert marks[:, RETURNS].tolist() == [[0] * 4] * 2 + [[1, 0, 0, 0]] * 2 + [[0, 1, 0, 0]]
    assert marks[:, AWAY].tolist() == [[0] * 4] * 2 + [[0, 1, 0, 0]] * 2 + [[0, 0, 1, 0]]
    assert marks[:, AGE].tolist() == pytest.approx([math.log2(k) / 7 for k in (1, 2, 12, 13, 44)])
    shares = (marks[:, SHARE] * np.arange(6)).sum(1) / 5
    assert shares.tolist() == pytest.approx([1, 1, 3 / 12, 4 / 13, 5 / 44])
    # As for the rest, it is seen for the first time.
    assert marks[2, KNOWN].argmax() == 0
    assert marks[2, SIGHTS].argmax() == 1


def test_another_place_or_kind_has_no_past():
    elsewhere = [[dog(x=0.8), (CAT, 0.8, 0.3, 0.5, 0.2)]]
    told = follow_all(*stream([], *flicker(2, [9]), *elsewhere))
    assert not told.marks[-1, :2, RETURNS].any()
    assert told.marks[-1, :2, AGE].tolist() == [0, 0]


def test_what_was_hardly_seen_or_long_ago_is_forgotten():
    faint = follow_all(*stream([dog(0.2)], *[[]] * 9, [dog()]))
    assert not faint.marks[-1, 0, RETURNS].any()
    old = follow_all(*stream([dog()], *[[]] * 260, [dog()]))
    assert not old.marks[-1, 0, RETURNS].any()
    late = follow_all(*stream([dog()], *[[]] * 200, [dog()]))
    assert late.marks[-1, 0, AWAY].tolist() == [0, 0, 0, 1]


def test_of_all_that_was_given_up_the_latest_is_remembered():
    moments = [[(kind, 0.9, 0.5, 0.5, 0.2)] for kind in range(80)]
    told = follow_all(*stream(*moments, *[[]] * 6, moments[0], moments[79]))
    assert not told.marks[-2, 0, RETURNS].any()
    assert told.marks[-1, 0, RETURNS].tolist() == [1, 0, 0, 0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30))
def test_whatever_is_seen_stays_as_it_is(seed, frames):
    rng = np.random.default_rng(seed)
    drawn = [
        [
            (int(rng.integers(3)), score, *rng.uniform(-0.2, 1.2, 2), rng.uniform(0.001, 1.5))
            for score in np.sort(rng.uniform(0.02, 0.98, rng.integers(PLACES + 1)))[::-1]
        ]
        for _ in range(frames)
    ]
    kind, box, color = stream(*drawn)
    told = follow_all(kind, box, color)
    seen = kind != NOTHING
    assert not told.missed[seen].any()
    np.testing.assert_array_equal(told.kind[seen], kind[seen])
    np.testing.assert_array_equal(told.box[seen], box[seen])
    np.testing.assert_array_equal(told.missed > 0, (told.kind != NOTHING) & ~seen)
    assert np.isfinite(told.marks).all()
    assert (np.abs(told.marks) <= 2).all()


def test_what_is_known_is_a_value():
    kind, box, color = stream([dog()], [dog(x=0.4)])
    first, _ = follow(no_tracks(COLORS), kind[0], box[0], color[0])
    once, _ = follow(first, kind[1], box[1], color[1])
    again, _ = follow(first, kind[1], box[1], color[1])
    assert first.frames == 1
    for name in vars(once.things):
        np.testing.assert_array_equal(getattr(once.things, name), getattr(again.things, name))
    assert not len(once.past.kind)


def test_what_is_told_changes_nothing_until_it_is_trained():
    torch.manual_seed(0)
    tokens = DetectionTokens(16, remembered=True)
    tokens.marks.weight.data.zero_()
    kind, box, color, marks = map(torch.from_numpy, follow_all(*stream([dog()], [dog()], [])))
    seen = Detections(kind, box, color)
    assert marks.shape == (3, PLACES, MARKS)
    torch.testing.assert_close(tokens(seen, marks), tokens(seen))
    torch.nn.init.normal_(tokens.marks.weight)
    told = tokens(seen, marks)
    assert not torch.equal(told[2, 0], told[1, 0])
    torch.testing.assert_close(told[:, 1:], tokens.none.expand(3, PLACES - 1, 16))


def test_older_checkpoints_are_told_of_the_latest_frames_alone():
    kind, box, color, marks = map(torch.from_numpy, follow_all(*stream(*flicker(2, [9, 9]))))
    seen, older = Detections(kind, box, color), DetectionTokens(16, tracked=True)
    assert older.marks.in_features == LATELY
    lately = marks.clone()
    lately[..., LATELY:] = 0
    torch.testing.assert_close(older(seen, marks), older(seen, lately))
    newer = DetectionTokens(16, tracked=True, remembered=True)
    assert not torch.equal(newer(seen, marks), newer(seen, lately))
