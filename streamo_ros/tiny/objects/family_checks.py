# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks each family on histories that hold the network's own states, as they do when it serves.

On true histories a check can look good though nothing was understood: an answer follows from the
Standby before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State
from streamo_ros.tiny.history import with_own_states
from streamo_ros.tiny.log import Figures
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.objects.dialogues import DialoguePlan
from streamo_ros.tiny.objects.dialogues import draw_dialogue
from streamo_ros.tiny.objects.tensors import collate
from streamo_ros.tiny.tensors import TensorBatch

TOLERANCE = 3
"""Most frames between an answer due and one given."""
_PASSES = 3
"""Passes until a history is taken for the network's own: a state depends on few before it."""


@dataclass(frozen=True)
class FamilyChecks:
    """Dialogues of each family.

    Args:
        prompt: prompt of the model's tokenizer.
        batches: a batch of each family, by its name.
    """

    prompt: PromptTokens
    batches: dict[str, TensorBatch]

    @torch.no_grad()
    def figures(self, network: Network) -> Figures:
        """Timing F1 of each family, and their mean as `all`; NaN where nothing is due or said."""
        scores = {
            family: timing_f1(*self._answers(network, batch))
            for family, batch in self.batches.items()
        }
        known = [score for score in scores.values() if not np.isnan(score)]
        return {'all': float(np.mean(known)) if known else float('nan'), **scores}

    def _answers(self, network: Network, batch: TensorBatch) -> tuple[list[int], list[int]]:
        """Frames at which an answer is due, and at which one is given.

        Frames of different dialogues are far apart.
        """
        for _ in range(_PASSES):
            batch = with_own_states(network, batch, self.prompt.state_ids[:2])
        output = network.run(batch.ids, batch.positions, batch.vision_index, batch.vision)
        states = ~batch.in_answer
        index = batch.target_index[states]
        decided = network.logits(output.last[index]).argmax(-1)
        response = dict(zip(DECISIONS, self.prompt.state_ids, strict=True))[State.RESPONSE]
        frames = _frames(index // batch.ids.shape[1])
        certain = batch.weights[states] > 0
        due = (batch.target_ids[states] == response) & certain
        said = (decided == response) & certain
        return frames[due].tolist(), frames[said].tolist()


def draw_checks(
    prompt: PromptTokens, plan: DialoguePlan, count: int, rng: np.random.Generator
) -> FamilyChecks:
    """Draw dialogues to check.

    Args:
        prompt: prompt of the model's tokenizer.
        plan: what they are to be like; its families are those that are checked.
        count: number of dialogues of each family.
        rng: makes all random choices.
    """
    batches = {}
    for family in plan.weights:
        own = DialoguePlan(plan.turns, {family: 1.0}, stress=0.0, fresh=plan.fresh)
        batches[family] = collate([draw_dialogue(prompt, own, rng) for _ in range(count)])
    return FamilyChecks(prompt, batches)


def timing_f1(due: Sequence[int], said: Sequence[int]) -> float:
    """F1 of frames that are given against frames that are due; NaN without any.

    Args:
        due: frames at which an answer is due, in order.
        said: frames at which one is given, in order.
    """
    if not due and not said:
        return float('nan')
    matched, at = 0, 0
    for frame in due:
        while at < len(said) and said[at] < frame - TOLERANCE:
            at += 1
        if at < len(said) and said[at] <= frame + TOLERANCE:
            matched, at = matched + 1, at + 1
    return 2 * matched / (len(due) + len(said))


def _frames(rows: Tensor) -> Tensor:
    """Numbers of frames; those of another row are far away."""
    counts = torch.arange(len(rows))
    starts = torch.cat((torch.ones(1, dtype=torch.bool), rows[1:] != rows[:-1]))
    first = torch.where(starts, counts, 0).cummax(0).values
    return counts - first + rows * 1000
