# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of StreamBridge's round-decayed compression, worked by hand, and its fates."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import TurnSize
from streamo_ros.core.eviction import WindowLimits
from streamo_ros.core.eviction.full import FullPolicy
from streamo_ros.core.eviction.round_decay import pooled_frames
from streamo_ros.core.eviction.round_decay import RoundDecayPolicy
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import State


@pytest.mark.parametrize(
    ('rounds', 'length', 'longest', 'expected'),
    [
        # 100 tokens over, 10 a frame: int(100 / 10) + 1 = 11 frames must go.
        ([20, 20], 500, 400, (12, 0)),
        # The first round's 12 frames fit into 110 + 10 tokens exactly: all become one.
        ([12, 20], 500, 400, (12, 0)),
        # 13 frames are 130 > 120: only the first 12 become one.
        ([13, 20], 500, 400, (12, 0)),
        # 5 frames become one (4 gone), 7 are left: of the next round 8 become one.
        ([5, 20], 500, 400, (5, 8)),
        # A round of one frame cannot give anything and is passed over.
        ([1, 5, 1, 20], 500, 400, (0, 5, 0, 8)),
        # One token too many: int(1 / 10) + 1 = 1 frame, so two become one.
        ([3, 3], 401, 400, (2, 0)),
        # Nine tokens too many are still one frame, ten are two.
        ([3, 3], 409, 400, (2, 0)),
        ([3, 3], 410, 400, (3, 0)),
        # Exactly as long as it may be.
        ([3, 3], 400, 400, (0, 0)),
        # Not enough frames: everything is pooled, and it stays too long.
        ([2, 3], 900, 400, (2, 3)),
        ([], 900, 400, ()),
    ],
)
def test_worked_by_hand(rounds, length, longest, expected):
    assert pooled_frames(rounds, length, longest, 10) == expected


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(0, 3000), st.integers(1, 60))
def test_it_fits_afterwards_whenever_there_are_frames_enough(rounds, text, per_frame):
    length = text + sum(rounds) * per_frame
    longest = max(1, length // 2)
    pooled = pooled_frames(rounds, length, longest, per_frame)
    gone = sum(count - 1 for count in pooled if count)
    enough = sum(max(0, frames - 1) for frames in rounds)
    assert all(
        count == 0 or 2 <= count <= frames for count, frames in zip(pooled, rounds, strict=True)
    )
    assert gone == min(enough, 0 if length <= longest else (length - longest) // per_frame + 1)


def turn(answered=False, vision=10, text=5):
    return TurnSize(vision + text, vision, answered)


def test_old_rounds_lose_their_frames_first_and_answers_stay():
    turns = [turn(), turn(), turn(answered=True), turn(), turn(), turn(answered=True), turn()]
    limits = WindowLimits(capacity=134, sink=10, max_frames=99, max_answers=99)
    # 10 + 20 + 7 x 15 = 135 is one too many. MaxLen is 100: int(35 / 10) + 1 = 4 frames must go,
    # two of the first round's three and two of the second's.
    assert RoundDecayPolicy().plan(turns, 20, limits) == (
        Action.MERGE,
        Action.MERGE,
        Action.KEEP,
        Action.MERGE,
        Action.MERGE,
        Action.KEEP,
        Action.KEEP,
    )


def test_where_averaging_does_not_suffice_old_turns_leave():
    turns = [turn(answered=True, text=30) for _ in range(5)]
    limits = WindowLimits(capacity=200, sink=10, max_frames=99, max_answers=99)
    assert RoundDecayPolicy().plan(turns, 20, limits) == (
        Action.DROP,
        Action.DROP,
        Action.DROP,
        Action.KEEP,
        Action.KEEP,
    )


def test_nothing_leaves_while_there_is_room():
    limits = WindowLimits(capacity=1000, sink=10, max_frames=1, max_answers=1)
    assert RoundDecayPolicy().plan([turn()] * 9, 20, limits) is None
    assert FullPolicy().plan([turn()] * 9, 20, limits) is None


def test_full_refuses_what_does_not_fit():
    limits = WindowLimits(capacity=100, sink=10, max_frames=99, max_answers=99)
    with pytest.raises(BackboneError, match='full keeps everything'):
        FullPolicy().plan([turn()] * 9, 20, limits)


def test_a_lane_says_what_is_left_again_and_goes_on():
    """Whenever a turn would not fit, old frames are averaged, at the cost of one prefill."""
    backbone = ScriptedBackbone(lambda instruction, second: (State.SILENCE, ''), capacity=900)
    lane = Dialogue(backbone, RoundDecayPolicy(), 'watch', ContextLimits(max_new_tokens=8))
    for at in range(60):
        tick = Tick(at, Fraction(at), Fraction(at + 1), at, 1)
        backbone.extend([lane.request(tick, backbone.encode(np.zeros((48, 64, 3), np.uint8)))])
        lane.commit(State.SILENCE)
        assert lane.tokens <= 900
    assert 2 <= lane.rebuilds == backbone.passes.prefill <= 12
    assert backbone.passes.extend == 60
    said = backbone.tokenizer.transcript(backbone.rows[lane.slot])
    assert said.startswith(backbone.tokenizer.transcript(backbone.prompt.sink('watch')))
    assert said.count('<|vision_start|>') == lane.frames
    assert lane.tag(tick) in said


def test_merged_frames_are_their_mean(checkpoint, load_tiny, frames):
    backbone = load_tiny(checkpoint)
    visions = [backbone.encode(frame) for frame in frames[:3]]
    merged = backbone.merge(visions)
    torch.testing.assert_close(merged.embeddings, sum(vision.embeddings for vision in visions) / 3)
    assert len(merged.deepstack) == len(visions[0].deepstack)
    assert merged.grid == visions[0].grid
    with pytest.raises(BackboneError, match='same size'):
        backbone.merge([visions[0], type(merged)(merged.embeddings, (), (1, 1))])
