# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration of a training run of the embedded model, validated before anything is made."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields
from pathlib import Path
from typing import Any
from typing import Literal

from streamo_ros.core.from_mapping import from_mapping
from streamo_ros.tiny.network import HEAD
from streamo_ros.tiny.network import Sizes
from streamo_ros.training.train_config import TrainingError

Loss = Literal['cross_entropy', 'plain', 'focal_alpha', 'class_balanced']

_WIDTH = 2 * HEAD
"""The attention heads share two pairs of keys and values, so their number is even."""
_MAY_BE_0 = ('seed', 'first_clip', 'further_steps', 'last_steps', 'people_steps')
_REUSED = ('settings.json', 'tower.pt', 'tokenizer/tokenizer.json', 'training', 'validation')
"""What a run reuses from the folder of `language_from`."""
_FORMER_NAMES = {'courses': 'clips', 'validation_courses': 'validation_clips'}
"""Names in the settings of earlier runs, which can be continued and reused."""


@dataclass(frozen=True)
class TinyConfig:
    """A training run.

    Attributes:
        output: folder of the run; the checkpoint is `output`/final.
        kind: selects this recipe in `streamo train`.
        seed: seed of the initial weights and of everything that is drawn.
        threads: number of torch threads.
        processes: number of processes that render worlds.
        picture_worlds: number of worlds for single pictures, ten pictures each.
        clips: number of clips for the dialogues.
        first_clip: number of the first of them; those of `start` need not be seen again.
        validation_clips: number of clips for validation.
        frames: frames per clip.
        rates: frames per second of the training clips, sampled uniformly.
        dim: share of the clips that are filmed in poor light.
        tower_steps: steps of the first stage.
        language_steps: steps of the second stage.
        further_steps: steps of the third stage; 0 = none.
        last_steps: steps of the fourth stage; 0 = none.
        people_steps: steps of the fifth stage; 0 = none.
        language_from: folder of another run, whose tokenizer, tower and encoded clips are reused;
            '' = make them.
        start: folder of a checkpoint of this recipe that the fifth stage trains on; no other
            stage is trained then, and the tower stays as it is. '' = train all stages.
        hidden: width of the language model.
        layers: number of layers of the language model.
        loss: loss of the states. 'cross_entropy': starts and ends of events have larger weights
            early in a stage; 'plain': all weigh the same; 'focal_alpha': Streamo's;
            'class_balanced': by the effective number of samples. The last three are those of
            `training.loss`, with the class counts of each step.
        rate: peak learning rate of the first and second stage.
        further_rate: peak learning rate of the third stage.
        last_rate: peak learning rate of the fourth stage.
        people_rate: peak learning rate of the fifth stage.
        half: compute in bfloat16; False = in float32, which is several times faster on CPUs
            without instructions for bfloat16.
        report_every: steps between two lines of the log.
        keep_every: steps between two saved states.
    """

    output: str
    kind: Literal['tiny'] = 'tiny'
    seed: int = 0
    threads: int = 2
    processes: int = 2
    picture_worlds: int = 6000
    clips: int = 2400
    first_clip: int = 0
    validation_clips: int = 120
    frames: int = 24
    rates: tuple[float, ...] = (1.0, 1.0, 1.0, 2.0, 0.5)
    dim: float = 0.0
    tower_steps: int = 2500
    language_steps: int = 5000
    further_steps: int = 0
    last_steps: int = 0
    people_steps: int = 0
    language_from: str = ''
    start: str = ''
    hidden: int = Sizes.hidden
    layers: int = Sizes.layers
    loss: Loss = 'cross_entropy'
    rate: float = 0.004
    further_rate: float = 0.003
    last_rate: float = 0.002
    people_rate: float = 0.0015
    half: bool = True
    report_every: int = 40
    keep_every: int = 200

    def __post_init__(self) -> None:
        counts = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.type == 'int' and field.name not in _MAY_BE_0
        }
        too_low = [name for name, value in counts.items() if value < 1]
        too_low += [
            name
            for name in ('rate', 'further_rate', 'last_rate', 'people_rate')
            if not 0 < getattr(self, name) < math.inf
        ]
        if too_low:
            raise TrainingError(f'{too_low[0]} must be greater than 0')
        self._check_stages()
        if not 0 <= self.dim <= 1:
            raise TrainingError(f'dim is {self.dim}: use a share from 0 to 1')
        if not self.rates or not all(0 < rate < math.inf for rate in self.rates):
            raise TrainingError(
                f'rates is {list(self.rates)}: list frames per second, each greater than 0'
            )
        if self.hidden % _WIDTH:
            raise TrainingError(
                f'hidden is {self.hidden}: use a multiple of {_WIDTH}, for an even number of '
                f'attention heads of size {HEAD}'
            )
        self._check_source()

    @property
    def sizes(self) -> Sizes:
        """Widths and depths; a checkpoint's tower has the projection folded in."""
        if self.start:
            return Sizes(hidden=self.hidden, layers=self.layers, vision_out=self.hidden)
        return Sizes(hidden=self.hidden, layers=self.layers)

    def _check_stages(self) -> None:
        steps = (self.first_clip, self.further_steps, self.last_steps, self.people_steps)
        if min(steps) < 0:
            raise TrainingError(
                'further_steps, last_steps, people_steps and first_clip must not be negative'
            )
        if self.last_steps and not self.further_steps:
            raise TrainingError(
                'last_steps needs further_steps: the fourth stage continues the third'
            )
        if self.start and not self.people_steps:
            raise TrainingError('start needs people_steps: only the fifth stage trains on')
        if self.people_steps and not (self.last_steps or self.start):
            raise TrainingError(
                'people_steps needs last_steps or start: the fifth stage continues the fourth'
            )

    def _check_source(self) -> None:
        if not self.language_from:
            return
        if self.start:
            raise TrainingError('start and language_from exclude each other: leave one out')
        source = Path(self.language_from)
        if source.resolve() == Path(self.output).resolve():
            raise TrainingError(
                'language_from is the output folder itself: leave it out to continue that run'
            )
        missing = [name for name in _REUSED if not (source / name).exists()]
        if missing:
            raise TrainingError(
                f'language_from: {source} has no {missing[0]}: train that run first, at least up '
                'to the start of its second stage'
            )


def kept_config(run: Path) -> TinyConfig:
    """The configuration that a run has written to its folder.

    Raises:
        TrainingError: there is none, or it is invalid.
    """
    path = run / 'settings.json'
    if not path.is_file():
        raise TrainingError(f'{path} does not exist: pass the folder of a run')
    return tiny_config(json.loads(path.read_text(encoding='utf-8')))


def tiny_config(values: Mapping[str, Any]) -> TinyConfig:
    """Validate a configuration.

    Raises:
        TrainingError: a name is unknown or missing, or a value has the wrong type.
    """
    if isinstance(values, Mapping):
        values = {_FORMER_NAMES.get(name, name): value for name, value in values.items()}
    return from_mapping(TinyConfig, values, TrainingError)
