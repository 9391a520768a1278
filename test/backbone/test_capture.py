# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A pass can be captured: nothing that changes from frame to frame is outside its tensors.

A CUDA graph replays the kernels of one run with other numbers in the same buffers. Without a GPU
the same is shown by tracing one run and replaying the trace on another step of the same spans.
"""

from __future__ import annotations

import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from streamo_ros.backbone.batch import assemble
from streamo_ros.backbone.batch import Buckets
from streamo_ros.backbone.decoder import Step
from streamo_ros.backbone.graph_cache import GraphCache
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.protocol import State

PADDED = Buckets(tokens=64, attend=512)


def batch(backbone, requests):
    return assemble(requests, backbone._window, backbone.marks, backbone._decoder.embed, PADDED)


@pytest.fixture
def padded(checkpoint, load_tiny, monkeypatch):
    monkeypatch.setattr('streamo_ros.backbone.build.find_buckets', lambda device: PADDED)
    return load_tiny(checkpoint)


def test_a_trace_of_one_frame_serves_the_next(padded, dialogue, frames):
    lanes = [dialogue(padded, text) for text in ('watch', 'tell me when it boils')]
    for lane in lanes:
        padded.extend([lane.turn(frames[0])])
        lane.settle(State.SILENCE)
    requests = [lane.turn(frames[1]) for lane in lanes]
    first = batch(padded, requests)
    with torch.no_grad():
        graph = make_fx(lambda *parts: padded._decoder.forward(first.spans, Step(*parts)))(
            *first.step.parts()
        )
        padded.extend(requests)
        for lane in lanes:
            lane.settle(State.STANDBY)
        requests = [lane.turn(frames[2]) for lane in lanes]
        second = batch(padded, requests)
        assert second.spans == first.spans
        assert not torch.equal(second.step.starts, first.step.starts)
        replayed = graph(*second.step.parts())
        computed = padded._decoder.forward(second.spans, second.step)
    torch.testing.assert_close(replayed, computed, atol=1e-5, rtol=0)


def test_decode_steps_share_one_shape(padded, dialogue, frames):
    lane = dialogue(padded, 'watch')
    padded.extend([lane.turn(frames[0])])
    spans = set()
    for token in range(5):
        request = Request(lane.slot, ((token,),))
        spans.add(batch(padded, [request]).spans)
        padded.prefill(request)
    assert len(spans) == 1


def test_a_vision_tower_is_captured_the_same_way(padded, frames):
    grid = padded.frames.find_grid(*frames[0].shape[:2])
    preprocess, tower = padded.frames.encoder(grid)
    with torch.no_grad():
        graph = make_fx(tower)(preprocess(frames[0]))
        for replayed, computed in zip(
            graph(preprocess(frames[1])), tower(preprocess(frames[1])), strict=True
        ):
            torch.testing.assert_close(replayed, computed, atol=1e-5, rtol=0)


class Traced:
    """Captures as CUDA graphs do: what the first run did is done again, on the same buffers."""

    def __init__(self):
        self.count = 0

    def __call__(self, function, inputs):
        self.count += 1
        trace = make_fx(function)(*inputs)
        outputs = tuple(output.clone() for output in trace(*inputs))

        def replay():
            for output, fresh in zip(outputs, trace(*inputs), strict=True):
                output.copy_(fresh)

        return replay, outputs


def test_a_stream_of_replayed_passes_equals_plain_ones(
    checkpoint, load_tiny, dialogue, frames, monkeypatch
):
    plain = load_tiny(checkpoint)
    traced = Traced()
    monkeypatch.setattr('streamo_ros.backbone.build.find_buckets', lambda device: PADDED)
    monkeypatch.setattr('streamo_ros.backbone.build.find_capture', lambda device: traced)
    replayed = load_tiny(checkpoint)
    lanes = [dialogue(backbone, 'watch') for backbone in (plain, replayed)]
    for frame in frames:
        expected, found = (lane.backbone.extend([lane.turn(frame)]) for lane in lanes)
        torch.testing.assert_close(
            torch.from_numpy(found), torch.from_numpy(expected), atol=1e-4, rtol=0
        )
        for lane in lanes:
            lane.settle(State.SILENCE)
    for token in range(4):
        spoken = [
            lane.backbone.decode([Request(lane.slot, ((token,),))], Sampling()) for lane in lanes
        ]
        assert spoken[0] == spoken[1]
    assert traced.count < 2 + len(frames)


def test_sights_outlive_the_next_replay(checkpoint, load_tiny, frames, monkeypatch):
    monkeypatch.setattr('streamo_ros.backbone.build.find_capture', lambda device: Traced())
    backbone = load_tiny(checkpoint)
    first = backbone.encode(frames[0])
    before = first.embeddings.clone()
    backbone.encode(frames[1])
    assert torch.equal(first.embeddings, before)


def test_the_passes_kept_are_bounded():
    traced = Traced()
    passes = GraphCache(traced, most=2)
    for key in (1, 2, 1, 3, 1, 3):
        found = passes(key, lambda x: (x + 1,), torch.tensor([float(key)]))
        assert found[0].item() == key + 1
    assert traced.count == 3
    passes(2, lambda x: (x + 1,), torch.tensor([2.0]))
    assert traced.count == 4
