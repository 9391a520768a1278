# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training examples and batches from dialogues on disk.

Ids and labels come from `sequence`, pixels from videos. Dialogues stay on disk; only the location
and length of each example are kept in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich import progress
from rich.console import Console
from torch import Tensor
from torch.utils.data import Dataset

from streamo_ros.core.protocol import PromptTokens
from streamo_ros.training.labeled_dialogue import from_json
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.sequence import token_ids
from streamo_ros.training.sequence import TokenCount
from streamo_ros.training.sequence import window
from streamo_ros.training.train_config import DataSettings
from streamo_ros.training.train_config import TrainingError
from streamo_ros.training.video_frames import find_video
from streamo_ros.training.video_frames import frames_at

Example = dict[str, Tensor]
FrameReader = Callable[[Sequence[NDArray[np.uint8]]], tuple[dict[str, Tensor], list[int]]]
"""Maps RGB images to the model's image inputs and the number of vision tokens of each."""


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

    @property
    def most_tokens(self) -> int:
        """Vision tokens of the largest frame."""
        return int(self._tokens)

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> tuple[dict[str, Tensor], list[int]]:
        """See `FrameReader`."""
        inputs = dict(self._processor(list(images), return_tensors='pt', **self._options))
        if 'image_grid_thw' not in inputs:
            return {'pixel_values': inputs['pixel_values']}, [self._tokens] * len(images)
        grids = inputs['image_grid_thw']
        counts = (grids.prod(-1) // self._merge**2).tolist()
        return {'pixel_values': inputs['pixel_values'], 'image_grid_thw': grids}, counts


@dataclass(frozen=True)
class Place:
    """The location of one example: a line of a file, and turns [start, stop) of its dialogue."""

    file: int
    offset: int
    start: int
    stop: int
    tokens: int


class DialogueExamples(Dataset[Example]):
    """Examples from JSON-lines files, read on demand.

    Args:
        settings: see `DataSettings`.
        prompt: the prompt tokens.
        images: see `ImageInputs`.
        image_token: placeholder id of a vision token.

    Attributes:
        lengths: upper bound on the tokens of each example.
        dropped: number of dialogues left out, by reason.

    Raises:
        TrainingError: no example is left.
        AnnotationError: a line is not a dialogue.
    """

    def __init__(
        self, settings: DataSettings, prompt: PromptTokens, images: ImageInputs, image_token: int
    ) -> None:
        self._settings = settings
        self._prompt = prompt
        self._images = images
        self._image_token = image_token
        self._count = TokenCount(prompt, images.most_tokens)
        self._root = Path(settings.videos) if settings.videos else None
        self._files = [Path(name) for name in settings.dialogues]
        self.dropped = {'too long': 0, 'video missing': 0, 'no instruction': 0}
        self._places = [place for at in range(len(self._files)) for place in self._scan(at)]
        if not self._places:
            raise TrainingError(
                f'no dialogue in {", ".join(settings.dialogues)} can be used '
                f'for training; left out: {self.dropped}'
            )
        self.lengths = [place.tokens for place in self._places]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Example:
        """One example: input_ids, labels and the image inputs, without a batch axis."""
        place = self._places[index]
        with self._files[place.file].open('rb') as lines:
            lines.seek(place.offset)
            dialogue = from_json(json.loads(lines.readline()))
        turns = window(dialogue.turns, place.start, place.stop)
        inputs, counts = self._images(self._frames(dialogue, turns))
        ids, labels = token_ids(self._prompt, turns, counts, self._image_token)
        return {'input_ids': torch.tensor(ids), 'labels': torch.tensor(labels), **inputs}

    def _frames(
        self, dialogue: LabeledDialogue, turns: Sequence[LabeledTurn]
    ) -> list[NDArray[np.uint8]]:
        frames: list[NDArray[np.uint8]] = []
        for number in sorted({turn.video for turn in turns}):
            path = find_video(dialogue.videos[number], self._root)
            frames += frames_at(path, [turn.time for turn in turns if turn.video == number])
        return frames

    def _scan(self, at: int) -> Iterator[Place]:
        path, offset = self._files[at], 0
        if not path.is_file():
            raise TrainingError(f'{path} does not exist: create it with `streamo convert`')
        console = Console(stderr=True)
        with progress.open(
            path,
            'rb',
            description=f'reading {path.name}',
            console=console,
            disable=not console.is_terminal,
        ) as lines:
            for number, line in enumerate(lines, 1):
                try:
                    dialogue = from_json(json.loads(line))
                except (AnnotationError, ValueError) as error:
                    raise AnnotationError(f'{path}, line {number}: {error}') from error
                for start, stop, tokens in self._cut(dialogue):
                    yield Place(at, offset, start, stop, tokens)
                offset += len(line)

    def _cut(self, dialogue: LabeledDialogue) -> list[tuple[int, int, int]]:
        """Turns [start, stop) of each example, and an upper bound on its tokens."""
        asked = next((k for k, turn in enumerate(dialogue.turns) if turn.instruction), None)
        if asked is None:
            return self._drop('no instruction')
        try:
            for video in dialogue.videos:
                find_video(video, self._root)
        except AnnotationError:
            return self._drop('video missing')
        start = asked if self._settings.begin == 'instruction' else 0
        cuts = list(self._windows(dialogue.turns, start))
        if len(cuts) > 1 and self._settings.too_long == 'drop':
            return self._drop('too long')
        return cuts

    def _drop(self, why: str) -> list[tuple[int, int, int]]:
        self.dropped[why] += 1
        return []

    def _windows(self, turns: Sequence[LabeledTurn], start: int) -> Iterator[tuple[int, int, int]]:
        """As few consecutive windows as `max_tokens` allows."""
        standing, begin = '', start
        used = self._count.opening(turns[start].instruction)
        for at in range(start, len(turns)):
            turn = turns[at]
            need = self._count.turn(turn)
            if at > begin and turn.instruction:
                need += self._count.opening(turn.instruction) - self._count.opening('')
            if at > begin and used + need > self._settings.max_tokens:
                yield begin, at, used
                begin, used = at, self._count.opening(turn.instruction or standing)
                need = self._count.turn(turn)
            standing = turn.instruction or standing
            used += need
        yield begin, len(turns), used


@dataclass(frozen=True)
class Collator:
    """Builds a right-padded or packed batch of examples.

    Attributes:
        pad: padding id.
        image_token: placeholder id of a vision token.
        marks_images: whether the model takes `mm_token_type_ids`.
        packing: put all examples into one row, with their lengths, instead of padding.
    """

    pad: int
    image_token: int
    marks_images: bool
    packing: bool = False

    def __call__(self, examples: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
        """Stack examples; image inputs are concatenated."""
        rows = [example['input_ids'] for example in examples]
        labels = [example['labels'] for example in examples]
        batch: dict[str, Tensor] = {}
        if self.packing:
            batch['input_ids'] = torch.cat(rows).unsqueeze(0)
            # The first token of a dialogue must not be a target of the dialogue before it.
            masked = [torch.cat((torch.tensor([IGNORED]), row[1:])) for row in labels]
            batch['labels'] = torch.cat(masked).unsqueeze(0)
            batch['lengths'] = torch.tensor([len(row) for row in rows])
        else:
            batch['input_ids'] = _padded(rows, self.pad)
            batch['labels'] = _padded(labels, IGNORED)
            batch['attention_mask'] = _padded([torch.ones_like(row) for row in rows], 0)
        for name in ('pixel_values', 'image_grid_thw'):
            if name in examples[0]:
                batch[name] = torch.cat([example[name] for example in examples])
        if self.marks_images:
            batch['mm_token_type_ids'] = (batch['input_ids'] == self.image_token).int()
        return batch


def _padded(rows: Sequence[Tensor], value: int) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=value)
