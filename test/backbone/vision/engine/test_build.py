# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Graphs become plans: with the real TensorRT-RTX on this CPU, and with each version's double."""

from __future__ import annotations

import onnx
import pytest
import torch

from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import Gpu
from streamo_ros.backbone.vision.engine.binding import Binding
from streamo_ros.backbone.vision.engine.plan import build_plan
from streamo_ros.backbone.vision.engine.plan import BuildOptions

ORIN = Gpu('Orin', (8, 7))
ADA = Gpu('NVIDIA GeForce RTX 4090', (8, 9))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16], ids=str)
def test_tensorrt_parses_and_builds_every_tower(tower_graph, rtx, dtype):
    _, graph = tower_graph(dtype)
    steps = []
    plan = build_plan(rtx, graph.path, ADA, progress=lambda *step: steps.append(step))
    assert memoryview(plan).nbytes > 100_000
    assert steps[0] == ('Building engine', 0.0)
    assert steps[-1] == ('Building engine', 1.0)
    parts = [part for _, part in steps]
    assert parts == sorted(parts)


def test_an_operator_that_tensorrt_does_not_know_is_named(rtx, tmp_path):
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node('Frobnicate', ['patches'], ['tokens'], 'odd', domain='our.own')
    graph = onnx.helper.make_graph(
        [node], 'g', [value('patches', 1, [2, 2])], [value('tokens', 1, [2, 2])]
    )
    opsets = [onnx.helper.make_opsetid('', 18), onnx.helper.make_opsetid('our.own', 1)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets), tmp_path / 'odd.onnx')
    with pytest.raises(EngineError) as caught:
        build_plan(rtx, tmp_path / 'odd.onnx', ADA)
    assert 'operator Frobnicate (odd)' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_file_that_is_no_graph_is_refused(rtx, tmp_path):
    (tmp_path / 'odd.onnx').write_bytes(b'this is no graph')
    with pytest.raises(EngineError, match=r'TensorRT-RTX .* cannot'):
        build_plan(rtx, tmp_path / 'odd.onnx', ADA)


def test_a_gpu_without_kernels_is_refused_before_anything_is_built(rtx):
    with pytest.raises(EngineError, match=r'no kernels for NVIDIA H200 .*9\.0'):
        rtx.check(Gpu('NVIDIA H200', (9, 0)))


def test_every_version_takes_the_one_path(double, qwen_graph, recorder, tmp_path):
    _, graph = qwen_graph
    steps = []
    timings = tmp_path / 'timings'
    gpu = ADA if double.flavor == 'tensorrt_rtx' else ORIN
    options = BuildOptions(workspace=1 << 20, level=2, timings=timings)
    plan = build_plan(double, graph.path, gpu, options, lambda *step: steps.append(step))
    assert bytes(plan).decode() == str(graph.path)
    assert recorder.names() == ['Builder', 'create_network', 'parse', 'build']
    config = recorder.calls[-1][1]
    workspace = double.module.MemoryPoolType.WORKSPACE
    assert config._pools == {workspace: 1 << 20}
    assert config.builder_optimization_level == 2
    # The inner phase is TensorRT's business; the outer one is what a person waits for.
    assert {phase for phase, _ in steps} == {'Building engine'}
    assert [part for _, part in steps] == [0.0, 0.5, 1.0, 1.0]
    assert timings.read_bytes() == b'measured'


def test_the_bits_of_a_strongly_typed_network(double, qwen_graph, recorder):
    # Numbered anew in 11: a constant in our code would ask for something else.
    expected = {'10': 0b11, '11': 0b1, '1.': 0b1}[double.version[:2]]
    assert double.network_flags() == expected


def test_tensorrt_rtx_builds_for_the_gpu_that_was_named(double, qwen_graph, recorder):
    _, graph = qwen_graph
    build_plan(double, graph.path, ADA)
    targets = [int(target) for target in recorder.calls[-1][1]._targets]
    rtx = double.flavor == 'tensorrt_rtx'
    assert targets == ([int(double.module.ComputeCapability.SM89)] if rtx else [])


def test_a_build_that_fails_says_why(double, qwen_graph, recorder):
    _, graph = qwen_graph
    recorder.build_fails = 'Target GPU SM 87 is not supported\n  by this TensorRT release'
    with pytest.raises(EngineError) as caught:
        build_plan(double, graph.path, ADA)
    assert 'Target GPU SM 87 is not supported by this TensorRT release' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_a_library_that_does_not_open_is_one_sentence(double, qwen_graph, recorder):
    _, graph = qwen_graph
    recorder.no_library = 'CUDA initialization failure with error: 35'
    with pytest.raises(EngineError, match='cannot be initialized: CUDA initialization failure'):
        build_plan(double, graph.path, ADA)


def test_a_version_that_drops_the_flag_of_strong_types_has_no_others():
    class Flags:
        pass

    module = type('module', (), {'NetworkDefinitionCreationFlag': Flags})
    assert Binding(module, 'tensorrt', '12.0.0').network_flags() == 0
    assert Binding(object(), 'tensorrt', '13.0.0').network_flags() == 0
