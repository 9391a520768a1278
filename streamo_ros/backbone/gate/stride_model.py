# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""STRIDE's model: Qwen3-VL over a growing video, and slots behind it that it fills in.

The video is read two frames at a time, each pair behind the mean of its times, and stays in a
cache; the slots are appended for a pass and removed again.

Source: 'STRIDE', arXiv 2603.27593, and its released runtime: sizes, timestamps and tokens are its.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache

from streamo_ros.backbone.build import normalization
from streamo_ros.backbone.checkpoint import fingerprint
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.checkpoint_settings import read_json
from streamo_ros.backbone.family import spatial_marks
from streamo_ros.backbone.gate.stride_slots import Labels
from streamo_ros.backbone.gate.stride_slots import SlotSettings
from streamo_ros.backbone.gate_files import STRIDE_ARCHITECTURES
from streamo_ros.backbone.options import find_device
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.plain import joined
from streamo_ros.backbone.plain import piece_marks
from streamo_ros.backbone.plain import run_pieces
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.preprocess import patchify
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Piece

PAIR = 2
"""Frames that are one step of the video."""
CELL, MOST_CELLS = 32, 256
"""Pixels of a token's side, and most tokens of a pair."""
SLOT_TOKENS = ('<inactive>', '<active>', '<activation>')
_CLASS = 'Qwen3VLForConditionalGeneration'

Pixels = NDArray[np.uint8]


@dataclass
class Reading:
    """A video that is being read.

    Attributes:
        cache: keys and values of what was read.
        tokens: how many.
        position: of the next one.
    """

    cache: Any = field(default_factory=DynamicCache)
    tokens: int = 0
    position: int = 0


class StrideModel:
    """A loaded checkpoint.

    Args:
        path: its folder.
        options: device and number format.

    Raises:
        BackboneError: it cannot be loaded, or is another model.
    """

    def __init__(self, path: Path, options: Options) -> None:
        device, dtype = find_device(options)
        checkpoint = read_checkpoint(path, dict.fromkeys(STRIDE_ARCHITECTURES, _CLASS))
        self.identity = fingerprint(path, 'torch')
        self.slots = _slot_settings(path)
        self._copies = 1 if _entry(path, 'single_sequence', False) else 2
        self._tokenizer = CheckpointTokenizer(path / 'tokenizer.json')
        self._slot_ids = [self._one(token) for token in SLOT_TOKENS]
        self._model = checkpoint.model(device, dtype)
        self._text = self._model.model.language_model
        self._table = normalization(checkpoint.processor).table().flatten().to(device)
        self._channels = 256 * torch.arange(3, device=device)
        self._device, self._dtype = device, dtype
        vision = self._model.config.vision_config
        self._patch, self._merge = vision.patch_size, vision.spatial_merge_size
        if self._patch * self._merge != CELL:
            raise BackboneError(
                f'{path} has tokens of {self._patch * self._merge} pixels, and STRIDE of {CELL}'
            )

    def shrink(self, image: Pixels) -> Pixels:
        """A frame in the size that the model sees.

        Raises:
            BackboneError: it is smaller than a token.
        """
        height, width = frame_size(*image.shape[:2])
        if image.shape[:2] == (height, width):
            return image
        smaller = height <= image.shape[0] and width <= image.shape[1]
        method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (width, height), interpolation=method), np.uint8)

    @torch.inference_mode()
    def encode(self, first: Pixels, second: Pixels) -> EncodedVision:
        """The vision tokens of two frames of the same size, of `shrink`."""
        grid = Grid(first.shape[0] // CELL, first.shape[1] // CELL, self._patch, self._merge)
        halves = [
            patchify(self._normalized(image), grid).unflatten(1, (3, 1, -1))
            for image in (first, second)
        ]
        pixels = torch.cat(halves, 2).flatten(1).to(self._dtype)
        size = torch.tensor([[1, *grid.patches]], device=self._device)
        features = self._model.model.get_video_features(pixels, size, return_dict=True)
        levels = tuple(joined(level) for level in features.deepstack_features)
        tokens = joined(features.pooler_output).reshape(grid.tokens, -1)
        return EncodedVision(tokens, levels, (grid.rows, grid.columns))

    @torch.inference_mode()
    def read(self, reading: Reading, question: str, time: float, vision: EncodedVision) -> None:
        """Append a pair of frames.

        Args:
            reading: what was read; is changed.
            question: stands in front of the first pair.
            time: the mean of the pair's times, seconds since the first frame.
            vision: of `encode`.
        """
        head: tuple[int, ...] = ()
        words = f'<{time:.1f} seconds>'
        if not reading.tokens:
            head, words = self._tokenizer.control('<|im_start|>'), f'user\n{question}{words}'
        opening = self._tokenizer.plain(words) + self._tokenizer.control('<|vision_start|>')
        pieces: tuple[Piece, ...] = (
            head + opening,
            vision,
            self._tokenizer.control('<|vision_end|>'),
        )
        run_pieces(self._text, pieces, spatial_marks, reading.position, reading.cache)
        marks = piece_marks(pieces, spatial_marks)
        reading.tokens += len(marks)
        reading.position += int(marks.steps.sum())

    @torch.inference_mode()
    def denoise(self, reading: Reading, labels: Labels) -> NDArray[np.float32]:
        """Of each slot the probability that it is active, float32, shape (slots,).

        The slots are there twice, so that each sees all of the others, unless the checkpoint was
        trained otherwise.
        """
        ids = tuple(self._slot_ids[label] for label in labels.tolist()) * self._copies
        hidden = run_pieces(self._text, (ids,), spatial_marks, reading.position, reading.cache)
        reading.cache.crop(-len(ids))
        logits = self._model.lm_head(hidden[-len(labels) :])[:, self._slot_ids[:2]]
        chances: NDArray[np.float32] = torch.softmax(logits.float(), -1)[:, 1].cpu().numpy()
        return chances

    def _normalized(self, image: Pixels) -> Tensor:
        levels = torch.from_numpy(np.array(image, order='C')).to(self._device)
        return self._table.take(levels.long() + self._channels)

    def _one(self, token: str) -> int:
        ids = self._tokenizer.control(token)
        if len(ids) != 1:
            raise BackboneError(
                f'{token} is {len(ids)} tokens in this checkpoint and not one: it is not STRIDE, '
                'or its tokenizer.json is that of its base'
            )
        return ids[0]


def frame_size(height: int, width: int) -> tuple[int, int]:
    """The size that a frame is resized to: as many tokens as are allowed, about its own shape.

    Raises:
        BackboneError: it is smaller than a token.
    """
    rows, columns = height // CELL, width // CELL
    best = (0, 0)
    for tall in range(1, rows + 1):
        for wide in (int(tall * (width / height)), int(tall * (width / height)) + 1):
            if 0 < wide <= columns and best[0] * best[1] < tall * wide <= MOST_CELLS:
                best = (tall, wide)
    if not best[0]:
        raise BackboneError(
            f'a frame of {width}x{height} pixels is smaller than the {CELL}x{CELL} that the gate '
            'sees as one token: use a larger image'
        )
    return best[0] * CELL, best[1] * CELL


def _slot_settings(path: Path) -> SlotSettings:
    return SlotSettings(
        int(_entry(path, 'trigger_window_past', 128)),
        int(_entry(path, 'trigger_window_future', 0)),
        float(_entry(path, 'trigger_temporal_resolution', 1.0)),
    )


def _entry(path: Path, name: str, default: Any) -> Any:
    """An entry of config.json."""
    return read_json(path / 'config.json', 'copy the checkpoint again').get(name, default)
