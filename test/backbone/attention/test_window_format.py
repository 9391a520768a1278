# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Windows in other number formats: how far from float32, and what a device refuses."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from streamo_ros.backbone import attention
from streamo_ros.backbone.attention.quantized import QuantizedAttention
from streamo_ros.backbone.attention.reference import ReferenceAttention
from streamo_ros.backbone.attention.storage import dequantize
from streamo_ros.backbone.attention.storage import FORMATS
from streamo_ros.backbone.attention.storage import quantize
from streamo_ros.backbone.attention.storage import WindowFormat
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.options import WINDOW_DTYPES
from streamo_ros.backbone.plan import find_number
from streamo_ros.config.parameters import TABLE
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.protocol import State

pytest.importorskip('triton', reason='Triton is missing')

# Test folders are no packages, so the neighbor is read from its file.
spec = importlib.util.spec_from_file_location('pair', Path(__file__).with_name('pair.py'))
pair_module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pair_module)
DEVICE, error, Pair, shape = (
    getattr(pair_module, name) for name in ('DEVICE', 'error', 'Pair', 'shape')
)

BOUNDS = {'bfloat16': 0.004, 'float16': 0.0005, 'int8': 0.01, 'float8': 0.04}
"""What docs/gpu.md says: the attention's relative error against a float32 window."""
KINDS = {'int8': QuantizedAttention, 'float8': QuantizedAttention}
LOGITS = {'bfloat16': 0.06, 'float16': 0.01, 'int8': 0.2, 'float8': 0.5}
"""The same of the state logits of a random checkpoint, whose spread is about two."""


@pytest.mark.parametrize(
    ('number', 'bias'),
    [*((number, 0.0) for number in BOUNDS), *((number, 300.0) for number in KINDS)],
)
def test_a_window_in_another_format_is_as_near_as_the_manual_says(number, bias):
    """Large key biases are taken off before keys are quantized: they cost no accuracy."""
    sizes = shape(2, 2, 64, lanes=2, capacity=150)
    kept = WindowFormat(FORMATS[number], [torch.full((2, 64), bias)])
    kind = KINDS.get(number, ReferenceAttention)
    pair = Pair(sizes)
    own = kind(sizes, pair.turn, DEVICE, torch.float32, kept)
    pair.key_bias = bias
    for counts in ([90, 20], [1, 1], [6, 0], [1, 0]):
        _, step = pair.step(counts)
        qkv, seen = pair.rows(step.rows).to(DEVICE), []
        for one in (own, pair.plain):
            one.begin(step)
            seen.append(one.attend(0, qkv, None, step, final=False))
        assert error(*seen) <= BOUNDS[number]


