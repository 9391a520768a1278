# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""transformers' Trainer for a gate: its own files, and a learning rate of the connector's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streamo_ros.training.activation.gate_model import GateModel
from streamo_ros.training.base_trainer import BaseTrainer


class GateTrainer(BaseTrainer):
    """A Trainer of a `GateModel`.

    Args:
        connector_rate: learning rate of what lies between vision tower and language model.
    """

    model: GateModel

    def __init__(self, *args: Any, connector_rate: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connector_rate = connector_rate

    def create_optimizer(self, model: Any = None) -> Any:
        """The optimizer that the arguments name, with the connector as a group of its own."""
        del model
        if self.optimizer is None:
            connector = self.model.connector_parameters()
            apart = {id(parameter) for parameter in connector}
            others = [
                it for it in self.model.parameters() if it.requires_grad and id(it) not in apart
            ]
            groups: list[dict[str, Any]] = [{'params': others}]
            if connector:
                groups.append({'params': connector, 'lr': self._connector_rate})
            kind, options = self.get_optimizer_cls_and_kwargs(self.args)
            options.setdefault('weight_decay', self.args.weight_decay)
            self.optimizer = kind(groups, **options)
        return self.optimizer

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        del state_dict
        self.model.save(Path(output_dir or str(self.args.output_dir)))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        del model
        self.model.load(Path(resume_from_checkpoint))
