# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""transformers' Trainer as all runs use it: examples of about equal length make a batch."""

from __future__ import annotations

from typing import Any

from transformers import Trainer
from transformers.trainer_pt_utils import LengthGroupedSampler


class BaseTrainer(Trainer):
    """A Trainer that knows the lengths of its examples.

    Args:
        lengths: tokens of each example, for length grouping.
    """

    def __init__(self, *args: Any, lengths: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lengths = lengths

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        # transformers would decode every video to find the length of its example.
        if self.args.train_sampling_strategy != 'group_by_length':
            return super()._get_train_sampler(train_dataset)
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return LengthGroupedSampler(size, lengths=self.lengths)
