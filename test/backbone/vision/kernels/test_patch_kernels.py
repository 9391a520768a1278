# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Patches made by kernels are those that Pillow gives, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.preprocess import Normalization
from streamo_ros.backbone.vision.preprocess import PillowPatches
from streamo_ros.backbone.vision.preprocess import Preprocessor

kernels = pytest.importorskip(
    'streamo_ros.backbone.vision.patch_kernels', reason='Triton is missing'
)

DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
CLIP = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
# Smaller, larger, one axis unchanged, none changed, one pixel; Pillow 13 takes rows first in two.
SIZES = [(37, 91), (120, 31), (56, 100), (20, 84), (56, 84), (1, 1)]


def image(height, width):
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)


def pair(grid, resample=3, dtype=torch.float32):
    normal = Normalization(*CLIP, resample)
    plain = PillowPatches(grid, normal, DEVICE, dtype)
    return kernels.FusedPatches(grid, normal.table(), resample, plain, DEVICE, dtype), plain


@pytest.mark.parametrize('resample', [2, 3])
@pytest.mark.parametrize('size', SIZES)
def test_patches_equal_those_of_pillow(size, resample):
    fused, plain = pair(Grid(2, 3, 14, 2), resample)
    frame = image(*size)
    assert fused._find_stage(*size) is not None
    assert torch.equal(fused(frame), plain(frame))


@pytest.mark.parametrize('grid', [Grid(1, 2, 16, 2), Grid(3, 1, 14, 1), Grid(1, 1, 14, 4)])
def test_any_patch_and_merge(grid):
    fused, plain = pair(grid, dtype=torch.float16)
    frame = image(40, 70)
    assert torch.equal(fused(frame), plain(frame))


def test_cameras_of_several_sizes_take_turns():
    fused, plain = pair(Grid(1, 1, 14, 2))
    for size in (*SIZES, *SIZES[::-1]):
        assert torch.equal(fused(image(*size)), plain(image(*size)))
    assert len(fused._stages) == kernels.MAX_SIZES


def test_a_view_of_an_image_is_read_as_it_is_seen():
    """Mirrored, cropped, read-only; inside of inference mode and outside."""
    fused, plain = pair(Grid(1, 1, 14, 2))
    frame = image(40, 60)[::-1, 10:50]
    frame.flags.writeable = False
    with torch.inference_mode():
        first = fused(frame)
    assert torch.equal(first, plain(frame))
    assert torch.equal(fused(frame), plain(frame))


def test_where_pillow_resamples_otherwise_pillow_is_used(caplog):
    fused, plain = pair(Grid(1, 1, 14, 2))
    fused._plain = lambda frame: plain(frame) + 1
    for _ in range(2):
        assert torch.equal(fused(image(40, 60)), plain(image(40, 60)) + 1)
    (record,) = caplog.records
    assert 'frames of 60x40 pixels are resized on the processor' in record.getMessage()


@pytest.mark.gpu
@pytest.mark.skipif(DEVICE.type != 'cuda', reason='needs a CUDA device')
@pytest.mark.parametrize('size', [(480, 640), (720, 1280), (1080, 1920), (2160, 3840), (640, 480)])
def test_frames_of_real_cameras_on_a_gpu(size):
    grid, normal = Grid(9, 13, 14, 2), Normalization(*CLIP)
    fused = Preprocessor(grid, normal, DEVICE, torch.bfloat16)
    assert isinstance(fused.cut, kernels.FusedPatches)
    plain = PillowPatches(grid, normal, DEVICE, torch.bfloat16)
    for _ in range(3):
        frame = np.random.randint(0, 256, (*size, 3), np.uint8)
        assert torch.equal(fused(frame), plain(frame))
