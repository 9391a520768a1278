# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration of a gate's training; see `train_config` for what it shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields
from dataclasses import replace
from typing import Any
from typing import Literal

from streamo_ros.core.from_mapping import from_mapping
from streamo_ros.training.train_config import TrainConfig
from streamo_ros.training.train_config import TrainingError
from streamo_ros.training.train_config import ValidationSettings

PUBLISHED_SHARE = 0.5
UNUSED = ('protocol', 'packing', 'loss')
"""Settings of other runs that mean nothing here."""


@dataclass(frozen=True)
class GateConfig(TrainConfig):
    """A run that trains a gate.

    Attributes:
        reads: 'frames': the question and the frames, as published. 'dialogue': also when each
            frame was and what was answered to it, as a model of the protocol does.
        share: largest share of an event's frames that call for an answer, 0 to 1; each sequence
            draws its own from 0 to this.
        connector_learning_rate: of what lies between vision tower and language model; 0 = a tenth
            of `trainer.learning_rate`, as published.
        trainable: with `lora.rank` above 0 only `connector` counts.
        validation: at the end of the run only; finds the threshold with the best timing F1.
    """

    kind: Literal['transformers', 'activation'] = 'activation'
    reads: Literal['frames', 'dialogue'] = 'frames'
    share: float = PUBLISHED_SHARE
    connector_learning_rate: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.share <= 1:
            raise TrainingError(f'share is {self.share:g}: give the largest share, 0 to 1')
        if self.connector_learning_rate < 0:
            raise TrainingError('connector_learning_rate must be at least 0')
        defaults = {entry.name: entry for entry in fields(TrainConfig)}
        unused = UNUSED if self.reads == 'dialogue' else (*UNUSED, 'max_time')
        for name in unused:
            if getattr(self, name) not in (defaults[name].default, {}):
                raise TrainingError(f'{name} has no meaning for a gate: remove it')
        if self.data.layout != 'served':
            raise TrainingError('data.layout has no meaning for a gate: remove it')
        if self.data.augmentation.wrong_states:
            raise TrainingError(
                'data.augmentation.wrong_states has no meaning for a gate, which does not read '
                'its own decisions: remove it'
            )

    @property
    def without_validation(self) -> GateConfig:
        """The same run without what happens after training."""
        return replace(self, validation=ValidationSettings())


def gate_config(values: Mapping[str, Any]) -> GateConfig:
    """Validate a configuration.

    Raises:
        TrainingError: a name is unknown or missing, or a value is wrong.
    """
    return from_mapping(GateConfig, values, TrainingError)
