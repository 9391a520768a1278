# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Round-decayed compression: worked by hand, beside the paper's rule, and on a real model."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings
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
from streamo_ros.core.interface import Sampling
from streamo_ros.core.interface import Sighting
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
    assert lane.tag in said


@dataclass(frozen=True)
class Pooled:
    """Stands for the mean of numbered frames."""

    numbers: tuple[int, ...]
    tokens: int = 12
    grid: tuple[int, int] = (3, 4)
    sightings: tuple[Sighting, ...] = ()
    vector: None = None


class PoolingBackbone(ScriptedBackbone):
    """Keeps the numbers of the frames of which a frame is the mean."""

    def encode(self, image):
        self.passes.encode += 1
        return Pooled((self.passes.encode - 1,))

    def merge(self, visions):
        return Pooled(tuple(number for vision in visions for number in vision.numbers))


def published_groups(
    rounds: list[list[int]], length: int, longest: int, per_frame: int
) -> list[tuple[int, ...]]:
    """The pseudo-code of the paper's appendix, over all frames that were ever seen.

    Args:
        rounds: the numbers of the frames of each round.
        length: tokens of everything.
        longest: the paper's MaxLen.
        per_frame: tokens of a frame.

    Returns:
        The frames that are left, as the numbers of which each is the mean.
    """
    target = (int((length - longest) / per_frame) + 1) * per_frame if length > longest else 0
    groups: list[tuple[int, ...]] = []
    for numbers in rounds:
        pooled = 0
        if target > 0 and len(numbers) >= 2:
            fits = len(numbers) * per_frame <= target + per_frame
            pooled = len(numbers) if fits else target // per_frame + 1
            target -= (pooled - 1) * per_frame
        groups += [tuple(numbers[:pooled])] if pooled else []
        groups += [(number,) for number in numbers[pooled:]]
    return groups


@given(
    st.integers(0, 2**32),
    st.sampled_from([0.0, 0.02, 0.1]),
    st.integers(700, 2000),
)
@settings(max_examples=30, deadline=None)
def test_however_often_a_stream_is_compressed_it_is_as_if_all_its_frames_were_compressed_at_once(
    seed, answers, capacity
):
    rng = random.Random(seed)
    backbone = PoolingBackbone(lambda instruction, second: (State.SILENCE, ''), capacity=capacity)
    lane = Dialogue(backbone, RoundDecayPolicy(), 'watch', ContextLimits(max_new_tokens=8))
    per_frame = backbone.prompt.frame_tokens(12)
    raw: list[list[int]] = [[]]
    for at in range(300):
        tick = Tick(at, Fraction(at), Fraction(at + 1), at, 1)
        vision = backbone.encode(np.zeros((48, 64, 3), np.uint8))
        before, rebuilds = lane.tokens + len(lane.pending), lane.rebuilds
        left = [turn.visions[0].numbers for turn in lane._turns]
        ever = [number for numbers in raw for number in numbers]
        assert [number for group in left for number in group] == ever
        request = lane.request(tick, vision)
        if lane.rebuilds > rebuilds:
            # What was compressed away before belongs to the length of all.
            gone = len(ever) - len(left)
            need = backbone.prompt.longest_turn(12) + 8
            length = before + need + gone * per_frame
            expected = published_groups(raw, length, 3 * capacity // 4, per_frame)
            assert [turn.visions[0].numbers for turn in lane._turns[:-1]] == expected
        elif (kept := len(lane._turns) - 1) < len(left):
            # Averaging no longer sufficed: the older half of the turns has left, text and all.
            lost = {number for group in left[: len(left) - kept] for number in group}
            raw = [[n for n in numbers if n not in lost] for numbers in raw]
        backbone.extend([request])
        raw[-1].append(at)
        answered = rng.random() < answers
        lane.commit(State.RESPONSE if answered else rng.choice([State.SILENCE, State.STANDBY]))
        if answered:
            backbone.decode([lane.decode_request()], Sampling())
            lane.finish()
            raw.append([])
    assert lane.rebuilds > 2


def test_compression_leaves_every_tag_as_it_was():
    """Seconds that an answer named still mean the frames that show them."""
    backbone = ScriptedBackbone(lambda instruction, second: (State.SILENCE, ''), capacity=900)
    lane = Dialogue(backbone, RoundDecayPolicy(), 'watch', ContextLimits(max_new_tokens=8))
    shown: set[str] = set()
    for at in range(5, 65):
        tick = Tick(at, Fraction(at), Fraction(at + 1), at, 1)
        backbone.extend([lane.request(tick, backbone.encode(np.zeros((48, 64, 3), np.uint8)))])
        lane.commit(State.SILENCE)
        assert lane.time_origin == 5
        shown.add(f'<{at - 5}s-{at - 4}s>')
        said = backbone.tokenizer.transcript(backbone.rows[lane.slot])
        tags = re.findall(r'<[0-9]+s-[0-9]+s>', said)
        assert set(tags) <= shown
        assert len(tags) == lane.frames
    assert lane.rebuilds
    assert '<0s-1s>' not in tags


def test_tags_start_over_when_they_grow_too_long():
    backbone = ScriptedBackbone(lambda instruction, second: (State.SILENCE, ''), capacity=900)
    limits = ContextLimits(max_new_tokens=8, max_time=50)
    lane = Dialogue(backbone, RoundDecayPolicy(), 'watch', limits)
    origins = set()
    for at in range(1, 121):
        tick = Tick(at, Fraction(at), Fraction(at + 1), at, 1)
        backbone.extend([lane.request(tick, backbone.encode(np.zeros((48, 64, 3), np.uint8)))])
        lane.commit(State.SILENCE)
        assert lane.interval(tick)[0] < 50
        origins.add(lane.time_origin)
    assert len(origins) > 1


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_a_mean_of_means_is_the_mean_of_all_frames(checkpoint, load_tiny, dtype):
    backbone = load_tiny(checkpoint, dtype=dtype)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 56, 84, 3), dtype=np.uint8)
    visions = [backbone.encode(image) for image in images]
    pooled = visions[0]
    for vision in visions[1:]:
        pooled = backbone.merge([pooled, vision])
    for tensor, *frames in zip(
        (pooled.embeddings, *pooled.deepstack),
        *((vision.embeddings, *vision.deepstack) for vision in visions),
        strict=True,
    ):
        mean = torch.stack([frame.float() for frame in frames]).mean(0)
        torch.testing.assert_close(tensor, mean, atol=1e-6, rtol=1e-5)
    assert pooled.frames == 30
    lane = Dialogue(backbone, RoundDecayPolicy(), 'watch', ContextLimits(max_new_tokens=8))
    tick = Tick(1, Fraction(0), Fraction(1), 0, 1)
    assert np.isfinite(backbone.extend([lane.request(tick, pooled)])).all()


def test_merged_frames_are_their_mean(checkpoint, load_tiny, frames):
    backbone = load_tiny(checkpoint)
    visions = [backbone.encode(frame) for frame in frames[:3]]
    merged = backbone.merge(visions)
    torch.testing.assert_close(merged.embeddings, sum(vision.embeddings for vision in visions) / 3)
    assert len(merged.deepstack) == len(visions[0].deepstack)
    assert merged.grid == visions[0].grid
    with pytest.raises(BackboneError, match='same size'):
        backbone.merge([visions[0], type(merged)(merged.embeddings, (), (1, 1))])
