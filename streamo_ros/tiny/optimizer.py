# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Muon for matrices, AdamW for the rest, a linear decay, and a running average of the weights.

Source: the average of weights as Polyak and Juditsky 1992, weighted toward the latest.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager

import torch
from torch import nn
from torch import Tensor

from streamo_ros.tiny.muon import Muon
from streamo_ros.training.train_config import TrainingError

MAX_NORM = 1.0
"""Gradients are clipped to this norm."""
_NARROW = 16
"""Matrices with a side of at most this many go to AdamW."""
_WARM_UP = 80
"""Steps over which the rate rises."""
_FLOOR = 0.005
"""Share of the peak rate that is always added."""
_MAX_DECAY, _YOUNG = 0.997, 30
"""Largest decay of the average, and the number of steps by which a young one decays faster."""

Named = tuple[str, nn.Parameter]


class Optimizer:
    """Two optimizers as one.

    Args:
        parameters: parameters by name; Muon does not get those named 'embed' or 'head'.
        rate: peak learning rate.
        steps: number of steps of the run.
        decay: share of the steps, at the end, in which the rate falls.
    """

    def __init__(
        self, parameters: Sequence[Named], rate: float, steps: int, decay: float = 0.6
    ) -> None:
        self._all = [parameter for _, parameter in parameters]
        matrices = [parameter for name, parameter in parameters if _is_matrix(name, parameter)]
        for_muon = {id(parameter) for parameter in matrices}
        rest = [parameter for parameter in self._all if id(parameter) not in for_muon]
        self._rate, self._steps, self._decay = rate, steps, decay
        self.parts: list[torch.optim.Optimizer] = [
            Muon(matrices, lr=rate),
            torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]

    def step(self, loss: Tensor, number: int) -> None:
        """Take a step down a loss; `number` counts from 0.

        Raises:
            TrainingError: the loss is not a number, which no further step would mend.
        """
        if not torch.isfinite(loss):
            raise TrainingError(
                f'the loss of step {number + 1} is {loss.item()}: the last saved state is good; '
                'continue from it with a lower rate or another seed'
            )
        loss.backward()
        nn.utils.clip_grad_norm_(self._all, MAX_NORM)
        rate = self._rate * schedule(number, self._steps, self._decay)
        for part in self.parts:
            for group in part.param_groups:
                group['lr'] = rate
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, object]]:
        """The state, for `load_state_dict`."""
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: Sequence[dict[str, object]]) -> None:
        """Continue from a state."""
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def schedule(number: int, steps: int, decay: float) -> float:
    """Share of the peak rate at a step: warm-up, constant, then a linear decay."""
    warm_up = min(1.0, (number + 1) / _WARM_UP)
    return warm_up * min(1.0, (1 - number / steps) / decay) + _FLOOR


class WeightAverage:
    """A running average of parameters, which performs better than the parameters themselves.

    Args:
        parameters: parameters by name.
    """

    def __init__(self, parameters: Iterable[Named]) -> None:
        self._parameters = list(parameters)
        self.values = {name: value.detach().clone() for name, value in self._parameters}

    @torch.no_grad()
    def update(self, number: int) -> None:
        """Include the parameters after a step; `number` counts from 1."""
        weight = 1 - min(_MAX_DECAY, number / (number + _YOUNG))
        for name, parameter in self._parameters:
            self.values[name].lerp_(parameter, weight)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Replace the parameters by their average within a `with` block."""
        original = {name: value.detach().clone() for name, value in self._parameters}
        self._set(self.values)
        try:
            yield
        finally:
            self._set(original)

    @torch.no_grad()
    def _set(self, values: dict[str, Tensor]) -> None:
        for name, parameter in self._parameters:
            parameter.copy_(values[name])


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    return (
        parameter.ndim == 2
        and min(parameter.shape) > _NARROW
        and 'embed' not in name
        and 'head' not in name
    )