@pytest.mark.parametrize(('number', 'norms'), [('int8', False), ('int8', True), ('float8', False)])
def test_kernels_over_a_quantized_window_equal_the_reference(number, norms):
    """Appending, decoding, the last layer and an eviction, in lanes of different lengths."""
    tolerance = 1e-4
    offset = None if norms else torch.full((1, 80), 50.0)
    kept = WindowFormat(FORMATS[number], [offset])
    sizes = shape(1, 3, 80, lanes=2, capacity=40)
    pair = Pair(sizes, norms=norms, kept=kept, plain=QuantizedAttention)
    pair.key_bias = 0.0 if norms else 50.0
    pair.check([31, 3], padding=2, tolerance=tolerance)
    pair.check([1, 1], tolerance=tolerance)
    rows = np.concatenate((np.arange(12, 20), np.arange(24, 32)))
    at = 4 + np.arange(len(rows))
    for one in (pair.kernels, pair.plain):
        one.move(0, rows, 4, np.stack((at, at // 2, at // 3)))
    pair.lengths[0] = pair.next[0] = 4 + len(rows)
    pair.check([5, 0], final=True, tolerance=tolerance)
    pair.check([1, 0], tolerance=tolerance)


@pytest.mark.parametrize('number', ['bfloat16', 'float16'])
def test_kernels_over_a_window_in_another_float_format(number):
    pair = Pair(shape(1, 2, 64, lanes=2, capacity=60), kept=WindowFormat(FORMATS[number]))
    pair.check([40, 3], tolerance=BOUNDS[number])
    pair.check([1, 1], tolerance=BOUNDS[number])


@pytest.mark.parametrize('number', ['int8', 'float8'])
def test_rows_come_back_within_half_a_step(number):
    rows = torch.randn(5, 64, generator=torch.Generator().manual_seed(2)) * torch.tensor(
        [[1e-3], [1.0], [50.0], [0.0], [1e4]]
    )
    found = dequantize(*quantize(rows, FORMATS[number]))
    step = rows.abs().amax(-1, keepdim=True) / (127 if number == 'int8' else 14)
    assert (found - rows).abs().le(step / 2 * 1.001).all()


@pytest.mark.parametrize('number', list(BOUNDS))
def test_a_stream_with_evictions_decides_as_with_a_float32_window(
    qwen, load_tiny, dialogue, frames, number
):
    backbones = [load_tiny(qwen), load_tiny(qwen, window=number)]
    lanes = [dialogue(backbone, 'watch') for backbone in backbones]
    sink = len(lanes[0].pending)
    for step in range(7):
        found = []
        for backbone, lane in zip(backbones, lanes, strict=True):
            if step == 4:
                turn = (backbone.length(lane.slot) - sink) // 4
                backbone.evict(
                    lane.slot, [(0, sink), (sink + turn * 2, backbone.length(lane.slot))]
                )
            found.append(backbone.extend([lane.turn(frames[step])])[0])
            lane.settle(State.SILENCE)
        assert np.abs(found[0] - found[1]).max() <= LOGITS[number]
    memory = [backbone.memory()['window'] for backbone in backbones]
    assert memory[1] < memory[0]


@pytest.mark.parametrize('number', ['int8', 'float8'])
def test_a_failed_lane_of_a_quantized_window_spoils_nothing(
    qwen, load_tiny, dialogue, frames, number
):
    backbone = load_tiny(qwen, window=number)
    healthy, sick = dialogue(backbone, 'watch'), dialogue(backbone, 'watch')
    for lane in (healthy, sick):
        backbone.extend([lane.turn(frames[0])])
        lane.settle(State.SILENCE)
    vision = backbone.encode(frames[1])
    broken = replace(vision, embeddings=torch.full_like(vision.embeddings, torch.nan))
    pending = sick.pending
    seen = backbone.extend([healthy.turn(frames[1], vision), sick.turn(frames[1], broken)])
    assert np.isfinite(seen[0]).all()
    assert np.isnan(seen[1]).all()
    sick.pending = pending
    sick.images.pop()
    again = backbone.extend([sick.turn(frames[1], vision)])[0]
    np.testing.assert_allclose(again, seen[0], atol=1e-4)


def test_what_can_be_chosen_is_what_there_is():
    (row,) = (parameter for parameter in TABLE if parameter.name == 'context.dtype')
    assert row.choices == WINDOW_DTYPES == ('auto', *FORMATS)
    assert find_number(Options(), torch.bfloat16) == torch.bfloat16
    with pytest.raises(BackboneError, match=r"context\.dtype 'int4' is not known: use"):
        find_number(Options(window='int4'), torch.bfloat16)


def test_a_gpu_without_eight_bit_floats_refuses_them(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'get_device_capability', lambda device: (8, 7))
    with pytest.raises(BackboneError, match=r'8\.9 or later, and this one has 8\.7'):
        attention.find_kind(torch.device('cuda'), torch.float8_e4m3fn)
    assert attention.find_kind(torch.device('cuda'), torch.int8).name == 'triton'


def test_a_gpu_without_triton_refuses_a_quantized_window(monkeypatch):
    monkeypatch.setattr(attention, '_triton_missing', lambda: 'No module named triton')
    with pytest.raises(BackboneError, match='a window in int8 needs Triton on a GPU'):
        attention.find_kind(torch.device('cuda'), torch.int8)
    assert attention.find_kind(torch.device('cuda'), torch.float16).name == 'sdpa'


def test_a_window_in_eight_bits_takes_a_fraction_of_the_memory(qwen, load_tiny):
    """Two tensors instead of three, a byte instead of four, and scales."""
    whole, eight = load_tiny(qwen), load_tiny(qwen, window='int8')
    dim = 16
    assert eight.memory()['window'] / whole.memory()['window'] == pytest.approx(
        2 * (dim + 4) / (3 * 4 * dim)
    )
    assert eight.open() == 0
    eight.prefill(Request(0, ((1, 2, 3),)))
    assert eight.length(0) == 3
