# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Low-rank adaptation with peft: the language model's matrices and the state tokens' rows.

The embedding rows of the three new tokens are trained directly, because an adapter on a frozen
embedding could never change them.

Source: Hu et al., 'LoRA: Low-Rank Adaptation of Large Language Models', arXiv 2106.09685.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from streamo_ros.training.segment_attention import text_model
from streamo_ros.training.train_config import LoraSettings
from streamo_ros.training.train_config import TrainingError


def targets(model: nn.Module) -> str:
    """A regular expression, as peft takes it, of all linear layers within the language model.

    Args:
        model: a transformers model of a supported architecture, not yet adapted.

    Raises:
        TrainingError: there are none.
    """
    text = text_model(model)
    path = next(name for name, module in model.named_modules() if module is text)
    names = {
        name.rpartition('.')[-1]
        for name, module in text.named_modules()
        if isinstance(module, nn.Linear)
    }
    if not names:
        raise TrainingError(
            f'lora: {path} of {type(model).__name__} has no linear layer to adapt: set lora.rank '
            'to 0 and train the weights themselves'
        )
    return rf'{re.escape(path)}\..*\b({"|".join(sorted(map(re.escape, names)))})'


def adapt(
    model: Any, settings: LoraSettings, state_ids: Sequence[int], *, head: bool = True
) -> Any:
    """Add an adapter; only the adapter and the rows of some tokens are trained.

    Args:
        model: a transformers model of a supported architecture.
        settings: of the adapter.
        state_ids: the tokens.
        head: they have rows in the language model head, too, if that is a table of its own.

    Raises:
        TrainingError: the language model has no linear layer.
    """
    from peft import get_peft_model
    from peft import LoraConfig

    rows = {'embed_tokens': list(state_ids)} if state_ids else {}
    if (
        head
        and state_ids
        and model.get_output_embeddings().weight is not model.get_input_embeddings().weight
    ):
        rows['lm_head'] = list(state_ids)
    model.enable_input_require_grads()
    adapted = get_peft_model(
        model,
        LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules=targets(model),
            trainable_token_indices=rows or None,
            task_type='CAUSAL_LM',
        ),
    )
    # Whoever loads the adapter may be in another working directory.
    base = Path(model.name_or_path).expanduser().resolve()
    adapted.peft_config['default'].base_model_name_or_path = str(base)
    return adapted


def merged(model: Any, adapter: Path) -> Any:
    """The plain model with the adapter merged into its weights."""
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
