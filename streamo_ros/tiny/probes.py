# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Heads that ask the language model, on its way up, what it knows of each frame.

Knows heads and their loss. One layer below the last, where a state is about to be decided, it must
know the facts that the decision follows from; halfway up, behind the state that stands in the
history, when that frame was taken; and at the vision tokens, which place their things have in a
list. The heads are thrown away at the export.

Source: auxiliary losses on hidden layers as deep supervision (Lee et al., arXiv 1409.5185).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.tiny.probe_targets import ASKED
from streamo_ros.tiny.probe_targets import KEPT
from streamo_ros.tiny.probe_targets import LATE
from streamo_ros.tiny.probe_targets import PLACES
from streamo_ros.tiny.probe_targets import UNKNOWN


class Probes(nn.Module):
    """A head for each fact.

    Args:
        width: of the language model.
        late: whether the facts of the fourth lesson are asked for too.
    """

    def __init__(self, width: int, *, late: bool = False) -> None:
        super().__init__()
        self._width = width
        asked = ASKED | LATE if late else ASKED
        self.asked = nn.ModuleList([nn.Linear(width, count) for count in asked.values()])
        self.kept = nn.ModuleList([nn.Linear(width, count) for count in KEPT.values()])
        self.place = nn.Linear(width, PLACES) if late else None

    def loss(self, asked: Tensor, kept: Tensor, facts: Tensor) -> tuple[Tensor, Tensor]:
        """Sum over the facts of their mean cross-entropies, and the share of them that is known.

        Args:
            asked: states of the network where a state is decided, shape (frames, width).
            kept: likewise, behind the state in the history.
            facts: int64, shape (frames, facts): `facts.Facts` of each frame.
        """
        total, right, count = asked.sum() * 0, asked.new_zeros(()), 0
        columns, early = facts.T, len(ASKED)
        rows = [(head, asked, columns[k]) for k, head in enumerate(self.asked)]
        rows += [(head, kept, columns[early + len(LATE) + k]) for k, head in enumerate(self.kept)]
        for head, states, wanted in rows:
            known = wanted != UNKNOWN
            if known.any():
                found = head(F.rms_norm(states[known], (self._width,)))
                total = total + F.cross_entropy(found, wanted[known])
                right = right + (found.argmax(-1) == wanted[known]).float().sum()
                count += int(known.sum())
        return total, right / max(count, 1)

    def places(self, cells: Tensor, places: Tensor) -> Tensor:
        """Mean cross-entropy of the places of things in a list, as their vision tokens know them.

        Args:
            cells: states of the network at the vision tokens, shape (vision tokens, width).
            places: int64, shape (vision tokens,): from 0; `facts.UNKNOWN` where no thing is.
        """
        known = places != UNKNOWN
        if self.place is None or not known.any():
            return cells.sum() * 0
        found = self.place(F.rms_norm(cells[known], (self._width,)))
        return F.cross_entropy(found, places[known])
