# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A backbone on the kernels gives what a float32 backbone on plain torch gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamo_ros.backbone.graph_cache import GraphCache
from streamo_ros.backbone.operators import PlainOperators
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.protocol import State

flash = pytest.importorskip('streamo_ros.backbone.attention.flash', reason='Triton is missing')

TOLERANCE = 2e-4


class Repeated:
    """Captures as CUDA graphs do: runs the first call's function again, on the same buffers."""

    def __init__(self):
        self.count = 0

    def __call__(self, function, inputs):
        self.count += 1
        outputs = tuple(output.clone() for output in function(*inputs))
        fresh = [outputs]  # of what was captured; the first replay has the same inputs

        def replay():
            again = fresh.pop() if fresh else function(*inputs)
            for output, found in zip(outputs, again, strict=True):
                output.copy_(found)

        return replay, outputs


@pytest.fixture(scope='session')
def qwen3(tmp_path_factory, make_checkpoint):
    """It has all that a family can have: norms of heads, interleaved axes and deepstack."""
    return make_checkpoint(tmp_path_factory.mktemp('qwen3'), 'qwen3_vl')


@pytest.fixture
def small_frames():
    """Frames of two tokens: the interpreter takes about a hundredth of a second for each row."""
    return np.random.default_rng(7).integers(0, 256, (4, 28, 56, 3), dtype=np.uint8)


def turn(slot, vision):
    """The shortest thing that has all kinds of rows: words, a frame, words."""
    return Request(slot, ((5, 9), vision, (7, 3)))


@pytest.fixture
def capture():
    return Repeated()


@pytest.fixture
def on_kernels(load_tiny, monkeypatch, capture):
    """Loads a tiny checkpoint on the kernels, passes captured."""
    if torch.cuda.is_available():
        return lambda *args, **choices: load_tiny(*args, **{'device': 'cuda', **choices})

    def load(*args, **choices):
        base = 'streamo_ros.backbone.build'
        with monkeypatch.context() as patch:
            patch.setattr(f'{base}.find_kind', lambda *_, **__: flash.FlashAttention)
            patch.setattr(f'{base}.find_capture', lambda device: capture)
            patch.setattr(f'{base}.find_operators', lambda fused: PlainOperators())
            return load_tiny(*args, **{'lanes': 2, 'capacity': 400, **choices})

    return load


def close(found, expected):
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_a_stream_of_two_lanes(qwen3, load_tiny, on_kernels, small_frames, capture):
    """Passes are captured at second sight, and few."""
    backbones = [load_tiny(qwen3), on_kernels(qwen3)]
    two = [[backbone.open(), backbone.open()] for backbone in backbones].pop()

    def both(method, *args):
        return [getattr(backbone, method)(*args) for backbone in backbones]

    def extend(frame, slots):
        seen = [
            backbone.extend([turn(slot, vision) for slot in slots])
            for backbone, vision in zip(backbones, both('encode', frame), strict=True)
        ]
        close(seen[1], seen[0])

    extend(small_frames[0], two)
    extend(small_frames[1], two[:1])  # other lanes and lengths, the same captured pass
    length = backbones[0].length(two[0])
    both('evict', two[0], [(0, 2), (length - 5, length)])
    fed = (11, 12)
    for slots in (two, two, two[1:]):
        requests = [Request(slot, ((token,),)) for slot, token in zip(slots, fed, strict=False)]
        plain, ours = both('decode', requests, Sampling())
        assert ours == plain
        fed = plain
    extend(small_frames[2], two)
    if not torch.cuda.is_available():
        assert capture.count == 3, 'the tower, a turn, and a token of both lanes'


def test_a_failed_lane_spoils_nothing(qwen, on_kernels, small_frames):
    backbone = on_kernels(qwen)
    healthy, sick = backbone.open(), backbone.open()
    vision = backbone.encode(small_frames[0])
    backbone.extend([turn(healthy, vision), turn(sick, vision)])
    broken = type(vision)(torch.full_like(vision.embeddings, torch.nan), (), vision.grid)
    before = backbone.length(sick)
    seen = backbone.extend([turn(healthy, vision), turn(sick, broken)])
    assert np.isfinite(seen[0]).all()
    assert np.isnan(seen[1]).all()
    assert backbone.length(sick) == before
    close(backbone.extend([turn(sick, vision)])[0], seen[0])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs an NVIDIA GPU')
@pytest.mark.parametrize('name', ['eager', 'captured'])
def test_many_random_steps_equal_the_cpu(
    checkpoint, load_tiny, dialogue, frames, name, monkeypatch
):
    """Frames, answers and evictions of three lanes at random, on a GPU and on a CPU."""
    if name == 'eager':
        monkeypatch.setattr('streamo_ros.backbone.build.find_capture', lambda device: None)
    backbones = [load_tiny(checkpoint), load_tiny(checkpoint, device='cuda')]
    lanes = [
        [dialogue(backbone, text) for text in ('a', 'look', 'say when')] for backbone in backbones
    ]
    random, worst = np.random.default_rng(11), 0.0
    fed = {}
    for at in range(120):
        chosen = np.flatnonzero(random.random(3) < 0.6).tolist()
        length = backbones[0].length(0)
        for lane in chosen:
            slot = lanes[0][lane].slot
            length = backbones[0].length(slot)
            if length > 700:
                inside = backbones[0]._window._held(slot).inside
                cuts = np.flatnonzero(~inside)
                first, then = cuts[len(cuts) // 4], cuts[len(cuts) // 2]
                for one in backbones:
                    one.evict(slot, [(0, int(first)), (int(then), length)])
        if not chosen:
            continue
        frame, found = frames[at % len(frames)], []
        if random.random() < 0.6:
            for one, three in zip(backbones, lanes, strict=True):
                vision = one.encode(frame)
                found.append(one.extend([three[lane].turn(frame, vision) for lane in chosen]))
                for lane in chosen:
                    three[lane].settle(State.SILENCE)
            worst = max(worst, float(np.abs(found[0] - found[1]).max()))
        else:
            for one in backbones:
                requests = [
                    Request(lanes[0][lane].slot, ((fed.get(lane, 5),),)) for lane in chosen
                ]
                found.append(one.decode(requests, Sampling()))
            assert found[0] == found[1]
            fed |= dict(zip(chosen, found[0], strict=True))
    assert worst < 2e-3


def test_the_passes_kept_are_bounded(capture):
    cache = GraphCache(capture, most=2)
    for key in (1, 1, 2, 2, 1, 3, 3, 1, 3):
        found = cache(key, lambda x: (x + 1,), torch.tensor([float(key)]))
        assert found[0].item() == key + 1
    assert capture.count == 3
    assert cache.captured == 2
