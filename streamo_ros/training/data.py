# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training examples from dialogues on disk.

Ids and labels come from a layout, pixels from videos. Dialogues stay on disk; only the location
and length of each example are kept in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from streamo_ros.training.dialogue_file import read_entry
from streamo_ros.training.example_index import ExampleIndex
from streamo_ros.training.example_index import FileExamples
from streamo_ros.training.example_index import open_reported
from streamo_ros.training.example_index import Place
from streamo_ros.training.image_inputs import ImageInputs
from streamo_ros.training.labeled_dialogue import from_json
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.labeled_dialogue import parsed_entries
from streamo_ros.training.layouts import Cut
from streamo_ros.training.layouts import Layout
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.train_config import DataSettings
from streamo_ros.training.train_config import TrainingError
from streamo_ros.training.video_frames import find_video
from streamo_ros.training.video_frames import frames_at

Example = dict[str, Any]


class DialogueExamples(Dataset[Example]):
    """Examples from files of dialogues, read on demand.

    Args:
        settings: see `DataSettings`.
        layout: how dialogues become sequences.
        images: see `ImageInputs`.
        image_token: placeholder id of a vision token.
        identity: tells apart all that sequences depend on besides the files; an index of the
            examples is kept beside each file for it. '' = no index.

    Attributes:
        lengths: upper bound on the tokens of each example.
        dropped: number of sequences left out, by reason.

    Raises:
        TrainingError: no example is left.
        AnnotationError: an entry is not a dialogue.
    """

    def __init__(
        self,
        settings: DataSettings,
        layout: Layout,
        images: ImageInputs,
        image_token: int,
        identity: str = '',
    ) -> None:
        self._settings = settings
        self._layout = layout
        self._images = images
        self._image_token = image_token
        self._root = Path(settings.videos) if settings.videos else None
        self._files = [Path(name) for name in settings.dialogues]
        self._grids: dict[Path, tuple[int, int]] = {}
        self.dropped: Counter[str] = Counter(
            {'too long': 0, 'video missing': 0, 'no instruction': 0}
        )
        self._places: list[tuple[int, Place]] = []
        for number, file in enumerate(self._files):
            examples = self._find(file, identity)
            self._places += [(number, place) for place in examples.places]
            self.dropped.update(examples.dropped)
        if not self._places:
            raise TrainingError(
                f'no dialogue in {", ".join(settings.dialogues)} can be used '
                f'for training; left out: {dict(self.dropped)}'
            )
        self.lengths = [place.cut.tokens for _, place in self._places]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Example:
        """One example: input_ids, labels, decisions and the image inputs, without a batch axis.

        `decisions` is True where a state is decided; `segments` are those of the sequence, in
        tokens, () where nothing is evicted.
        """
        file, place = self._places[index]
        with self._files[file].open('rb') as stream:
            dialogue = from_json(read_entry(stream, place.entry))
        turns = self._turns(dialogue, place.start, place.stop)
        key = self._key(dialogue, place.start)
        history = self._settings.augmentation.history(turns, key)
        frames = self._recorded(dialogue, turns)
        sequence = self._layout.sequence(turns, frames, place.cut, history)
        shown = [turns[number] for number in sequence.frames]
        inputs, counts = self._images(self._frames(dialogue, shown))
        ids, labels = sequence.expand(counts, self._image_token)
        decisions = torch.zeros(len(ids), dtype=torch.bool)
        decisions[sequence.decision_places(counts)] = True
        return {
            'input_ids': torch.tensor(ids),
            'labels': torch.tensor(labels),
            'decisions': decisions,
            'segments': sequence.expanded_segments(counts),
            **inputs,
        }

    def _turns(self, dialogue: LabeledDialogue, start: int, stop: int) -> list[LabeledTurn]:
        key = self._key(dialogue, start)
        return self._settings.augmentation.apply(dialogue.turns[start:stop], key)

    @staticmethod
    def _key(dialogue: LabeledDialogue, start: int) -> str:
        return f'{dialogue.name}/{dialogue.task}/{dialogue.turns[start].instruction}/{start}'

    def _recorded(
        self, dialogue: LabeledDialogue, turns: Sequence[LabeledTurn]
    ) -> list[RecordedFrame]:
        """The frames as the largest ones; of several videos with their own grids."""
        tokens = self._images.most_tokens
        several = len({turn.video for turn in turns}) > 1
        grids = {
            number: self._grid(dialogue.videos[number]) if several else (1, tokens)
            for number in {turn.video for turn in turns}
        }
        return [RecordedFrame(k, tokens, grids[turn.video]) for k, turn in enumerate(turns)]

    def _grid(self, video: str) -> tuple[int, int]:
        path = find_video(video, self._root)
        if path not in self._grids:
            first = next(iter(frames_at(path, [Fraction(0)])))
            self._grids[path] = self._images.grid(first)
        return self._grids[path]

    def _frames(
        self, dialogue: LabeledDialogue, turns: Sequence[LabeledTurn]
    ) -> list[NDArray[np.uint8]]:
        """The images of turns, which are in order: each video is read once."""
        frames: list[NDArray[np.uint8]] = []
        for number, shown in groupby(turns, attrgetter('video')):
            path = find_video(dialogue.videos[number], self._root)
            frames += frames_at(path, [turn.time for turn in shown])
        return frames

    def _find(self, path: Path, identity: str) -> FileExamples:
        """The examples of a file, from its index if there is one."""
        if not path.is_file():
            raise TrainingError(f'{path} does not exist: create it with `streamo convert`')
        index = ExampleIndex(path, f'{self._settings} {identity}') if identity else None
        examples = index.read() if index else None
        if examples is None:
            dropped: Counter[str] = Counter()
            examples = FileExamples(list(self._scan(path, dropped)), dropped)
            if index:
                index.write(examples)
        return examples

    def _scan(self, path: Path, dropped: Counter[str]) -> Iterator[Place]:
        with open_reported(path) as stream:
            for entry, dialogue in parsed_entries(stream, path):
                for start, stop, cut in self._cut(dialogue, dropped):
                    yield Place(entry, start, stop, cut)

    def _cut(
        self, dialogue: LabeledDialogue, dropped: Counter[str]
    ) -> Iterator[tuple[int, int, Cut]]:
        """Turns [start, stop) of each span, with each of its sequences."""
        spans = self._layout.spans(dialogue.turns)
        if not spans:
            dropped['no instruction'] += 1
            return
        try:
            paths = [find_video(video, self._root) for video in dialogue.videos]
        except AnnotationError:
            dropped['video missing'] += 1
            return
        if self._settings.augmentation.jitter and any(path.is_dir() for path in paths):
            raise TrainingError(
                'data.augmentation.jitter takes frames between those that are stored: convert '
                'again without --frames, or set it to 0'
            )
        for start, stop in spans:
            turns = self._turns(dialogue, start, stop)
            for cut in self._layout.cuts(turns, self._recorded(dialogue, turns)):
                if cut.tokens <= self._settings.max_tokens:
                    yield start, stop, cut
                else:
                    dropped['too long'] += 1
