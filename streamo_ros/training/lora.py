# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Low-rank adaptation with peft: the language model's matrices and the state tokens' rows.

The embedding rows of the three new tokens are trained directly, because an adapter on a frozen
embedding could never change them.

Source: Hu et al., 'LoRA: Low-Rank Adaptation of Large Language Models', arXiv 2106.09685.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamo_ros.training.train_config import LoraSettings

TARGETS = r'.*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)'


def adapt(model: Any, settings: LoraSettings, state_ids: Sequence[int]) -> Any:
    """Add an adapter; only the adapter and the state tokens' rows are trained."""
    from peft import get_peft_model
    from peft import LoraConfig

    rows = {'embed_tokens': list(state_ids)} if state_ids else {}
    if (
        state_ids
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
            target_modules=TARGETS,
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
