# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a trained checkpoint wants to be served: what `streamo.json` says about window and tags.

What the configuration leaves open is taken from the base checkpoint, else from the data: a window
or a time tag far longer than any in training is a form that the model never saw.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

from streamo_ros.backbone.checkpoint_settings import CheckpointSettings
from streamo_ros.core.context_limits import DEFAULT_MAX_FRAMES
from streamo_ros.files import write_text
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.train_config import TrainConfig
from streamo_ros.training.train_config import TrainingError

SAMPLED_DIALOGUES = 10_000
"""Dialogues per file that the data's own sizes are taken from."""
LONGEST = 0.95
"""Quantile of the lanes' lengths that counts as the longest one."""
FEWEST_FRAMES = 4

Spans = Callable[[Sequence[LabeledTurn]], list[tuple[int, int]]]


@dataclass(frozen=True)
class ServiceSettings:
    """Entries of `streamo.json`.

    Attributes:
        max_frames: frames that a lane keeps.
        max_time: seconds after which the time tags restart.
        sampling_rate: frames per second.
        max_pixels: largest frame area.
    """

    max_frames: int
    max_time: float
    sampling_rate: float
    max_pixels: int

    def __str__(self) -> str:
        """The settings in words, for the run's log."""
        return (
            f'to be served with {self.max_frames} frames, tags up to {self.max_time:g} s, '
            f'{self.sampling_rate:g} frames per second, {self.max_pixels} pixels per frame'
        )


def service_settings(
    config: TrainConfig, base: CheckpointSettings, spans: Spans, max_pixels: int
) -> ServiceSettings:
    """The settings that the run trains and writes.

    Args:
        config: the run; 0 leaves an entry open.
        base: what the base checkpoint asks for; 0 leaves an entry open.
        spans: splits a dialogue into the turns that one lane sees.
        max_pixels: largest frame area that is trained.

    Raises:
        TrainingError: an entry is left open and there is no lane to take it from.
        AnnotationError: a line is not a dialogue.
    """
    max_frames = config.max_frames or base.max_frames
    max_time = config.max_time or base.max_time
    rate = config.sampling_rate
    if not (max_frames and max_time and rate):
        frames, seconds, usual = _measure(config.data.dialogues, spans)
        max_frames = max_frames or min(DEFAULT_MAX_FRAMES, max(FEWEST_FRAMES, frames))
        max_time = max_time or math.ceil(seconds)
        rate = rate or float(usual)
    return ServiceSettings(max_frames, max_time, rate, max_pixels)


def _measure(files: Sequence[str], spans: Spans) -> tuple[int, Fraction, Fraction]:
    """Frames and seconds of the longest lanes, and the most common rate."""
    lanes = [lane for name in files for lane in _lanes(Path(name), spans)]
    if not lanes:
        raise TrainingError(f'no dialogue in {", ".join(files)} has an instruction')
    frames = sorted(len(lane) for lane in lanes)
    seconds = sorted(lane[-1].end - lane[0].start for lane in lanes)
    rates = Counter(1 / (lane[0].end - lane[0].start) for lane in lanes)
    longest = math.ceil(LONGEST * len(lanes)) - 1
    return frames[longest], seconds[longest], rates.most_common(1)[0][0].limit_denominator(1000)


def _lanes(path: Path, spans: Spans) -> Iterator[tuple[LabeledTurn, ...]]:
    for dialogue in islice(read_dialogues(path), SAMPLED_DIALOGUES):
        for start, stop in spans(dialogue.turns):
            yield dialogue.turns[start:stop]


def add_entries(folder: Path, **entries: float | str) -> None:
    """Add entries to a checkpoint's `streamo.json`."""
    path = folder / 'streamo.json'
    values = json.loads(path.read_text(encoding='utf-8'))
    write_text(path, json.dumps({**values, **entries}, indent=2) + '\n')
