# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stream begins on torch and goes over to an engine between two frames, or says why not."""

from __future__ import annotations

import threading
import weakref

import numpy as np
import pytest
import torch

from streamo_ros.backbone.build import normalization
from streamo_ros.backbone.graph_cache import GraphCache
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionState
from streamo_ros.backbone.vision.encoders import SwappingEncoders
from streamo_ros.backbone.vision.encoders import TorchEncoders
from streamo_ros.backbone.vision.frames import FrameEncoder
from streamo_ros.core.interface import BackboneError

GRID = Grid(2, 2, 14, 2)
FRAME = np.zeros((56, 56, 3), np.uint8)
PROCESSOR = {'image_mean': [0.5] * 3, 'image_std': [0.5] * 3}


class Numbered:
    """An encoder that gives its number."""

    def __init__(self, grid, number):
        self.grid, self.number = grid, number

    def __call__(self, patches):
        return (torch.full((self.grid.tokens, 4), float(self.number)),)


class Family:
    """Makes encoder 0 of a model, as long as the model is there."""

    def tower(self, model, grid):
        made = Numbered(grid, 0)
        made.model = model
        return made


class Model:
    """Stands for gigabytes of weights."""


class FakeLoader:
    """An engine that is opened when the test says so."""

    def __init__(self, outcome):
        self.outcome, self.go, self.calls = outcome, threading.Event(), []

    def __call__(self, grid, on_status):
        self.calls.append(grid)
        on_status('the engine is being built in another process: tactics, 40 %')
        assert self.go.wait(10)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return Numbered(grid, 1), VisionState('tensorrt', 'TensorRT 10.3.0', model_id='other')


def stream(encoders, capture=None):
    return FrameEncoder(
        lambda height, width: GRID,
        encoders,
        normalization(PROCESSOR),
        torch.device('cpu'),
        torch.float32,
        GraphCache(capture),
    )


def number(frames):
    return int(frames(FRAME).embeddings[0, 0])


def finish(loader):
    """Let the loader continue and wait until it is done."""
    loader.go.set()
    for thread in threading.enumerate():
        if thread.name == 'vision-engine':
            thread.join(10)


def replaying(function, inputs):
    """Captures as CUDA graphs do: what runs later is what ran first."""
    outputs = function(*inputs)
    return (lambda: None), outputs


@pytest.mark.parametrize('capture', [None, replaying], ids=['as it comes', 'captured'])
def test_the_frame_after_the_engine_is_ready_goes_through_it(capture):
    loader = FakeLoader(None)
    frames = stream(SwappingEncoders(TorchEncoders(Family(), Model()), loader), capture)
    assert [number(frames) for _ in range(3)] == [0, 0, 0]
    state = frames.state(GRID)
    assert (state.backend, state.version) == ('torch', torch.__version__)
    assert '40 %' in state.note
    finish(loader)
    assert [number(frames) for _ in range(3)] == [1, 1, 1]
    assert frames.state(GRID) == VisionState('tensorrt', 'TensorRT 10.3.0', '', 'other')
    assert loader.calls == [GRID]


@pytest.mark.parametrize(
    'error',
    [
        BackboneError('TensorRT is not installed'),
        RuntimeError('CUDA error: out of memory\nmore'),
    ],
)
def test_without_an_engine_torch_goes_on_and_says_why(error, caplog):
    caplog.set_level('INFO')
    loader = FakeLoader(error)
    frames = stream(SwappingEncoders(TorchEncoders(Family(), Model()), loader))
    number(frames)
    finish(loader)
    assert [number(frames) for _ in range(3)] == [0, 0, 0]
    state = frames.state(GRID)
    assert state.backend == 'torch'
    assert str(error).split('\n')[0] in state.note
    assert state.note.endswith('torch is used')
    assert '\n' not in state.note
    # Once, not at every frame.
    assert len([r for r in caplog.records if 'torch is used' in r.getMessage()]) == 1


def test_the_weights_of_torch_are_let_go_and_read_again_for_another_camera_mode():
    read = []

    def reload():
        read.append(Model())
        return read[-1]

    model = Model()
    gone = weakref.ref(model)
    loader = FakeLoader(None)
    encoders = SwappingEncoders(TorchEncoders(Family(), model, reload), loader)
    frames = stream(encoders, replaying)
    del model
    number(frames)
    assert gone() is not None
    finish(loader)
    number(frames)
    assert gone() is None
    assert read == []
    other = encoders(Grid(3, 3, 14, 2))
    assert other.model is read[0]
    finish(loader)


def test_an_engine_is_let_go_before_torch_is_read_again_for_another_camera_mode():
    """At most two towers are held: torch's, and the engine that will replace it."""
    present = []

    def reload():
        present.append([engine() is not None for engine in engines])
        return Model()

    loader, engines, other = FakeLoader(None), [], Grid(3, 3, 14, 2)
    encoders = SwappingEncoders(TorchEncoders(Family(), Model(), reload), loader)
    frames = stream(encoders, replaying)
    number(frames)
    finish(loader)
    assert number(frames) == 1
    engines.append(weakref.ref(frames.encoder(GRID)[1]))
    frames.encoder(other)
    assert present == [[False]]
    finish(loader)
    # Back in the first mode the engine is opened again.
    number(frames)
    finish(loader)
    assert number(frames) == 1
    assert loader.calls == [GRID, other, GRID]


def test_torch_alone_looks_for_no_engine():
    frames = stream(TorchEncoders(Family(), Model()))
    assert number(frames) == 0
    assert frames.state(GRID) == VisionState('torch', torch.__version__)


def test_who_waits_has_one_tower_from_the_first_frame_on():
    loader = FakeLoader(None)
    loader.go.set()
    frames = stream(SwappingEncoders(TorchEncoders(Family(), Model()), loader, wait=True))
    assert [number(frames) for _ in range(2)] == [1, 1]
