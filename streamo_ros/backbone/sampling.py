# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chooses the next tokens from their logits, on the model's device: greedy, or seeded sampling.

A draw depends on the seed and on the number of tokens in the lane, not on what happened in other
lanes or runs. Penalty, temperature, top-k and top-p apply in this order, as in transformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from streamo_ros.core.interface import Sampling

FAILED = -1
"""Marks, in a tensor of tokens, a row whose logits were not finite."""
_NEVER = float('-inf')


@dataclass(frozen=True)
class Choice:
    """What the choice of one lane's token depends on besides its logits.

    Attributes:
        length: tokens in the lane.
        said: ids of the answer so far.
        may_stop: whether the token may be a control token.
    """

    length: int
    said: tuple[int, ...] = ()
    may_stop: bool = True


def greedy(logits: Tensor) -> Tensor:
    """The most probable token of each row, `FAILED` where a logit is not finite; (lanes,)."""
    finite = torch.isfinite(logits).all(-1)
    return torch.where(finite, logits.argmax(-1), FAILED)


def choose(
    best: Tensor, logits: Tensor, choices: Sequence[Choice], sampling: Sampling, control: Tensor
) -> list[int | None]:
    """One token per row; the host waits for the device once.

    Args:
        best: see `greedy`, int64, (lanes,).
        logits: (lanes, vocabulary).
        choices: one per lane.
        sampling: how to choose.
        control: ids of control tokens, int64.

    Returns:
        Token ids; None where a logit is not finite.
    """
    penalized = sampling.repetition_penalty != 1 and any(choice.said for choice in choices)
    barred = [row for row, choice in enumerate(choices) if not choice.may_stop]
    if penalized or barred or sampling.temperature > 0:
        rows = logits.float()
        if penalized:
            rows = _penalize(rows, [choice.said for choice in choices], sampling)
        if barred:
            at = torch.tensor(barred, device=rows.device)
            rows = rows.index_put((at[:, None], control[None, :]), rows.new_tensor(_NEVER))
        drawn = (
            _draw(rows, [choice.length for choice in choices], sampling)
            if sampling.temperature > 0
            else rows.argmax(-1)
        )
        best = torch.where(best == FAILED, best, drawn)
    return [None if token == FAILED else token for token in best.tolist()]


def _penalize(logits: Tensor, said: Sequence[Sequence[int]], sampling: Sampling) -> Tensor:
    """Make the tokens of each answer less probable.

    Only the answer's own tokens: over the whole lane, the words of the instruction would become
    rarer the longer the stream runs.

    Source: Keskar et al., 'CTRL', arXiv 1909.05858, sec. 4.1.
    """
    rows = [row for row, ids in enumerate(said) for _ in set(ids)]
    at = torch.tensor(rows, device=logits.device)
    ids = torch.tensor([token for ids in said for token in set(ids)], device=logits.device)
    old, penalty = logits[at, ids], sampling.repetition_penalty
    return logits.index_put((at, ids), torch.where(old < 0, old * penalty, old / penalty))


def _draw(logits: Tensor, lengths: Sequence[int], sampling: Sampling) -> Tensor:
    """One seeded draw per row, by the inverse of the cumulative distribution."""
    scaled = logits.double() / sampling.temperature
    if 0 < sampling.top_k < scaled.shape[-1]:
        kth = scaled.topk(sampling.top_k, dim=-1).values[:, -1:]
        scaled = scaled.masked_fill(scaled < kth, _NEVER)
    if sampling.top_p < 1:
        scaled = _nucleus(scaled, sampling.top_p)
    cumulative = scaled.softmax(-1).cumsum(-1)
    uniform = [np.random.default_rng((sampling.seed, length)).random() for length in lengths]
    target = torch.tensor(uniform, dtype=torch.float64, device=logits.device)[:, None]
    return torch.searchsorted(cumulative, target * cumulative[:, -1:], right=True)[:, 0]


def _nucleus(scaled: Tensor, top_p: float) -> Tensor:
    """Keep the most probable tokens whose probabilities add up to `top_p`, at least one.

    Source: Holtzman et al., arXiv 1904.09751, sec. 3.1.
    """
    ordered, order = scaled.sort(dim=-1, descending=True)
    probabilities = ordered.softmax(-1)
    outside = probabilities.cumsum(-1) - probabilities >= top_p
    outside[:, 0] = False
    return scaled.masked_fill(torch.zeros_like(outside).scatter(-1, order, outside), _NEVER)
