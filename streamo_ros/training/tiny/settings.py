# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of a run of the embedded model, checked before anything is made.

Knows names and ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields
from typing import Any
from typing import get_type_hints

from streamo_ros.training.config import TrainingError


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
        tower_steps: of the first lesson.
        language_steps: of the second.
        rate: highest learning rate of both.
        report_every: steps between two lines of the log.
        keep_every: steps after which the state is kept.
    """

    output: str
    kind: str = 'tiny'
    seed: int = 0
    threads: int = 2
    processes: int = 2
    picture_worlds: int = 6000
    courses: int = 2400
    validation_courses: int = 120
    frames: int = 24
    tower_steps: int = 2500
    language_steps: int = 5000
    rate: float = 0.004
    report_every: int = 40
    keep_every: int = 200

    def __post_init__(self) -> None:
        counts = {one.name: getattr(self, one.name) for one in fields(self)
                  if one.type == 'int' and one.name != 'seed'}
        wrong = [name for name, value in counts.items() if value < 1]
        if wrong or self.rate <= 0:
            raise TrainingError(f'{wrong[0] if wrong else "rate"} must be above 0')
        if self.kind != 'tiny':
            raise TrainingError(f"kind is {self.kind!r} and not 'tiny'")


def tiny_config(values: Mapping[str, Any]) -> TinyConfig:
    """Check a configuration.

    Raises:
        TrainingError: a name is unknown or missing, or a value is of the wrong kind.
    """
    hints = get_type_hints(TinyConfig)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise TrainingError(f'{unknown[0]} is no setting: choose from {", ".join(sorted(hints))}')
    if 'output' not in values:
        raise TrainingError('output is missing: name the folder of the run')
    try:
        return TinyConfig(**{name: hints[name](value) for name, value in values.items()})
    except ValueError as error:
        raise TrainingError(str(error)) from error
