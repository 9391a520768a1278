# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The runner gives torch's numbers through every version's API and refuses foreign plans."""

from __future__ import annotations

import gc

import onnx
import pytest
import torch

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import Gpu
from streamo_ros.backbone.vision.engine.builder import load_tower
from streamo_ros.backbone.vision.engine.plan import build_plan
from streamo_ros.backbone.vision.engine.runner import EngineEncoder
from streamo_ros.backbone.vision.engine.selftest import compare
from streamo_ros.backbone.vision.engine.selftest import load_reference
from streamo_ros.backbone.vision.engine.selftest import probe
from streamo_ros.backbone.vision.engine.selftest import record
from streamo_ros.backbone.vision.engine.selftest import run_exact
from streamo_ros.backbone.vision.engine.selftest import run_own

CPU = torch.device('cpu')


@pytest.fixture
def opened(stream):
    """Opens a graph as the double's plan."""

    def make(binding, tower, graph, grid=None, dtype=torch.float32):
        plan = str(graph.path).encode()
        return EngineEncoder(binding, plan, grid or tower.grid, CPU, dtype, stream)

    return make


def test_every_version_gives_the_numbers_of_torch(double, qwen_graph, opened):
    tower, graph = qwen_graph
    encoder = opened(double, tower, graph)
    for seed in range(2):
        generator = torch.Generator().manual_seed(seed)
        patches = torch.randn(probe(tower.grid).shape, generator=generator)
        (found,), (expected,) = encoder(patches), tower(patches)
        assert (found - expected).abs().max() < 1e-4


def test_deepstack_levels_come_in_order(orin_double, tower_graph, opened):
    made, graph = tower_graph(torch.float16)
    patches = probe(made.grid)
    # float32 in and out: the runner converts to the engine's format and back.
    found = opened(orin_double, made, graph)(patches)
    expected = made(patches.half())
    assert [one.dtype for one in found] == [torch.float32] * len(expected)
    for one, other in zip(found, expected, strict=True):
        assert (
            torch.nn.functional.cosine_similarity(one.flatten(), other.float().flatten(), dim=0)
            > 0.999
        )


def test_a_pass_waits_for_its_input_and_the_caller_for_its_output(
    orin_double, qwen_graph, opened, recorder
):
    tower, graph = qwen_graph
    encoder = opened(orin_double, tower, graph)
    before = len(recorder.calls)
    encoder(probe(tower.grid))
    encoder(probe(tower.grid))
    # No call for an address, no wait of the host: what a CUDA graph captures is always the same.
    assert recorder.names()[before:] == ['begin', 'execute', 'end'] * 2


def test_vision_tokens_outlive_the_next_frame(orin_double, qwen_graph, opened):
    tower, graph = qwen_graph
    encoder = opened(orin_double, tower, graph)
    patches = probe(tower.grid)
    (first,) = encoder(patches)
    kept = first.clone()
    (second,) = encoder(-patches)
    assert torch.equal(first, kept)
    assert not torch.equal(first, second)


def test_nothing_of_tensorrt_is_dropped_too_early(orin_double, qwen_graph, opened):
    tower, graph = qwen_graph
    encoder = opened(orin_double, tower, graph)
    gc.collect()
    encoder(probe(tower.grid))


def test_patches_of_another_size_are_refused(orin_double, qwen_graph, opened):
    tower, graph = qwen_graph
    encoder = opened(orin_double, tower, graph)
    with pytest.raises(EngineError, match='the engine is for patches of shape'):
        encoder(probe(tower.grid)[:-1])


def test_an_engine_of_another_grid_is_refused(orin_double, qwen_graph, opened):
    tower, graph = qwen_graph
    with pytest.raises(EngineError, match='a frame of this grid has'):
        opened(orin_double, tower, graph, Grid(2, 2, tower.grid.patch, 2))


def test_an_engine_of_something_else_is_refused(orin_double, opened, tmp_path, qwen_graph):
    value = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node('Identity', ['pixels'], ['logits'])
    graph = onnx.helper.make_graph(
        [node], 'g', [value('pixels', 1, [2, 2])], [value('logits', 1, [2, 2])]
    )
    opsets = [onnx.helper.make_opsetid('', 18)]
    path = tmp_path / 'other.onnx'
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    tower, own = qwen_graph
    with pytest.raises(EngineError, match='tensor pixels'):
        opened(orin_double, tower, type(own)(path, ('logits',)))


