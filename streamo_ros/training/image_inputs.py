# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels as a checkpoint's own image processor gives them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.family import find_family
from streamo_ros.training.train_config import TrainingError


def largest_frame(config: Any, max_pixels: int) -> int:
    """The area of the largest frame that a checkpoint is shown in training, in pixels.

    Args:
        config: its transformers configuration.
        max_pixels: the area that the run asks for; a model that sees one tile of a fixed size, as
            its image processor makes it, is shown that.
    """
    if hasattr(config.vision_config, 'spatial_merge_size'):
        return max_pixels
    return find_family(config.architectures[0]).frame_pixels(config)


class ImageInputs:
    """Runs the checkpoint's own image processor, in its Pillow variant.

    Args:
        folder: the checkpoint.
        config: its transformers configuration.
        pixels: smallest and largest frame area.

    Raises:
        TrainingError: pictures of its class are not known here.
    """

    def __init__(self, folder: Path, config: Any, pixels: tuple[int, int]) -> None:
        from transformers import AutoImageProcessor

        low, high = pixels
        self._processor = AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, backend='pil'
        )
        self._options: dict[str, Any] = {'crop_to_patches': False}
        if hasattr(config, 'image_seq_length'):
            self._tokens = config.image_seq_length
        elif hasattr(config, 'scale_factor'):
            # One tile, as the processor of videos makes it.
            size = self._processor.max_image_size
            self._options = {'size': size, 'do_image_splitting': False}
            side = config.vision_config.image_size // config.vision_config.patch_size
            self._tokens = (side // config.scale_factor) ** 2
        elif not hasattr(config.vision_config, 'spatial_merge_size'):
            raise TrainingError(
                f'{config.architectures[0]} cannot be trained here: start from a checkpoint of '
                'Qwen-VL, InternVL or SmolVLM2'
            )
        else:
            self._options = {'size': {'shortest_edge': low, 'longest_edge': high}}
            self._merge = config.vision_config.spatial_merge_size
            edge = config.vision_config.patch_size * self._merge
            self._tokens = high // (edge * edge)

    def grid(self, image: NDArray[np.uint8]) -> tuple[int, int]:
        """Merged token grid (rows, columns) of an image."""
        inputs, counts = self([image])
        if 'image_grid_thw' not in inputs:
            return (1, counts[0])
        _, rows, columns = (inputs['image_grid_thw'][0] // self._merge).tolist()
        return rows, columns

    @property
    def most_tokens(self) -> int:
        """Vision tokens of the largest frame."""
        return int(self._tokens)

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> tuple[dict[str, Tensor], list[int]]:
        """The model's image inputs, and the number of vision tokens of each image."""
        inputs = dict(self._processor(list(images), return_tensors='pt', **self._options))
        if 'image_grid_thw' not in inputs:
            pixels = inputs['pixel_values']
            if pixels.ndim == 5:
                # One sample of many images; examples are joined along the images.
                pixels = pixels.transpose(0, 1)
            return {'pixel_values': pixels}, [self._tokens] * len(images)
        grids = inputs['image_grid_thw']
        counts = (grids.prod(-1) // self._merge**2).tolist()
        return {'pixel_values': inputs['pixel_values'], 'image_grid_thw': grids}, counts
