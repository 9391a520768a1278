# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime gives the numbers of torch for the tower that is handed to it in memory."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from streamo_ros.backbone.detector.weights import convert_detector
from streamo_ros.backbone.streamo_objects import DetectorTower
from streamo_ros.backbone.streamo_objects import MERGE
from streamo_ros.backbone.streamo_objects import PATCH
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.onnx_encoder import OnnxEncoder
from streamo_ros.backbone.vision.onnx_graph import onnx_graph
from streamo_ros.backbone.vision.yolox import Yolox
from streamo_ros.core.interface import BackboneError

pytest.importorskip('onnxruntime')
AUTHORS_FILE = Path(os.environ.get('STREAMO_YOLOX_ONNX', ''))
"""The authors' yolox_nano.onnx, to compare with it itself."""


def random_detector():
    torch.manual_seed(5)
    return Yolox().eval().requires_grad_(False)


@pytest.mark.parametrize(('rows', 'columns'), [(1, 2), (2, 1), (3, 2)])
def test_the_graph_gives_the_numbers_of_torch(rows, columns) -> None:
    grid = Grid(rows, columns, PATCH, MERGE)
    tower = DetectorTower(random_detector(), grid)
    patches = 255 * torch.rand(grid.patch_shape)
    (expected,) = tower(patches)
    (found,) = OnnxEncoder(onnx_graph(tower, grid), grid)(patches)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_graph_is_valid_by_the_standards_own_check() -> None:
    onnx = pytest.importorskip('onnx')
    grid = Grid(1, 1, PATCH, MERGE)
    model = onnx.load_from_string(onnx_graph(DetectorTower(random_detector(), grid), grid))
    onnx.checker.check_model(model)
    assert [node.op_type for node in model.graph.node].count('Conv') == 113


def test_a_module_that_is_not_known_is_named() -> None:
    grid = Grid(1, 1, PATCH, MERGE)
    with pytest.raises(BackboneError, match='module 0'):
        onnx_graph(nn.Sequential(nn.Linear(2, 2)), grid)


@pytest.mark.skipif(
    not AUTHORS_FILE.is_file(), reason="STREAMO_YOLOX_ONNX does not name the authors' file"
)
def test_the_detector_gives_the_numbers_of_the_authors_graph() -> None:
    import onnxruntime

    detector = Yolox().eval().requires_grad_(False)
    pairs = convert_detector(AUTHORS_FILE.read_bytes(), AUTHORS_FILE.name)
    for (_, part), (weight, bias) in zip(detector.convolutions(), pairs, strict=True):
        part.weight.data = torch.from_numpy(weight.copy())
        part.bias.data = torch.from_numpy(bias.copy())
    picture = np.random.default_rng(0).uniform(0, 255, (1, 3, 416, 416)).astype(np.float32)
    session = onnxruntime.InferenceSession(AUTHORS_FILE.read_bytes())
    expected = session.run(None, {'images': picture[:, ::-1].copy()})[0][0]
    assert np.abs(detector(torch.from_numpy(picture)).numpy() - expected).max() < 1e-3
