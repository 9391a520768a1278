# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A head with one score in the place of the language model head.

Source: Wang et al., 'StreamBridge', arXiv 2505.05467, sec. 3.2: the language model head becomes a
binary score head, and a learned token behind each frame is what is scored.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch import Tensor

from streamo_ros.backbone.gate_files import GATE
from streamo_ros.backbone.gate_files import SCORE
from streamo_ros.core.interface import BackboneError


class ScoreHead(nn.Module):
    """Gives the logits of Silence, Standby and Response: 0, 0 and the score's.

    Args:
        weight: of the score, shape (1, hidden).
    """

    rows: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        none = torch.zeros_like(weight)
        self.rows = nn.Buffer(torch.cat((none, none, weight)), persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits of the three states, shape (..., 3)."""
        return F.linear(hidden, self.rows)


def add_score_head(model: Any, path: Path) -> None:
    """Put a gate's score head and its other trained tensors into the model of its base.

    Args:
        model: the transformers model, with the adapter added.
        path: the gate's folder.

    Raises:
        BackboneError: the file is broken or does not fit.
    """
    from safetensors.torch import load_file

    try:
        tensors = load_file(path / GATE)
        weight = tensors.pop(SCORE)
    except Exception as error:  # safetensors' errors and the OS's share no base class
        raise BackboneError(f'{path / GATE} is not a gate ({error}): train it again') from error
    hidden = model.get_input_embeddings().weight.shape[1]
    if weight.shape != (1, hidden):
        raise BackboneError(
            f'{path / GATE} scores {weight.shape[-1]} numbers and its base has {hidden}: correct '
            'the base in its adapter_config.json'
        )
    _replace(model, tensors, path)
    table = model.get_input_embeddings().weight
    model.lm_head = ScoreHead(weight.to(table.device, table.dtype))


@torch.no_grad()
def _replace(model: Any, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Overwrite parameters by name."""
    parameters = dict(model.named_parameters())
    for name, tensor in tensors.items():
        if name not in parameters or parameters[name].shape != tensor.shape:
            raise BackboneError(f'{path / GATE} has a tensor {name} that its base lacks')
        parameters[name].copy_(tensor)
