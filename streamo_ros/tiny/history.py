# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A batch whose history holds the model's own states instead of the true ones.

Knows where states stand in a batch. A model that has only ever read true histories believes its
own first mistake: with its own states in front of it, it learns to come back. Answers stay the
true ones, and so does what is to be learned.

Source: scheduled sampling in two parallel passes (Mihaylova and Martins, ACL 2019 SRW).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from streamo_ros.tiny.network import Network
from streamo_ros.tiny.tensors import TensorBatch


@torch.no_grad()
def with_own_states(network: Network, batch: TensorBatch, quiet: Sequence[int]) -> TensorBatch:
    """Let the network decide every frame once, and write what it decided into the history.

    Args:
        network: as it is now.
        batch: whose ids are not changed.
        quiet: ids of the states that carry no text, Silence and Standby; where another one is due
            or decided, the true one stays.

    Returns:
        A batch that differs in `ids` alone.
    """
    hidden = network.read(batch.ids, batch.places, batch.seen_at, batch.seen).hidden
    states = ~batch.spoken
    at, due = batch.at[states], batch.wanted[states]
    chosen = network.logits(hidden[at]).argmax(-1)
    known = torch.tensor(list(quiet))
    own = torch.isin(chosen, known) & torch.isin(due, known)
    ids = batch.ids.flatten().clone()
    # A state stands right behind the place that predicts it.
    ids[at[own] + 1] = chosen[own]
    return replace(batch, ids=ids.reshape(batch.ids.shape))
