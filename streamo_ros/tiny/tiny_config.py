# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of a run of the embedded model, checked before anything is made.

Knows names and ranges, and which files another run must have left to be built upon.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields
from pathlib import Path
from typing import Any
from typing import Literal

from streamo_ros.config.from_mapping import from_mapping
from streamo_ros.tiny.network import HEAD
from streamo_ros.tiny.network import Sizes
from streamo_ros.training.train_config import TrainingError

Loss = Literal['cross_entropy', 'plain', 'focal_alpha', 'class_balanced']

_WIDTH = 2 * HEAD
"""Heads share two pairs of keys and values, so their number is even."""
_MAY_BE_0 = ('seed', 'further_steps', 'last_steps')
_LENT = ('settings.json', 'tower.pt', 'tokenizer/tokenizer.json', 'training', 'validation')
"""What a run lends to another, from its folder."""


@dataclass(frozen=True)
class TinyConfig:
    """A run.

    Attributes:
        output: folder of the run; the checkpoint is `output`/final.
        seed: of weights and of everything that is drawn.
        threads: of torch.
        processes: that draw worlds.
        picture_worlds: worlds of the single pictures, ten of each.
        courses: stretches of worlds for the dialogues.
        validation_courses: likewise, of worlds that nothing is learned from.
        frames: of a stretch.
        rates: frames a second of the stretches for training, drawn evenly.
        tower_steps: of the first lesson.
        language_steps: of the second.
        further_steps: of the third, which goes on with what the second has learned; 0 = none.
        last_steps: of the fourth, which goes on with the third; 0 = none.
        language_from: folder of another run, whose tokenizer, tower and stretches (as its tower
            saw them) are taken instead of made anew; '' = make them.
        hidden: width of the language model.
        layers: of the language model.
        loss: of the states. 'cross_entropy': beginnings and ends of events weigh more, less and
            less so; 'plain': all alike; 'focal_alpha': Streamo's; 'class_balanced': by the
            effective number. The last three are `training.loss`'s, counted over each step.
        rate: highest learning rate of the first two.
        further_rate: of the third.
        last_rate: of the fourth.
        report_every: steps between two lines of the log.
        keep_every: steps after which the state is kept.
    """

    output: str
    kind: Literal['tiny'] = 'tiny'
    seed: int = 0
    threads: int = 2
    processes: int = 2
    picture_worlds: int = 6000
    courses: int = 2400
    validation_courses: int = 120
    frames: int = 24
    rates: tuple[float, ...] = (1.0, 1.0, 1.0, 2.0, 0.5)
    tower_steps: int = 2500
    language_steps: int = 5000
    further_steps: int = 0
    last_steps: int = 0
    language_from: str = ''
    hidden: int = Sizes.hidden
    layers: int = Sizes.layers
    loss: Loss = 'cross_entropy'
    rate: float = 0.004
    further_rate: float = 0.003
    last_rate: float = 0.002
    report_every: int = 40
    keep_every: int = 200

    def __post_init__(self) -> None:
        counts = {
            one.name: getattr(self, one.name)
            for one in fields(self)
            if one.type == 'int' and one.name not in _MAY_BE_0
        }
        wrong = [name for name, value in counts.items() if value < 1]
        wrong += [
            name
            for name in ('rate', 'further_rate', 'last_rate')
            if not 0 < getattr(self, name) < math.inf
        ]
        if wrong:
            raise TrainingError(f'{wrong[0]} must be above 0')
        if min(self.further_steps, self.last_steps) < 0:
            raise TrainingError('further_steps and last_steps must not be below 0')
        if self.last_steps and not self.further_steps:
            raise TrainingError(
                'last_steps without further_steps: the fourth lesson goes on with the third'
            )
        if not self.rates or not all(0 < one < math.inf for one in self.rates):
            raise TrainingError(f'rates is {list(self.rates)}: give frames a second, each above 0')
        if self.hidden % _WIDTH:
            raise TrainingError(
                f'hidden is {self.hidden} and no multiple of {_WIDTH}: heads are '
                f'{HEAD} wide and an even number'
            )
        self._check_source()

    def _check_source(self) -> None:
        if not self.language_from:
            return
        source = Path(self.language_from)
        if source.resolve() == Path(self.output).resolve():
            raise TrainingError('language_from is the output itself: leave it out to go on there')
        missing = [name for name in _LENT if not (source / name).exists()]
        if missing:
            raise TrainingError(
                f'language_from: {source} has no {missing[0]}: train that run '
                'first, at least until its language model begins'
            )


def kept_config(run: Path) -> TinyConfig:
    """The settings that a run has written into its folder.

    Raises:
        TrainingError: there are none, or they are not a run's.
    """
    path = run / 'settings.json'
    if not path.is_file():
        raise TrainingError(f'{path} does not exist: name the folder of a run')
    return tiny_config(json.loads(path.read_text(encoding='utf-8')))


def tiny_config(values: Mapping[str, Any]) -> TinyConfig:
    """Check a configuration.

    Raises:
        TrainingError: a name is unknown or missing, or a value is of the wrong kind.
    """
    return from_mapping(TinyConfig, values, TrainingError)
