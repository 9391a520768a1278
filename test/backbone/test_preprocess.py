# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Patches and vision tokens are those of the checkpoint's own image processor and tower."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from streamo_ros.backbone.frame_size import smart_size
from streamo_ros.backbone.vision.constants import in_merge_order
from streamo_ros.core.interface import BackboneError

SIZES = [
    (120, 160),
    (112, 168),
    (480, 640),
    (720, 1280),
    (37, 211),
    (640, 480),
    (90, 90),
    (301, 97),
]


def image(height, width):
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope='module')
def backbone(checkpoint, load_tiny):
    return load_tiny(checkpoint)


@pytest.mark.parametrize('size', SIZES)
def test_patches_equal_the_image_processor(original, backbone, size):
    frame = image(*size)
    preprocess, _ = backbone.frames.encoder(backbone.frames.find_grid(*size))
    patches = preprocess(frame)
    expected = pixels_of(original.inputs([None], [frame], 16384))
    if expected.ndim > 3:
        grid = preprocess.grid
        tall, wide = grid.pixels
        cut = (
            expected.flatten(0, -4)[0][:, :tall, :wide]
            .unflatten(2, (grid.columns, grid.merge, grid.patch))
            .unflatten(1, (grid.rows, grid.merge, grid.patch))
        )
        expected = cut.permute(1, 4, 2, 5, 0, 3, 6).flatten(0, 3).flatten(1)
    elif (places := original.inputs([None], [frame], 16384).get('image_position_ids')) is not None:
        # Patches in raster order, padded, each as row, column and channel.
        grid = preprocess.grid
        rows, columns = grid.patches
        shown = (places[0] >= 0).all(1)
        assert places[0][shown].max(0).values.tolist() == [columns - 1, rows - 1]
        cut = expected[0][shown].unflatten(1, (grid.patch, grid.patch, 3)).permute(0, 3, 1, 2)
        expected = in_merge_order(cut.flatten(1).unflatten(0, (rows, columns)), grid)
    else:
        # The processor shows a still frame twice; the towers here add the two kernels up.
        shown = expected.unflatten(1, (3, 2, preprocess.grid.patch, -1))
        assert torch.equal(shown[:, :, 0], shown[:, :, 1])
        expected = shown[:, :, 0].flatten(1)
    assert torch.equal(patches, expected)
    # The first frame of a size is resized by Pillow, and further ones are not.
    assert torch.equal(preprocess(frame), expected)


@pytest.mark.parametrize('size', SIZES)
def test_vision_tokens_equal_the_tower(original, backbone, size):
    """Windows of unequal sizes, one row of tokens, wide and tall grids."""
    frame = image(*size)
    vision = backbone.encode(frame)
    inputs = original.inputs([None], [frame], 16384)
    names = ('pixel_values', 'image_grid_thw', 'image_position_ids')
    wanted = {name: inputs[name] for name in names if name in inputs}
    model = original.model.model
    if original.one_frame_videos:
        wanted = {'pixel_values_videos': pixels_of(inputs)}
    read = model.get_video_features if original.one_frame_videos else model.get_image_features
    with torch.no_grad():
        expected = read(**wanted, return_dict=True)
    pooled = joined(expected.pooler_output).reshape(vision.embeddings.shape)
    torch.testing.assert_close(vision.embeddings, pooled, atol=1e-4, rtol=1e-5)
    levels = getattr(expected, 'deepstack_features', None) or []
    assert len(levels) == len(vision.deepstack)
    for level, features in zip(vision.deepstack, levels, strict=True):
        torch.testing.assert_close(level, joined(features), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize('family', ['qwen2_vl', 'qwen2_5_vl', 'qwen3_vl'])
def test_a_pair_of_frames_equals_the_tower_of_videos(
    family, tiny_checkpoint, whole_model, load_tiny, pairs
):
    folder = tiny_checkpoint(family)
    original, backbone = whole_model(folder), load_tiny(folder, dialect=pairs)
    for size in SIZES:
        first, second = image(*size), image(*size)[::-1].copy()
        frame = backbone.encode(first)
        vision = backbone.encode(second).after(frame)
        inputs = original.video_inputs([None], [(first, second)], 16384)
        preprocess, _ = backbone.frames.encoder(backbone.frames.find_grid(*size))
        assert torch.equal(preprocess(first, second), inputs['pixel_values_videos'])
        wanted = {name: inputs[name] for name in ('pixel_values_videos', 'video_grid_thw')}
        with torch.no_grad():
            expected = original.model.model.get_video_features(**wanted, return_dict=True)
        pooled = joined(expected.pooler_output)
        torch.testing.assert_close(vision.embeddings, pooled, atol=1e-4, rtol=1e-5)
        for level, features in zip(
            vision.deepstack, getattr(expected, 'deepstack_features', None) or [], strict=True
        ):
            torch.testing.assert_close(level, joined(features), atol=1e-4, rtol=1e-5)
        # A frame alone is a still one, which is shown twice.
        still = original.inputs([None], [first], 16384)['pixel_values']
        assert torch.equal(preprocess(first), still)
        assert not torch.allclose(frame.alone().embeddings, vision.embeddings, atol=1e-2)


def test_a_tower_of_stills_refuses_a_dialect_of_pairs(tiny_checkpoint, load_tiny, pairs):
    with pytest.raises(
        BackboneError, match='two frames in one patch, which the vision tower of I'
    ):
        load_tiny(tiny_checkpoint('internvl'), dialect=pairs)


@pytest.fixture(scope='module')
def pairs(tmp_path_factory):
    """Streamo with two frames in each patch, as a file."""
    file = tmp_path_factory.mktemp('dialect') / 'pairs.yaml'
    file.write_text('frames: 2\nblock: 2\n')
    return str(file)


def pixels_of(inputs):
    return inputs.get('pixel_values', inputs.get('pixel_values_videos'))


def joined(found):
    """Some versions of transformers split features by image."""
    return found if isinstance(found, torch.Tensor) else torch.cat(list(found))


def test_grids_keep_the_aspect_within_the_limits():
    for height, width in SIZES:
        tall, wide = smart_size(height, width, 28, 784, 100352)
        assert tall % 28 == wide % 28 == 0
        assert 784 <= tall * wide <= 100352
    assert smart_size(480, 640, 28, 784, 100352) == (252, 364)


def test_a_frame_that_is_too_narrow_is_refused():
    with pytest.raises(BackboneError, match='too narrow'):
        smart_size(2, 1000, 28, 784, 100352)


def test_a_new_size_is_a_new_grid(qwen, load_tiny):
    backbone = load_tiny(qwen)
    for size in SIZES:
        assert backbone.encode(image(*size)).grid == backbone.grid(*size)
    wide, height = backbone.info.image_size
    assert (height // 28, wide // 28) == backbone.grid(*SIZES[-1])
