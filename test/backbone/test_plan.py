# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is planned before loading is what loading takes."""

from __future__ import annotations

import pytest
import torch

from streamo_ros.backbone.build import make_prompt
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.plan import plan_checkpoint
from streamo_ros.backbone.plan import RunTarget
from streamo_ros.backbone.plan import weight_bytes
from streamo_ros.core.interface import BackboneError


def test_the_plan_is_what_loading_takes(checkpoint, load_tiny):
    options = Options('cpu', 'float32', lanes=3, frames=4)
    found = read_checkpoint(checkpoint)
    family = find_family(found.architecture)
    plan = plan_checkpoint(found, family, make_prompt(found, options), options)
    backbone = load_tiny(checkpoint, max_pixels=0, capacity=0, frames=4)
    assert plan.window_bytes == backbone.memory()['window']
    grid = plan.sizes(480, 640)
    assert grid.shape == backbone.grid(480, 640)
    assert plan.sizes.most_tokens == backbone.info.max_tokens_per_frame
    model = found.model(torch.device('cpu'), torch.float32)
    kept = model.state_dict()
    # Gemma 4 keeps factors and bounds beside its parameters.
    buffers = [part for name, part in model.named_buffers() if name in kept]
    assert plan.weights == sum(part.numel() * 4 for part in (*model.parameters(), *buffers))


@pytest.mark.parametrize('family', ['internvl', 'smolvlm'])
def test_a_tile_has_the_size_that_it_was_trained_at(make_checkpoint, load_tiny, tmp_path, family):
    """Both are of three by three tokens; Streamo's area alone would allow more or fewer."""
    backbone = load_tiny(make_checkpoint(tmp_path / family, family), max_pixels=0)
    assert backbone.grid(480, 640) == (3, 3)
    assert load_tiny(tmp_path / family, max_pixels=64 * 64).grid(480, 640) == (2, 2)


def test_weights_count_in_the_format_they_are_loaded_in(qwen):
    cpu = torch.device('cpu')
    half, whole = (RunTarget(cpu, dtype, 3) for dtype in (torch.bfloat16, torch.float32))
    assert weight_bytes(qwen, half) * 2 == weight_bytes(qwen, whole)


def test_weights_that_are_none_are_refused(tmp_path):
    file = tmp_path / 'model.safetensors'
    for content in (b'', b'\x05\0\0\0\0\0\0\0{"a":1', b'\xff' * 20):
        file.write_bytes(content)
        with pytest.raises(BackboneError, match='copy'):
            weight_bytes(tmp_path, RunTarget(torch.device('cpu'), torch.float32, 3))
