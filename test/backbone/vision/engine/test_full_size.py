# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One tower of a published size, random weights: Qwen2.5-VL's, 669 million parameters, fp16."""

from __future__ import annotations

import copy

import pytest
import torch
import transformers

from streamo_ros.backbone.qwen2_5_vl import WindowedTower
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import Gpu
from streamo_ros.backbone.vision.engine.export import export
from streamo_ros.backbone.vision.engine.export import GRAPH
from streamo_ros.backbone.vision.engine.plan import build_plan
from streamo_ros.backbone.vision.engine.selftest import compare
from streamo_ros.backbone.vision.engine.selftest import load_reference
from streamo_ros.backbone.vision.engine.selftest import record
from streamo_ros.backbone.vision.engine.selftest import run_exact
from streamo_ros.backbone.vision.engine.selftest import run_own
from streamo_ros.backbone.vision.onnx_encoder import OnnxEncoder

DTYPE = torch.float16


@pytest.fixture(scope='module')
def tower():
    """Every published Qwen2.5-VL has this tower; only its output width differs (3B: 2048)."""
    from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl as modeling

    torch.manual_seed(0)
    config = transformers.Qwen2_5_VLConfig(
        vision_config={
            'depth': 32,
            'hidden_size': 1280,
            'num_heads': 16,
            'intermediate_size': 3420,
            'window_size': 112,
            'fullatt_block_indexes': [7, 15, 23, 31],
            'out_hidden_size': 2048,
        }
    ).vision_config
    before = torch.get_default_dtype()
    torch.set_default_dtype(DTYPE)
    try:
        visual = modeling.Qwen2_5_VisionTransformerPretrainedModel._from_config(config)
    finally:
        torch.set_default_dtype(before)
    return WindowedTower(visual.to(DTYPE).eval().requires_grad_(False), Grid(16, 16, 14, 2))


@pytest.mark.slow
def test_a_full_size_tower_exports_agrees_and_builds(tower, rtx, tmp_path):
    graph = export(tower, tower.grid, DTYPE, tmp_path / GRAPH)
    assert graph.bytes > 1.3e9
    own = run_own(tower, DTYPE)
    exact = run_exact(copy.deepcopy(tower).float(), DTYPE)
    record(tower.grid, DTYPE, exact, own, tmp_path / 'reference')
    agreement = compare(
        OnnxEncoder(graph.path, tower.grid), load_reference(tmp_path / 'reference')
    )
    assert agreement.good, agreement
    plan = build_plan(rtx, graph.path, Gpu('NVIDIA GeForce RTX 4090', (8, 9)))
    assert memoryview(plan).nbytes > 1.3e9
    print(agreement)
