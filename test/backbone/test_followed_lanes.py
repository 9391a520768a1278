# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a lane's frames have shown goes on, and back, with the lane."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.backbone.followed_lanes import FollowedLanes
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.core.interface import Request

TOKENS = 3


class Marker:
    """Gives each frame the numbers of those before it, and counts how often it is asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self, known, vision):
        self.asked += 1
        known = (*(known or ()), vision.seen)
        return known, EncodedVision(np.zeros((TOKENS, 1)), known, (1, TOKENS), seen=vision.seen)


def frame(number):
    return EncodedVision(np.zeros((TOKENS, 1)), (), (1, TOKENS), seen=number)


@pytest.fixture
def marker():
    return Marker()


@pytest.fixture
def read(marker):
    """Appends frames to slots, each after a word, and gives what they were seen as."""
    lanes, lengths = FollowedLanes(3), [0, 0, 0]

    def append(*pairs, kept=True):
        requests = [Request(slot, ((7,), piece)) for slot, piece in pairs]
        held = [lengths[slot] for slot, _ in pairs]
        result = lanes.follow(requests, held, marker)
        for request in result:
            if kept:
                lanes.commit(request.slot)
                lengths[request.slot] += request.tokens
        return [request.pieces[1].deepstack for request in result]

    append.lanes, append.lengths = lanes, lengths
    return append


def test_each_frame_is_seen_after_those_before_it(read):
    assert read((0, frame(1))) == [(1,)]
    assert read((0, frame(2))) == [(1, 2)]
    assert read((1, frame(2))) == [(2,)]


def test_several_frames_of_one_request_follow_each_other(read, marker):
    (request,) = read.lanes.follow([Request(0, (frame(1), (5,), frame(2)))], [0], marker)
    assert [piece.deepstack for piece in request.pieces if piece != (5,)] == [(1,), (1, 2)]


def test_a_pass_that_failed_was_not_seen(read):
    read((0, frame(1)))
    assert read((0, frame(2)), kept=False) == [(1, 2)]
    assert read((0, frame(3))) == [(1, 3)]


def test_going_back_forgets_what_came_after(read):
    for number in (1, 2, 3):
        read((0, frame(number)))
    read.lanes.truncate(0, 2 * (TOKENS + 1))
    assert read((0, frame(4))) == [(1, 2, 4)]


def test_an_empty_slot_knows_nothing(read):
    read((0, frame(1)))
    read.lanes.truncate(0, 0)
    read.lengths[0] = 0
    assert read((0, frame(2))) == [(2,)]


def test_frames_that_are_read_once_more_are_seen_as_before(read):
    for number in (1, 2, 3):
        read((0, frame(number)))
    kept = frame(3)
    read.lanes.truncate(0, 0)
    read.lengths[0] = 0
    assert read((0, kept)) == [(1, 2, 3)]
    assert read((0, frame(4))) == [(1, 2, 3, 4)]
    read.lanes.truncate(0, 0)
    read.lengths[0] = 0
    assert read((0, kept)) == [(1, 2, 3)]


def test_a_slot_that_was_given_back_has_seen_nothing(read):
    for number in (1, 2):
        read((0, frame(number)))
    read.lanes.close(0)
    read.lengths[0] = 0
    assert read((0, frame(2))) == [(2,)]


def test_only_the_latest_frames_are_remembered(read):
    for number in range(1, 101):
        read((0, frame(number)))
    read.lanes.truncate(0, 0)
    read.lengths[0] = 0
    assert read((0, frame(2))) == [(2,)]


def test_evicted_frames_still_count_and_going_back_still_works(read):
    for number in (1, 2, 3):
        read((0, frame(number)))
    turn = TOKENS + 1
    read.lanes.evict(0, [(0, 1), (turn, 3 * turn)])
    read.lengths[0] = 1 + 2 * turn
    read.lanes.truncate(0, 1 + turn)
    read.lengths[0] = 1 + turn
    assert read((0, frame(4))) == [(1, 2, 4)]


def test_lanes_that_saw_the_same_share_the_work(read, marker):
    first, second = frame(1), frame(2)
    read((0, first), (1, first))
    assert read((0, second), (1, second), (2, second)) == [(1, 2), (1, 2), (2,)]
    assert marker.asked == 3


def test_what_is_the_same_after_any_frame_is_left_alone(read, marker):
    plain = EncodedVision(np.zeros((TOKENS, 1)), (), (1, TOKENS))
    request = Request(0, ((7,), plain))
    assert read.lanes.follow([request], [0], marker) == [request]
    assert not marker.asked
