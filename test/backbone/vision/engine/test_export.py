# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An exported tower gives torch's numbers and uses nothing that TensorRT 10.3 lacks."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import onnx
import pytest
import torch

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine.export import export
from streamo_ros.backbone.vision.engine.export import operators
from streamo_ros.backbone.vision.engine.selftest import compare
from streamo_ros.backbone.vision.engine.selftest import load_reference
from streamo_ros.backbone.vision.engine.selftest import probe
from streamo_ros.backbone.vision.engine.selftest import record
from streamo_ros.backbone.vision.engine.selftest import run_exact
from streamo_ros.backbone.vision.engine.selftest import run_own
from streamo_ros.backbone.vision.onnx_encoder import OnnxEncoder

API = Path(__file__).parents[3] / 'data' / 'tensorrt_api'


def test_onnx_runtime_gives_what_torch_gives(tower_graph):
    # Windows of two tokens: 3 x 5 has four sizes of them.
    check_numbers(*tower_graph(torch.float32, 3, 5))


def test_windows_of_one_size_give_what_torch_gives(qwen, exported):
    # Of the towers, that of Qwen2.5-VL alone has windows.
    check_numbers(*exported(qwen, torch.float32, 4, 4))


def check_numbers(made, graph):
    patches = probe(made.grid)
    expected = made(patches)
    found = OnnxEncoder(graph.path, made.grid)(patches)
    assert len(found) == len(expected) == len(graph.outputs)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert (one - other).abs().max() <= 1e-5 * max(1.0, float(other.abs().max()))


def test_deepstack_levels_are_outputs(tower_checkpoint, tower_graph):
    _, graph = tower_graph(torch.float16)
    config = json.loads((tower_checkpoint / 'config.json').read_text())['vision_config']
    levels = len(config.get('deepstack_visual_indexes') or ())
    assert graph.outputs == ('tokens', *(f'deepstack_{at}' for at in range(levels)))


def test_half_precision_agrees_and_keeps_norms_in_single(tower_graph, tmp_path):
    made, graph = tower_graph(torch.float16)
    own = run_own(made, torch.float16)
    exact = run_exact(copy.deepcopy(made).float(), torch.float16)
    record(made.grid, torch.float16, exact, own, tmp_path / 'reference')
    agreement = compare(OnnxEncoder(graph.path, made.grid), load_reference(tmp_path / 'reference'))
    assert agreement.good, agreement
    model = onnx.load(str(graph.path), load_external_data=False)
    half, single = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
    assert formats(model, 'MatMul') == formats(model, 'Gemm') == {half}
    # Mean squares of a norm overflow in half precision.
    assert formats(model, 'ReduceMean') <= {single}
    ends = (*model.graph.input, *model.graph.output)
    assert {end.type.tensor_type.elem_type for end in ends} == {half}


def formats(model, operator):
    """Number formats that go into an operator."""
    graph = model.graph
    known = {one.name: one.data_type for one in graph.initializer}
    for value in (*graph.input, *graph.output, *graph.value_info):
        known[value.name] = value.type.tensor_type.elem_type
    floats = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}
    nodes = [node for node in graph.node if node.op_type == operator]
    return {known[name] for node in nodes for name in node.input if known[name] in floats}


def test_only_operators_of_the_oldest_parser(tower_graph):
    listed = json.loads((API / 'operators-10.1.json').read_text())
    for dtype, kind in ((torch.float16, 'FP16'), (torch.bfloat16, 'BF16')):
        _, graph = tower_graph(dtype)
        used = operators(graph.path)
        assert set(used) <= set(listed['operators'])
        assert all(kind in listed['operators'][name] for name in used)
        low, high = listed['opsets']
        model = onnx.load(str(graph.path), load_external_data=False)
        assert [low <= one.version <= high for one in model.opset_import] == [True]


def test_the_grid_is_constant(tower_graph):
    _, graph = tower_graph(torch.float16)
    model = onnx.load(str(graph.path), load_external_data=False)
    assert [one.name for one in model.graph.input] == ['patches']
    assert [one.name for one in model.graph.output] == list(graph.outputs)
    # A convolution, or a size that is only known at run time, would mean the recipe was lost.
    assert not {'Conv', 'Shape', 'NonZero', 'TopK', 'Loop', 'If'} & set(operators(graph.path))


def test_the_tower_alone_equals_the_one_of_the_whole_model(tower_checkpoint, tower_graph):
    made, _ = tower_graph(torch.float32, 3, 5)
    found = read_checkpoint(tower_checkpoint)
    model = found.model(torch.device('cpu'), torch.float32)
    whole = find_family(found.architecture).tower(model, made.grid)
    patches = probe(made.grid)
    for one, other in zip(made(patches), whole(patches), strict=True):
        assert torch.equal(one, other)


class Small(torch.nn.Module):
    def forward(self, patches):
        return (patches[::4] * 2,)


def test_a_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(EngineError, match='cannot be written'):
        export(Small(), Grid(2, 2, 14, 2), torch.float32, tmp_path / 'nowhere' / 'tower.onnx')


def test_a_tower_that_cannot_be_exported_is_one_sentence(tmp_path):
    class Deciding(torch.nn.Module):
        def forward(self, patches):
            return (patches * 2 if patches.sum() > 0 else patches,)

    with pytest.raises(EngineError, match='the vision tower cannot be exported') as caught:
        export(Deciding(), Grid(2, 2, 14, 2), torch.float32, tmp_path / 'tower.onnx')
    assert '\n' not in str(caught.value)


def test_numbers_that_are_not_finite_are_refused(qwen_graph):
    tower, _ = qwen_graph

    class Overflowing:
        grid = tower.grid

        def __call__(self, patches):
            return (torch.full((tower.grid.tokens, 8), float('inf')),)

    with pytest.raises(EngineError, match=r'not finite.*bfloat16'):
        run_own(Overflowing(), torch.float16)
