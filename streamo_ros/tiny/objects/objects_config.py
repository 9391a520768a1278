# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration of a training run of streamo-objects."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import Literal

from streamo_ros.core.from_mapping import from_mapping
from streamo_ros.tiny.network import Sizes
from streamo_ros.training.train_config import TrainingError

PART = 'language'
"""Name of the saved state of a run, and of its lines in the log."""


@dataclass(frozen=True)
class ObjectsConfig:
    """A training run.

    Attributes:
        output: folder of the run; the checkpoint is `output`/final.
        kind: selects this recipe in `streamo train`.
        seed: seed of the initial weights and of everything that is drawn.
        threads: number of torch threads.
        processes: number of processes that draw dialogues ahead; 0: none.
        word_steps: steps of the first stage, which learns what words mean.
        steps: steps of the second stage.
        continue_from: what this run starts with: the averaged weights of a saved part of another
            run, or a checkpoint such as models/streamo-objects; '' = from scratch.
        progress_from: share of the curriculum that counts as done, from 0.
        recordings: file of what the detector saw in real videos, see `worlds.objects.recorded`;
            '' = simulated streams alone.
        hidden: width of the language model.
        layers: number of layers of the language model.
        theta: base of the rotary frequencies: kinds are matched with words far away.
        rate: peak learning rate.
        half: compute in bfloat16, 1.6 times as fast on a CPU with instructions for it, and slower
            on others.
        report_every: steps between two lines of the log.
        keep_every: steps between two saved states.
    """

    output: str
    kind: Literal['objects'] = 'objects'
    seed: int = 0
    threads: int = 2
    processes: int = 1
    word_steps: int = 500
    steps: int = 5000
    continue_from: str = ''
    progress_from: float = 0.0
    recordings: str = ''
    hidden: int = Sizes.hidden
    layers: int = Sizes.layers
    theta: float = 1e6
    rate: float = 0.004
    half: bool = False
    report_every: int = 50
    keep_every: int = 200

    def __post_init__(self) -> None:
        for name in ('threads', 'steps', 'hidden', 'layers', 'rate', 'report_every', 'keep_every'):
            if not 0 < getattr(self, name) < math.inf:
                raise TrainingError(f'{name} must be greater than 0')
        if self.processes < 0:
            raise TrainingError('processes must not be negative')
        if not 0 <= self.progress_from < 1:
            raise TrainingError('progress_from must be in [0, 1)')


def sizes(config: ObjectsConfig) -> Sizes:
    """Widths and depths of a run's network."""
    return Sizes(hidden=config.hidden, layers=config.layers, theta=config.theta)


def objects_config(values: Mapping[str, Any]) -> ObjectsConfig:
    """Validate a configuration.

    Raises:
        TrainingError: a name is unknown or missing, or a value has the wrong type.
    """
    return from_mapping(ObjectsConfig, values, TrainingError)


def kept_objects_config(run: Path) -> ObjectsConfig:
    """The configuration that a run has written to its folder.

    Raises:
        TrainingError: there is none, or it is invalid.
    """
    path = run / 'settings.json'
    if not path.is_file():
        raise TrainingError(f'{path} does not exist: pass the folder of a run')
    return objects_config(json.loads(path.read_text(encoding='utf-8')))
