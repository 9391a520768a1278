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


class ImageInputs:
    """Runs the checkpoint's own image processor, in its Pillow variant.

    Args:
        folder: the checkpoint.
        config: its transformers configuration.
        pixels: smallest and largest frame area.
    """

    def __init__(self, folder: Path, config: Any, pixels: tuple[int, int]) -> None:
        from transformers import AutoImageProcessor

        low, high = pixels
        self._processor = AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, backend='pil'
        )
        self._tokens = getattr(config, 'image_seq_length', 0)
        self._options: dict[str, Any] = {'crop_to_patches': False}
        if not self._tokens:
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
            return {'pixel_values': inputs['pixel_values']}, [self._tokens] * len(images)
        grids = inputs['image_grid_thw']
        counts = (grids.prod(-1) // self._merge**2).tolist()
        return {'pixel_values': inputs['pixel_values'], 'image_grid_thw': grids}, counts
