# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A pass can be captured: nothing that changes from frame to frame is outside its tensors.

A CUDA graph replays the kernels of one run with other numbers in the same buffers. Without a GPU
the same is shown by tracing a tower's run and replaying the trace on another frame; the language
model's passes are tested with the kernels that they run on.
"""

from __future__ import annotations

import torch
from torch.fx.experimental.proxy_tensor import make_fx


def test_a_vision_tower_is_captured_the_same_way(checkpoint, load_tiny, frames):
    backbone = load_tiny(checkpoint)
    grid = backbone.frames.find_grid(*frames[0].shape[:2])
    preprocess, tower = backbone.frames.encoder(grid)
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


def test_sights_outlive_the_next_replay(checkpoint, load_tiny, frames, monkeypatch):
    monkeypatch.setattr('streamo_ros.backbone.build.find_capture', lambda device: Traced())
    backbone = load_tiny(checkpoint)
    first = backbone.encode(frames[0])
    before = first.embeddings.clone()
    backbone.encode(frames[1])
    assert torch.equal(first.embeddings, before)
