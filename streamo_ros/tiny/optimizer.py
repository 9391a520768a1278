# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Muon for matrices, AdamW for the rest, one linear decay, and a running mean of the weights.

Knows parameters and steps; knows no task.

Sources: Muon, Jordan et al. 2024 (as in torch.optim, scaled to AdamW's step as Liu et al.,
arXiv 2502.16982); the mean of weights as Polyak and Juditsky 1992, weighted towards the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager

import torch
from torch import nn
from torch import Tensor

CLIP = 1.0
_NARROW = 16
_WARM_UP = 80
_FLOOR = 0.005
_LONGEST_MEAN, _YOUNG = 0.997, 30

Named = tuple[str, nn.Parameter]


class Optimizer:
    """Steps of two optimisers as one.

    Args:
        parameters: with their names; those named 'embed' or 'head' are no matrices to Muon.
        rate: learning rate at its highest.
        steps: of the whole run.
        decay: share of the steps, at the end, in which the rate falls.
    """

    def __init__(
        self, parameters: Sequence[Named], rate: float, steps: int, decay: float = 0.6
    ) -> None:
        self._all = [one for _, one in parameters]
        matrices = [one for name, one in parameters if _is_matrix(name, one)]
        known = {id(one) for one in matrices}
        rest = [one for one in self._all if id(one) not in known]
        self._rate, self._steps, self._decay = rate, steps, decay
        self.parts: list[torch.optim.Optimizer] = [
            torch.optim.Muon(
                matrices, lr=rate, weight_decay=0.02, momentum=0.95, adjust_lr_fn='match_rms_adamw'
            ),
            torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]

    def step(self, loss: Tensor, number: int) -> None:
        """Learn from a loss; `number` counts from 0."""
        loss.backward()
        nn.utils.clip_grad_norm_(self._all, CLIP)
        rate = self._rate * schedule(number, self._steps, self._decay)
        for part in self.parts:
            for group in part.param_groups:
                group['lr'] = rate
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, object]]:
        """For `load_state_dict`."""
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: Sequence[dict[str, object]]) -> None:
        """Go on where `state_dict` was taken."""
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def schedule(number: int, steps: int, decay: float) -> float:
    """Share of the highest rate: up, level, then down in one line."""
    up = min(1.0, (number + 1) / _WARM_UP)
    return up * min(1.0, (1 - number / steps) / decay) + _FLOOR


class WeightAverage:
    """A running mean of parameters, which watches better than the parameters themselves.

    Args:
        parameters: with their names.
    """

    def __init__(self, parameters: Iterable[Named]) -> None:
        self._own = list(parameters)
        self.values = {name: one.detach().clone() for name, one in self._own}

    @torch.no_grad()
    def update(self, number: int) -> None:
        """Take in the parameters after a step that counts from 1."""
        weight = 1 - min(_LONGEST_MEAN, number / (number + _YOUNG))
        for name, one in self._own:
            self.values[name].lerp_(one, weight)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The parameters are their mean for a while."""
        kept = {name: one.detach().clone() for name, one in self._own}
        self._set(self.values)
        try:
            yield
        finally:
            self._set(kept)

    @torch.no_grad()
    def _set(self, values: dict[str, Tensor]) -> None:
        for name, one in self._own:
            one.copy_(values[name])


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    return (
        parameter.ndim == 2
        and min(parameter.shape) > _NARROW
        and 'embed' not in name
        and 'head' not in name
    )
