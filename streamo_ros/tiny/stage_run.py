# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trains a language model through a stage, or continues it where it was interrupted.

What is drawn at a step depends only on the step, so an interruption changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.log import average
from streamo_ros.tiny.log import Figures
from streamo_ros.tiny.log import Log
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.objective import Objective
from streamo_ros.tiny.optimizer import Optimizer
from streamo_ros.tiny.optimizer import WeightAverage
from streamo_ros.tiny.saved_parts import read_part
from streamo_ros.tiny.saved_parts import resume
from streamo_ros.tiny.saved_parts import save_part
from streamo_ros.tiny.tensors import TensorBatch

Draw = Callable[[int], tuple[TensorBatch, AuxiliaryWeights]]
"""Makes the batch of a step, which counts from 0."""
Review = Callable[[Network], Figures]
"""Figures of the network."""


@dataclass(frozen=True)
class StageRun:
    """A stage of a training run.

    Attributes:
        path: where its state is saved.
        part: its name in the log.
        steps: its length.
        rate: peak learning rate.
        report_every: steps between two lines of the log.
        keep_every: steps between two saved states.
        log: the run's log.
    """

    path: Path
    part: str
    steps: int
    rate: float
    report_every: int
    keep_every: int
    log: Log

    def is_done(self) -> bool:
        """Whether all steps have been taken."""
        return self.path.is_file() and int(read_part(self.path)['step']) >= self.steps

    def train(
        self,
        network: Network,
        objective: Objective,
        draw: Draw,
        checks: Sequence[TensorBatch],
        check_weights: AuxiliaryWeights,
        review: Review | None = None,
    ) -> None:
        """Take the steps that are left.

        Args:
            network: what is trained.
            objective: its loss.
            draw: makes the batches.
            checks: batches for validation.
            check_weights: weights of the auxiliary losses in validation.
            review: further figures of the network, written whenever its state is saved.
        """
        trainable = network.trainable()
        optimizer = Optimizer(trainable, self.rate, self.steps)
        done = resume(self.path, network, optimizer, 'network')
        average_weights = WeightAverage(trainable)
        if done:
            kept = read_part(self.path)['ema']
            average_weights.values = {name: kept[name] for name, _ in trainable}
        for step in range(done, self.steps):
            batch, weights = draw(step)
            loss, figures = objective(network, batch, weights)
            optimizer.step(loss, step)
            average_weights.update(step + 1)
            self.log.add(self.part, step + 1, figures, self.report_every)
            if is_due(step, self.steps, self.keep_every):
                current = {name: value.clone() for name, value in network.state_dict().items()}
                with average_weights.applied(), torch.no_grad():
                    rows = [objective(network, check, check_weights)[1] for check in checks]
                    if rows:
                        self.log.write(f'{self.part}_check', step + 1, average(rows))
                    if review:
                        figures = average([review(network)])
                        self.log.write(f'{self.part}_review', step + 1, figures)
                    states = {'ema': network.state_dict(), 'network': current}
                    save_part(self.path, states, optimizer, step + 1)


def is_due(step: int, steps: int, every: int) -> bool:
    """Whether to validate and save after a step that counts from 0."""
    return (step + 1) % every == 0 or step + 1 == steps
