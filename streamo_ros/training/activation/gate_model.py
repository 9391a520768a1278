# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The model of a gate in training: a base, perhaps with an adapter, and a score of each frame."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from safetensors.torch import save_file
from torch import nn
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from streamo_ros.backbone.gate_files import GATE
from streamo_ros.backbone.gate_files import SCORE
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.training.base_model import CONNECTORS
from streamo_ros.training.base_model import freeze
from streamo_ros.training.lora import adapt
from streamo_ros.training.segment_attention import enable_segments
from streamo_ros.training.segment_attention import segment_inputs
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.train_config import TrainConfig

_ADAPTED = 'base_model.model.'
"""What peft puts in front of the names of a model's parameters."""


class GateModel(nn.Module):
    """A base whose last hidden states are scored.

    Args:
        base: the transformers model, which has the scored token.
        config: says which of its parts are trained.
        act: id of the scored token, which begins as the one after which the base would reply.
        prompt: the prompt tokens; the score begins as the base's preference of a Response to
            Silence, which is worth nothing in most bases and much in one of the protocol.
    """

    def __init__(self, base: Any, config: TrainConfig, act: int, prompt: PromptTokens) -> None:
        super().__init__()
        self.adapted = config.lora.rank > 0
        self.score = _first_score(base, act, prompt)
        enable_segments(base)
        if self.adapted:
            self.model = adapt(base, config.lora, (act,), head=False)
            # Needed with checkpointed activations alone; without them it would let gradients
            # flow through the frozen vision tower.
            base.disable_input_require_grads()
            for parameter in self._connector(config.trainable.connector):
                parameter.requires_grad_(True)
        else:
            self.model = base
            freeze(base, config.trainable)

    @property
    def plain(self) -> Any:
        """The transformers model, with the adapter's layers in it."""
        return self.model.get_base_model() if self.adapted else self.model

    def forward(self, labels: Tensor, decisions: Any = None, **inputs: Any) -> dict[str, Tensor]:
        """Binary cross-entropy over the scored tokens.

        Args:
            labels: 1 where an answer is due, 0 where none is, `IGNORED` elsewhere; shape (rows,
                tokens).
            decisions: not used.
            **inputs: of the transformers model.

        Returns:
            `loss`, and `logits` of the scored tokens, shape (scored,).
        """
        del decisions
        if 'segments' in inputs:
            inputs |= segment_inputs(self.plain, inputs)
        hidden = self.plain.model(**inputs, use_cache=False).last_hidden_state
        scored = labels != IGNORED
        logits = self.score(hidden[scored].to(self.score.weight.dtype))[:, 0].float()
        loss = binary_cross_entropy_with_logits(logits, labels[scored].float())
        return {'loss': loss, 'logits': logits.detach()}

    def gradient_checkpointing_enable(self, **options: Any) -> None:
        """What transformers' Trainer calls where it is asked for."""
        self.model.gradient_checkpointing_enable(**options)
        if self.adapted:
            self.plain.enable_input_require_grads()

    def connector_parameters(self) -> list[nn.Parameter]:
        """What is trained between vision tower and language model."""
        return [it for it in self._connector(True) if it.requires_grad]

    def save(self, folder: Path) -> None:
        """Write all that was trained: weights or adapter, and the gate's file."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save_pretrained(folder)
        # peft's own card, which says nothing.
        (folder / 'README.md').unlink(missing_ok=True)
        save_file(self._whole(), folder / GATE)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""
        if self.adapted:
            from peft import set_peft_model_state_dict

            tensors = load_file(folder / 'adapter_model.safetensors')
            set_peft_model_state_dict(self.model, tensors)
        else:
            saved = type(self.model).from_pretrained(
                folder, dtype=self.model.dtype, local_files_only=True
            )
            self.model.load_state_dict(saved.state_dict())
        self._take(load_file(folder / GATE))

    def _whole(self) -> dict[str, Tensor]:
        """What the gate's file holds: the score, and trained parts that the adapter leaves out."""
        tensors = {SCORE: self.score.weight}
        if self.adapted:
            tensors |= {
                name.removeprefix(_ADAPTED): parameter
                for name, parameter in self.model.named_parameters()
                if _is_connector(name) and parameter.requires_grad
            }
        return {name: it.detach().to('cpu').contiguous() for name, it in tensors.items()}

    @torch.no_grad()
    def _take(self, tensors: Mapping[str, Tensor]) -> None:
        parameters = {
            name.removeprefix(_ADAPTED): parameter
            for name, parameter in self.model.named_parameters()
        }
        for name, tensor in tensors.items():
            (self.score.weight if name == SCORE else parameters[name]).copy_(tensor)

    def _connector(self, wanted: bool) -> Iterator[nn.Parameter]:
        for name, parameter in self.model.named_parameters():
            if wanted and _is_connector(name):
                yield parameter


@torch.no_grad()
def _first_score(base: Any, act: int, prompt: PromptTokens) -> nn.Linear:
    """The score head to begin with; also sets the scored token's embedding."""
    table, head = base.get_input_embeddings().weight, base.get_output_embeddings().weight
    table[act] = table[prompt.reply_prompt[-1]]
    silence, _, response = prompt.state_ids
    score = nn.Linear(head.shape[1], 1, bias=False)
    score.weight.copy_((head[response] - head[silence])[None])
    return score


def _is_connector(name: str) -> bool:
    return any(part in name for part in CONNECTORS) and 'lora_' not in name
