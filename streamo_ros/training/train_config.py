# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration of a training run, read from YAML and validated before anything is loaded.

Optimization, precision, checkpointing and processes are configured by transformers' own
`TrainingArguments`, listed by name under `trainer:`; they are not repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any
from typing import Literal

import yaml

from streamo_ros.core.errors import one_line
from streamo_ros.core.errors import StreamoError
from streamo_ros.core.from_mapping import from_mapping
from streamo_ros.documents import load_yaml
from streamo_ros.training.augmentation import Augmentation


class TrainingError(StreamoError, ValueError):
    """A training run cannot start; the message states the problem and how to fix it."""


@dataclass(frozen=True)
class DataSettings:
    """Training data.

    Attributes:
        dialogues: JSON-lines files written by `streamo convert`.
        videos: folder that video paths are relative to; '' = the working directory.
        max_tokens: most tokens per sequence, every frame counted as the largest one. A served lane
            that evicts frames goes on in another sequence; what cannot be cut is dropped.
        layout: how dialogues become sequences. 'served': one lane per instruction, as the node
            serves it; 'stream': the paper's, the whole video in one sequence; 'stream_windows':
            the paper's, cut into windows of `max_tokens`. See `layouts`.
        augmentation: lost frames, jitter and wrong states; see `Augmentation`.
    """

    dialogues: tuple[str, ...] = ()
    videos: str = ''
    max_tokens: int = 32768
    layout: Literal['served', 'stream', 'stream_windows'] = 'served'
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class FrameSettings:
    """Smallest and largest frame area, in pixels."""

    min_pixels: int = 3136
    max_pixels: int = 100352


@dataclass(frozen=True)
class TrainableSettings:
    """Which parts are trained."""

    vision: bool = False
    connector: bool = True
    language: bool = True


@dataclass(frozen=True)
class LoraSettings:
    """Low-rank adaptation of the language model; rank 0 = off, train all of `trainable`.

    Attributes:
        merge: merge the adapter into the weights at the end, so that the result is a plain
            checkpoint; the adapter is also kept. Otherwise the result is the adapter alone, which
            is loaded together with its base.
    """

    rank: int = 0
    alpha: int = 32
    dropout: float = 0.0
    merge: bool = True


@dataclass(frozen=True)
class ValidationSettings:
    """Free-running validation; see `validation`.

    Attributes:
        dialogues: a file written by `streamo convert`, of other videos than the training's; '' =
            no validation.
        videos: folder that its video paths are relative to.
        every: steps between two validations.
        cases: most cases of each, evenly spread over the file.
        patience: validations without a better timing F1 after which training stops; 0 = never.
        calibrate: find the response threshold with the best timing F1 at the end.
    """

    dialogues: str = ''
    videos: str = ''
    every: int = 100
    cases: int = 60
    patience: int = 0
    calibrate: bool = True


@dataclass(frozen=True)
class TrainConfig:
    """A training run on any supported checkpoint.

    Attributes:
        model: folder of the base checkpoint.
        output: folder of the run; the trained checkpoint is saved in `output`/final.
        dtype: of the loaded weights; 'auto' keeps the file's. Use float32 with `trainer.bf16`:
            at a learning rate of 1e-5 most updates of bfloat16 weights round to zero.
        protocol: 'special_tokens' makes each state one token; 'text_tags' keeps them as text and
            adds none. 'auto' is as the base checkpoint's streamo.json says, else special_tokens.
        attention: transformers' attention implementation.
        packing: pack several dialogues into one row; needs variable-length attention.
        loss: fields of `loss.LossSettings` by name.
        max_frames: frames that a lane keeps; trained and written to streamo.json. 0 = as the base
            checkpoint's, else as the data's longest lanes, at most 120.
        max_time: seconds after which the time tags restart; trained and written likewise.
        sampling_rate: frames per second; written to streamo.json. 0 = as the data's.
        trainer: `transformers.TrainingArguments` by name.
    """

    model: str
    output: str
    kind: Literal['transformers', 'activation'] = 'transformers'
    dtype: Literal['float32', 'bfloat16', 'float16', 'auto'] = 'float32'
    protocol: Literal['auto', 'special_tokens', 'text_tags'] = 'auto'
    attention: str = 'sdpa'
    packing: bool = False
    data: DataSettings = field(default_factory=DataSettings)
    frames: FrameSettings = field(default_factory=FrameSettings)
    trainable: TrainableSettings = field(default_factory=TrainableSettings)
    lora: LoraSettings = field(default_factory=LoraSettings)
    loss: dict[str, Any] = field(default_factory=dict)
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    max_frames: int = 0
    max_time: float = 0.0
    sampling_rate: float = 0.0
    trainer: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.data.dialogues:
            raise TrainingError('data.dialogues lists no file: create one with `streamo convert`')
        if self.packing and not self.attention.startswith('flash_attention'):
            raise TrainingError(
                f'packing needs variable-length attention, but attention is {self.attention}: '
                'set attention to flash_attention_2 or packing to false'
            )
        if self.packing and self.loss.get('kind') == 'role':
            raise TrainingError(
                'loss.kind role depends on the order within one dialogue: set packing to '
                'false or choose another loss'
            )
        if not 0 < self.frames.min_pixels <= self.frames.max_pixels:
            raise TrainingError('frames.min_pixels must be above 0 and at most frames.max_pixels')
        if not any((self.trainable.vision, self.trainable.connector, self.trainable.language)):
            raise TrainingError(
                'nothing is trainable: set at least one entry of trainable to true'
            )
        if min(self.validation.every, self.validation.cases) < 1 or self.validation.patience < 0:
            raise TrainingError(
                'validation.every and validation.cases must be at least 1, and '
                'validation.patience at least 0'
            )
        if min(self.max_frames, self.max_time, self.sampling_rate) < 0:
            raise TrainingError('max_frames, max_time and sampling_rate must be at least 0')
        if self.lora.rank < 0 or self.data.max_tokens < 1:
            raise TrainingError('lora.rank must be at least 0 and data.max_tokens at least 1')


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that contains a mapping.

    Raises:
        TrainingError: the file is missing or contains something else.
    """
    if not path.is_file():
        raise TrainingError(f'the configuration {path} does not exist: see config/train')
    try:
        values = load_yaml(path.read_text(encoding='utf-8-sig'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TrainingError(f'{path} is not valid YAML: {one_line(error)}') from error
    if not isinstance(values, dict):
        raise TrainingError(f'{path} does not contain a mapping of names to values')
    return values


def train_config(values: Mapping[str, Any]) -> TrainConfig:
    """Validate a configuration.

    Raises:
        TrainingError: a name is unknown or missing, or a value has the wrong type.
    """
    return from_mapping(TrainConfig, values, TrainingError)
