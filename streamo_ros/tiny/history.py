# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Replaces the true states in a batch's history by the model's own.

A model that has only ever read true histories trusts its own first mistake; trained on its own
states, it learns to recover. Answers and targets remain the true ones.

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
    """Decide every frame once with the network, and write its decisions into the history.

    Args:
        network: the network.
        batch: a batch; it is not modified.
        quiet: ids of the states without text, Silence and Standby; where another state is due or
            decided, the true one stays.

    Returns:
        A batch that differs only in `ids`.
    """
    output = network.run(batch.ids, batch.positions, batch.vision_index, batch.vision)
    states = ~batch.in_answer
    index, due = batch.target_index[states], batch.target_ids[states]
    decided = network.logits(output.last[index]).argmax(-1)
    quiet_ids = torch.tensor(list(quiet))
    own = torch.isin(decided, quiet_ids) & torch.isin(due, quiet_ids)
    ids = batch.ids.flatten().clone()
    # A state comes right after the position that predicts it.
    ids[index[own] + 1] = decided[own]
    return replace(batch, ids=ids.reshape(batch.ids.shape))
