# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The kernels give what plain float32 torch gives: natively on a GPU, interpreted without one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from streamo_ros.backbone.rotary import interleaved
from streamo_ros.backbone.rotary import sections

pytest.importorskip('triton', reason='Triton is missing')

# Test folders are no packages, so the neighbor is read from its file.
spec = importlib.util.spec_from_file_location('pair', Path(__file__).with_name('pair.py'))
pair_module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pair_module)
DEVICE, error, Pair, shape = (
    getattr(pair_module, name) for name in ('DEVICE', 'error', 'Pair', 'shape')
)


@pytest.mark.parametrize(
    ('heads', 'groups', 'dim', 'splits'),
    [
        (1, 1, 16, 1), (2, 2, 64, 4), (1, 3, 80, 8), (2, 7, 128, 1), (1, 8, 64, 2), (1, 4, 128, 8),
        (1, 5, 16, 4), (1, 6, 80, 1),
    ],
)  # fmt: skip
def test_lanes_of_different_lengths_append_and_decode(heads, groups, dim, splits):
    pair = Pair(shape(heads, groups, dim, capacity=160), splits=splits).fill(130, 3, 0)
    pair.check([5, 9, 1], padding=4)
    pair.check([1, 0, 1])
    pair.check([1, 1, 1], padding=2)
    pair.check([3, 2, 0], final=True)
    pair.check([1, 0, 1], final=True)


def test_every_length_up_to_the_capacity():
    pair = Pair(shape(1, 2, 16, lanes=1, capacity=76), splits=2).fill(62)
    for count in (1, 1, 1, 1, 2, 6, 1, 1):
        pair.check([count])
    assert pair.lengths == [76]


@pytest.mark.parametrize('mixed', [sections, interleaved])
def test_three_axes_turn_their_own_frequencies(mixed):
    pair = Pair(shape(1, 2, 64, lanes=2), mixed=mixed).fill(50, 30)
    pair.check([2, 0])
    pair.check([1, 1])


def test_query_and_key_norms():
    pair = Pair(shape(2, 2, 64, lanes=2), norms=True)
    pair.check([6, 3])
    pair.check([1, 1])


def test_lanes_are_few_or_many():
    for lanes in (1, 9):
        pair = Pair(shape(1, 2, 16, lanes=lanes, capacity=70))
        pair.check([lane % 3 * 2 for lane in range(1, lanes + 1)])
        pair.check([1] * lanes)


def test_evicted_slots_go_on_as_the_reference():
    pair = Pair(shape(1, 3, 64, lanes=2, capacity=110, layers=2)).fill(70, 6)
    rows = np.concatenate((np.arange(30, 50), np.arange(55, 70)))
    at = 10 + np.arange(len(rows))
    positions = np.stack((at, at // 2, at // 3))
    for one in (pair.kernels, pair.plain):
        one.move(0, rows, 10, positions)
    pair.lengths[0] = pair.next[0] = 45
    pair.check([4, 1])
    pair.check([1, 1])


def test_random_steps_and_evictions():
    random = np.random.default_rng(5)
    pair = Pair(shape(1, 2, 16, lanes=2, capacity=100), splits=3).fill(70, 0)
    for _ in range(8):
        for lane in range(2):
            if pair.lengths[lane] > 60:
                keep = np.sort(random.permutation(pair.lengths[lane])[:30])
                positions = np.stack([np.arange(30)] * 3)
                for one in (pair.kernels, pair.plain):
                    one.move(lane, keep, 0, positions)
                pair.lengths[lane] = pair.next[lane] = 30
        counts = random.choice([0, 1, 5, 12], 2).tolist()
        if max(counts):
            pair.check(counts, padding=int(random.integers(3)))


def test_not_a_number_behind_the_length_spoils_nothing():
    pair = Pair(shape(1, 2, 16)).fill(30, 5, 0)
    for layer in pair.kernels.layers:
        layer[:, 0, :, 30:] = torch.nan
        layer[:, 2] = torch.nan
    pair.check([1, 1, 0])
    pair.check([5, 1, 2])


@pytest.mark.parametrize('bias', [-300.0, -100.0, 0.0, 100.0, 300.0])
@pytest.mark.parametrize('counts', [[1, 1], [3, 0]])
def test_large_key_biases_do_not_round_scores_away(bias, counts):
    """Qwen2's keys have biases of a hundred and more: scores in bfloat16 were 29 % off.

    All tokens stand at one position, where rotation adds no rounding of its own. Rounding the
    output alone is 0.17 % off; with probabilities in bfloat16, as in most fused kernels, it would
    be 0.21 %.
    """
    pair = Pair(shape(2, 7, 128, lanes=2, capacity=150), torch.bfloat16, seed=4)
    pair.positions = lambda lane, count: np.zeros((3, count), np.int64)
    pair.key_bias = bias
    pair.fill(120, 50)
    for seen, plain in pair.run(counts):
        assert error(seen, plain) <= 2e-3


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_rotation_in_half_precision_is_rounded_once(dtype):
    pair = Pair(shape(2, 2, 128, lanes=2), dtype).fill(40, 10)
    limit = 0.015 if dtype == torch.bfloat16 else 0.002
    pair.check([3, 0], tolerance=limit)
    pair.check([1, 1], tolerance=limit)


@pytest.mark.gpu
@pytest.mark.skipif(DEVICE.type == 'cpu', reason='needs an NVIDIA GPU')
@pytest.mark.parametrize(
    ('heads', 'groups', 'mixed'), [(4, 7, sections), (2, 8, sections), (8, 4, interleaved)]
)
def test_real_shapes_in_bfloat16(heads, groups, mixed):
    """Of Qwen2.5-VL-7B and 3B and Qwen3-VL-8B, 20,000 tokens: rounding alone differs."""
    pair = Pair(shape(heads, groups, 128, lanes=4, capacity=21000), torch.bfloat16, mixed)
    pair.fill(20000, 8000, 1000, 0)
    pair.check([290, 290, 150, 290], padding=20, tolerance=0.01)
    pair.check([1, 1, 1, 1], tolerance=0.01)
    pair.check([290, 0, 0, 0], padding=30, tolerance=0.01)
    pair.check([0, 290, 1, 0], final=True, tolerance=0.01)
    pair.check([1, 0, 0, 0], tolerance=0.01)


@pytest.mark.gpu
@pytest.mark.skipif(DEVICE.type == 'cpu', reason='needs an NVIDIA GPU')
@pytest.mark.parametrize('bias', [-300.0, -100.0, 0.0, 100.0, 300.0])
@pytest.mark.parametrize('counts', [[1, 1], [290, 0]])
def test_large_key_biases_at_real_shapes(bias, counts):
    pair = Pair(shape(4, 7, 128, lanes=2, capacity=9000), torch.bfloat16, seed=4)
    pair.positions = lambda lane, count: np.zeros((3, count), np.int64)
    pair.key_bias = bias
    pair.fill(8000, 300)
    for seen, plain in pair.run(counts):
        assert error(seen, plain) <= 2e-3
