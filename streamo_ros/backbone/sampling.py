# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the next token is chosen from its logits: greedy, or seeded sampling.

Knows logits alone. The draw depends on the seed and on how many tokens the lane holds, not on
what happened in other lanes or runs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from streamo_ros.core.interface import Sampling

FAILED = -1
"""Stands for a token where the logits were not finite."""


def greedy(logits: Tensor) -> Tensor:
    """The most probable token of each row, `FAILED` where a logit is not finite; (lanes,)."""
    finite = torch.isfinite(logits).all(-1)
    return torch.where(finite, logits.argmax(-1), FAILED)


def greedy_without(logits: Tensor, barred: Tensor) -> tuple[int, Tensor]:
    """The most probable token of one row among those that are not barred.

    Args:
        logits: shape (vocabulary,).
        barred: ids, int64.

    Returns:
        The token, `FAILED` where a logit is not finite; and the logits, those of barred tokens
        minus infinity.
    """
    rest = logits.index_fill(0, barred, float('-inf'))
    return (int(rest.argmax()) if bool(torch.isfinite(logits).all()) else FAILED), rest


def choose(
    best: Sequence[int], logits: Sequence[Tensor], lengths: Sequence[int], sampling: Sampling
) -> list[int]:
    """One token of each row.

    Args:
        best: see `greedy`.
        logits: of each row, (vocabulary,).
        lengths: tokens that each lane holds.
        sampling: how.

    Returns:
        Token ids; `FAILED` where a logit is not finite.
    """
    if sampling.temperature <= 0:
        return list(best)
    return [
        token if token == FAILED else _draw(row, length, sampling)
        for token, row, length in zip(best, logits, lengths, strict=True)
    ]


def _draw(logits: Tensor, length: int, sampling: Sampling) -> int:
    scaled = logits.double().cpu().numpy() / sampling.temperature
    weights = np.exp(scaled - scaled.max())
    uniform = np.random.default_rng((sampling.seed, length)).random()
    return int(np.searchsorted(np.cumsum(weights), uniform * weights.sum(), side='right'))