@pytest.mark.parametrize(
    ('attribute', 'expected'),
    [
        ('load_fails', 'rejects the engine'),
        ('run_fails', 'failed to run'),
        ('no_library', 'cannot be initialized'),
    ],
)
def test_what_tensorrt_refuses_is_one_sentence(
    double, qwen_graph, opened, recorder, attribute, expected
):
    setattr(recorder, attribute, 'the engine plan file is not compatible\nwith this version')
    tower, graph = qwen_graph
    with pytest.raises(EngineError, match=expected) as caught:
        opened(double, tower, graph)(probe(tower.grid))
    assert '\n' not in str(caught.value)


@pytest.fixture
def tested(qwen_graph, orin_double, opened, tmp_path):
    """An engine in float32, and what it is tested against."""
    tower, graph = qwen_graph
    own = run_own(tower, torch.float32)
    record(tower.grid, torch.float32, own, own, tmp_path / 'reference')
    return opened(orin_double, tower, graph), load_reference(tmp_path / 'reference')


def test_the_self_test_passes_a_right_engine_and_fails_a_wrong_one(tested, recorder):
    encoder, reference = tested
    assert compare(encoder, reference).good
    for wrong in (0.02, 0.2, float('nan')):
        recorder.wrong = wrong
        assert not compare(encoder, reference).good


@pytest.mark.parametrize('bad', [0, 7])
def test_a_large_token_hides_no_destroyed_one(tested, bad):
    """Over all numbers at once, the cosine would still be above 0.999."""
    encoder, reference = tested
    large = (bad + 1) % len(reference['tokens'])
    reference['tokens'][large] *= 100

    def destroyed(patches):
        (tokens,) = encoder(patches)
        tokens[large] *= 100
        tokens[bad] = -tokens[bad]
        return (tokens,)

    (tokens,) = destroyed(reference['patches'])
    whole = torch.nn.functional.cosine_similarity(
        tokens.flatten(), reference['tokens'].flatten(), dim=0
    )
    assert whole > 0.999
    found = compare(destroyed, reference)
    assert not found.good
    assert found.errors['tokens'] == pytest.approx(2.0, rel=0.01)


def test_an_engine_may_be_off_by_twice_what_torch_is_off_by(qwen, tmp_path):
    """Noise of a size relative to torch's own error in bfloat16 decides, not a fixed number."""
    checkpoint = read_checkpoint(qwen)
    grid = Grid(3, 4, 14, 2)
    exact = load_tower(checkpoint, grid, 'float32')
    own = run_own(load_tower(checkpoint, grid, 'bfloat16'), torch.bfloat16)
    record(grid, torch.bfloat16, run_exact(exact, torch.bfloat16), own, tmp_path / 'reference')
    reference = load_reference(tmp_path / 'reference')
    size = float(reference['own_error/tokens'].median())
    assert 1e-3 < size < 0.1

    def engine(times):
        noise = torch.randn(reference['tokens'].shape, generator=torch.Generator().manual_seed(3))
        length = times * size * reference['tokens'].norm(dim=-1, keepdim=True)
        off = torch.nn.functional.normalize(noise, dim=-1) * length
        return lambda patches: (reference['tokens'] + off,)

    assert compare(lambda patches: (own['tokens'],), reference).good
    assert compare(engine(1.8), reference).good
    assert not compare(engine(6.0), reference).good
    assert '0.' in str(compare(engine(1.8), reference))


def test_the_real_runtime_without_a_gpu_is_one_sentence(rtx, qwen_graph, stream):
    made, graph = qwen_graph
    plan = build_plan(rtx, graph.path, Gpu('NVIDIA GeForce RTX 4090', (8, 9)))
    if torch.cuda.is_available():
        pytest.skip('there is a GPU')
    with pytest.raises(EngineError, match=r'TensorRT-RTX .* rejects the engine') as caught:
        EngineEncoder(rtx, memoryview(plan), made.grid, CPU, torch.float32, stream)
    assert '\n' not in str(caught.value)


@pytest.mark.gpu
def test_the_real_stream_takes_part_in_a_capture():
    from streamo_ros.backbone.vision.engine.runner import CudaStream

    device = torch.device('cuda')
    own = CudaStream(device)
    given, taken = torch.zeros(4, device=device), torch.zeros(4, device=device)

    def run():
        given.add_(1)
        own.begin()
        with torch.cuda.stream(torch.cuda.ExternalStream(own.handle)):
            taken.copy_(given)
        own.end()
        return taken * 2

    run()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = run()
    graph.replay()
    graph.replay()
    assert out.tolist() == [6.0] * 4
