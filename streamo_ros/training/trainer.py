# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""transformers' Trainer with the state loss and free-running validation.

Label counts of a step are taken over all its micro-batches and ranks before the first forward
pass.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list
from torch import nn
from transformers import PreTrainedModel

from streamo_ros.training.base_trainer import BaseTrainer
from streamo_ros.training.loss import BatchCounts
from streamo_ros.training.loss import StateLoss
from streamo_ros.training.positions import packed_positions
from streamo_ros.training.segment_attention import segment_inputs
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.train_config import TrainingError
from streamo_ros.training.validation import Validation


class StreamoTrainer(BaseTrainer):
    """A Trainer whose loss is `StateLoss` over the whole optimizer step.

    Args:
        state_loss: the loss.
        lengths: see `BaseTrainer`.
        validation: validates checkpoints; None = never.
        save_validated: writes the checkpoint to validate to a folder; called on all ranks.
    """

    loss_is_scaled_for_ga = True

    def __init__(
        self,
        *args: Any,
        state_loss: StateLoss,
        lengths: list[int],
        validation: Validation | None = None,
        save_validated: Callable[[StreamoTrainer, Path], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, lengths=lengths, **kwargs)
        self.validation = validation
        self.save_validated = save_validated
        self.state_loss = state_loss
        self._counts: BatchCounts | None = None

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], Any]:
        """Fetch the micro-batches of a step and count their labels on all ranks."""
        batches, items = super().get_batch_samples(epoch_iterator, num_batches, device)
        self._counts = self._count(batches, device) if batches else None
        return batches, items

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The loss of one micro-batch, as its share of the step's loss.

        Logits are computed only at supervised places: with a large vocabulary the full logits
        would be the largest tensor of the step.

        Raises:
            TrainingError: it is not a number; Trainer itself would hide that and go on.
        """
        del num_items_in_batch
        labels, decisions = inputs.pop('labels'), inputs.pop('decisions')
        keep = torch.nonzero((labels[:, 1:] != IGNORED).any(0)).flatten()
        if 'segments' in inputs:
            inputs |= segment_inputs(self.accelerator.unwrap_model(model), inputs)
        elif 'lengths' in inputs:
            inputs |= packed_positions(self.accelerator.unwrap_model(model), inputs)
        outputs = model(**inputs, logits_to_keep=keep, use_cache=False)
        counts = self._counts if model.training else None
        loss = self.state_loss(outputs.logits, labels[:, keep + 1], counts, decisions[:, keep + 1])
        if not torch.isfinite(loss):
            raise TrainingError(
                f'the loss of step {self.state.global_step + 1} is {loss.item()}: continue from '
                'the last checkpoint (--resume) with a lower learning rate'
            )
        if counts is not None:
            # Gradients are averaged over ranks, but this loss is a share of their sum.
            loss = loss * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: Any = None,
        metric_key_prefix: str = 'eval',
    ) -> dict[str, float]:
        """Validate free-running instead of by the loss; callbacks see the metrics as usual."""
        del eval_dataset, ignore_keys
        if self.validation is None or self.save_validated is None:
            raise TrainingError('validation.dialogues names no file')
        self.save_validated(self, self.validation.folder)
        results: list[dict[str, float]] = [{}]
        if self.is_world_process_zero():
            results = [self.validation.validate(self.state.global_step)]
        broadcast_object_list(results)
        metrics = {f'{metric_key_prefix}_{name}': value for name, value in results[0].items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _count(self, batches: list[Any], device: torch.device) -> BatchCounts:
        counts = [
            self.state_loss.count(batch['labels'][:, 1:], batch['decisions'][:, 1:])
            for batch in batches
        ]
        rows = [[*count.states, count.supervised] for count in counts]
        local = torch.tensor(rows, device=device).sum(0, keepdim=True)
        silence, standby, response, supervised = self.accelerator.gather(local).sum(0).tolist()
        return BatchCounts((silence, standby, response), supervised)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        # transformers saves weights under their released names and looks for the modules' names
        # when it resumes: every tensor of Qwen2.5-VL would be missing, with only a warning
        # (QwenLM/Qwen3-VL#1763).
        plain = self.model if model is None else None
        sharded = self.is_fsdp_enabled or self.is_deepspeed_enabled
        if sharded or not isinstance(plain, PreTrainedModel):
            super()._load_from_checkpoint(resume_from_checkpoint, model)
            return
        saved = type(plain).from_pretrained(
            resume_from_checkpoint, dtype=plain.dtype, local_files_only=True
        )
        plain.load_state_dict(saved.state_dict())
