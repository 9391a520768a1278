# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Towers of the tiny checkpoints, and machines that look as if they had a TensorRT."""

from __future__ import annotations

import importlib.util
import json
import sys
from functools import partial
from pathlib import Path

import onnx
import pytest
import torch

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import dtype_name
from streamo_ros.backbone.vision.engine import Gpu
from streamo_ros.backbone.vision.engine.binding import Binding
from streamo_ros.backbone.vision.engine.builder import load_tower
from streamo_ros.backbone.vision.engine.export import export
from streamo_ros.backbone.vision.engine.export import GRAPH
from streamo_ros.backbone.vision.engine.export import Graph
from streamo_ros.backbone.vision.engine.runner import EngineEncoder

# Test folders are no packages, so the neighbour is read from its file.
spec = importlib.util.spec_from_file_location('double', Path(__file__).with_name('double.py'))
double_module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(double_module)
make_module, Recorder = double_module.make_module, double_module.Recorder

ORIN = Gpu('Orin', (8, 7))


def tiny_grid(checkpoint, rows=3, columns=4):
    """A small grid of a checkpoint's patches; windows of Qwen2.5-VL are 2 tokens wide."""
    whole = json.loads((checkpoint / 'config.json').read_text())
    config = whole['vision_config']
    if whole['model_type'] == 'llava_onevision':
        # It has one grid, in which patches are pooled to tokens.
        return Grid(7, 7, config['patch_size'], 1, pooled=17)
    patch = config['patch_size']
    merge = config.get('pooling_kernel_size', 2)
    return Grid(rows, columns, patch[0] if isinstance(patch, list) else patch, merge)


@pytest.fixture(scope='session')
def exported(made_once):
    """Loads a tiny tower of a checkpoint and exports it, once for all tests of the run."""

    def load_and_export(checkpoint, dtype=torch.float32, rows=3, columns=4):
        tower = load_tower(
            read_checkpoint(checkpoint), tiny_grid(checkpoint, rows, columns), dtype_name(dtype)
        )
        folder = made_once(
            f'{checkpoint.name}-{dtype_name(dtype)}-{rows}x{columns}',
            lambda folder: export(tower, tower.grid, dtype, folder / GRAPH),
        )
        model = onnx.load(str(folder / GRAPH), load_external_data=False)
        return tower, Graph(folder / GRAPH, tuple(value.name for value in model.graph.output))

    return load_and_export


@pytest.fixture(scope='session')
def tower_graph(tower_checkpoint, exported):
    """Makes tower and graph of (dtype, rows, columns), one vision tower in turn."""
    return partial(exported, tower_checkpoint)


@pytest.fixture(scope='session')
def qwen_graph(qwen, exported):
    """Torch tower and graph of one checkpoint, float32, uneven windows."""
    return exported(qwen)


@pytest.fixture(scope='session')
def rtx():
    """The real TensorRT-RTX, whose parser and builder run on a CPU."""
    module = pytest.importorskip('tensorrt_rtx', reason='pip install tensorrt-rtx')
    return Binding(module, 'tensorrt_rtx', module.__version__)


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture(params=double_module.VERSIONS)
def double(request, recorder):
    """A double of each version in turn."""
    module = make_module(request.param, recorder)
    return Binding(module, module.__name__, module.__version__)


@pytest.fixture
def orin_double(recorder):
    """A double of JetPack 6's version."""
    module = make_module('10.3.0', recorder)
    return Binding(module, 'tensorrt', module.__version__)


@pytest.fixture
def stream(recorder):
    """Makes the runner's stream; notes when it waits for whom."""

    class NotedStream:
        handle = recorder.stream

        def __init__(self, device):
            self.device = device

        def begin(self):
            recorder.note('begin')

        def end(self):
            recorder.note('end')

    return NotedStream


@pytest.fixture
def on_orin(monkeypatch, recorder, stream):
    """A machine that looks like an Orin with JetPack 6: GPU seen, `tensorrt` importable."""
    module = make_module('10.3.0', recorder)
    monkeypatch.setitem(sys.modules, 'tensorrt', module)
    base = 'streamo_ros.backbone.vision.engine'
    for place in (f'{base}.loader', 'streamo_ros.tools.engine'):
        monkeypatch.setattr(f'{place}.find_gpu', lambda device=None: ORIN)
    monkeypatch.setattr('torch.cuda.set_device', lambda device: None)
    monkeypatch.setattr(EngineEncoder.__init__, '__defaults__', (stream,))
    return module
