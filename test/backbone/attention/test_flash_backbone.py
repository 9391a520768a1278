# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A backbone on the kernels gives what a float32 backbone on plain torch gives."""

from __future__ import annotations

import shutil

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


@pytest.fixture
def brief(qwen3, tmp_path):
    """A checkpoint with a short system prompt: interpreted kernels take a while a token.

    Qwen3-VL's has all that a family can have: norms of heads, interleaved axes and deepstack.
    """
    return shortened(qwen3, tmp_path)


@pytest.fixture(scope='session')
def qwen3(tmp_path_factory, make_checkpoint):
    return make_checkpoint(tmp_path_factory.mktemp('qwen3'), 'qwen3_vl')


@pytest.fixture
def brief_qwen(qwen, tmp_path):
    return shortened(qwen, tmp_path)


def shortened(checkpoint, tmp_path):
    folder = shutil.copytree(checkpoint, tmp_path / checkpoint.name)
    (folder / 'streamo.json').write_text('{"system_prompt": "Look."}')
    return folder


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
            patch.setattr(f'{base}.find_kind', lambda device, number=None: flash.FlashAttention)
            patch.setattr(f'{base}.find_capture', lambda device: capture)
            patch.setattr(f'{base}.find_operators', lambda fused: PlainOperators())
            return load_tiny(*args, **{'lanes': 2, 'capacity': 256, **choices})

    return load


def close(found, expected):
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_a_stream_of_two_lanes(brief, load_tiny, on_kernels, dialogue, frames):
    backbones = [load_tiny(brief), on_kernels(brief)]
    lanes = [
        [dialogue(backbone, text) for text in ('watch', 'look out')] for backbone in backbones
    ]
    for at, frame in enumerate(frames[:2]):
        found = []
        for backbone, two in zip(backbones, lanes, strict=True):
            vision = backbone.encode(frame)
            asked = two if at != 1 else two[:1]
            found.append(backbone.extend([lane.turn(frame, vision) for lane in asked]))
            for lane in asked:
                lane.settle(State.SILENCE)
        close(found[1], found[0])
    for backbone, two in zip(backbones, lanes, strict=True):
        keep = [(0, 4), (backbone.length(two[0].slot) - 5, backbone.length(two[0].slot))]
        backbone.evict(two[0].slot, keep)
    spoken = []
    for backbone, two in zip(backbones, lanes, strict=True):
        said, fed = [], [backbone.prompt.replies[State.RESPONSE]] * 2
        for _ in range(2):
            requests = [Request(one.slot, (ids,)) for one, ids in zip(two, fed, strict=True)]
            said.append(backbone.decode(requests, Sampling()))
            fed = [(token,) for token in said[-1]]
        said.append(backbone.decode([Request(two[1].slot, (fed[1],))], Sampling()))
        spoken.append(said)
    assert spoken[0] == spoken[1]
    found = [
        backbone.extend([lane.turn(frames[4]) for lane in two])
        for backbone, two in zip(backbones, lanes, strict=True)
    ]
    close(found[1], found[0])


def test_a_failed_lane_spoils_nothing(brief_qwen, on_kernels, dialogue, frames):
    backbone = on_kernels(brief_qwen)
    healthy, sick = dialogue(backbone, 'watch'), dialogue(backbone, 'watch')
    for lane in (healthy, sick):
        backbone.extend([lane.turn(frames[0])])
        lane.settle(State.SILENCE)
    broken = backbone.encode(frames[1])
    broken = type(broken)(torch.full_like(broken.embeddings, torch.nan), (), broken.grid)
    pending, before = sick.pending, backbone.length(sick.slot)
    seen = backbone.extend([healthy.turn(frames[1]), sick.turn(frames[1], broken)])
    assert np.isfinite(seen[0]).all()
    assert np.isnan(seen[1]).all()
    assert backbone.length(sick.slot) == before
    sick.pending = pending
    sick.images.pop()
    close(backbone.extend([sick.turn(frames[1])])[0], seen[0])


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


def test_passes_are_captured_at_second_sight_and_few(
    brief_qwen, on_kernels, dialogue, frames, capture
):
    backbone = on_kernels(brief_qwen)
    lane = dialogue(backbone, 'watch')
    for frame in frames[:4]:
        backbone.extend([lane.turn(frame)])
        lane.settle(State.SILENCE)
    for token in range(3):
        backbone.decode([Request(lane.slot, ((token,),))], Sampling())
    if not torch.cuda.is_available():
        assert 1 < capture.count <= 4


def test_the_passes_kept_are_bounded(capture):
    cache = GraphCache(capture, most=2)
    for key in (1, 1, 2, 2, 1, 3, 3, 1, 3):
        found = cache(key, lambda x: (x + 1,), torch.tensor([float(key)]))
        assert found[0].item() == key + 1
    assert capture.count == 3
    assert cache.captured == 2
