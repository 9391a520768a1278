# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded model's network: a vision tower, a linear projection, and a language model.

The tower is trained first and alone. Its output is then projected into the embedding space of the
language model, so that the tower can stay frozen and its tokens can be computed once. The export
folds the projection into the tower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from typing import NamedTuple

import torch
from torch import nn
from torch import Tensor
from transformers import Qwen2_5_VLConfig
from transformers import Qwen2_5_VLForConditionalGeneration
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
    Qwen2_5_VisionTransformerPretrainedModel,
)

from streamo_ros.tiny import vocabulary as words
from streamo_ros.tiny.block_attention import ATTENTION
from streamo_ros.tiny.probes import Probes
from streamo_ros.tiny.tower import MERGE
from streamo_ros.tiny.tower import PATCH

HEAD = 32
"""Size of an attention head; `_SECTION` of its frequencies belong to time, row and column."""
_SECTION = (6, 5, 5)
_SPREAD = 0.05
_POSITIONS = 32768


@dataclass(frozen=True)
class Sizes:
    """Widths and depths.

    Attributes:
        hidden: width of the language model.
        layers: number of layers of the language model.
        vision_hidden: width of the vision tower.
        vision_layers: number of layers of the vision tower.
        vision_out: width of the tower's output before the projection.
        theta: base of the rotary frequencies; the larger, the more of them ignore distance.
    """

    hidden: int = 128
    layers: int = 4
    vision_hidden: int = 128
    vision_layers: int = 3
    vision_out: int = 192
    theta: float = 10000.0


def qwen_config(sizes: Sizes, out: int, known: words.Vocabulary) -> Any:
    """The transformers configuration of such a model.

    Args:
        sizes: widths and depths.
        out: width of the tower's output.
        known: the tokenizer's vocabulary.
    """
    layers, ids = sizes.vision_layers, known.ids
    return Qwen2_5_VLConfig(
        text_config={
            'vocab_size': known.size,
            'hidden_size': sizes.hidden,
            'intermediate_size': 3 * sizes.hidden,
            'num_hidden_layers': sizes.layers,
            'num_attention_heads': sizes.hidden // HEAD,
            'num_key_value_heads': 2,
            'max_position_embeddings': _POSITIONS,
            'initializer_range': _SPREAD,
            'rope_parameters': {
                'rope_type': 'default',
                'rope_theta': sizes.theta,
                'mrope_section': list(_SECTION),
            },
            'tie_word_embeddings': True,
            'bos_token_id': None,
            'eos_token_id': ids[words.STOP],
            'pad_token_id': ids[words.PAD],
        },
        vision_config={
            'depth': layers,
            'hidden_size': sizes.vision_hidden,
            'num_heads': 4,
            'intermediate_size': 2 * sizes.vision_hidden,
            'patch_size': PATCH,
            'spatial_merge_size': MERGE,
            'temporal_patch_size': 2,
            'out_hidden_size': out,
            'window_size': 112,
            'fullatt_block_indexes': list(range(layers)),
            'initializer_range': _SPREAD,
        },
        image_token_id=ids[words.IMAGE],
        video_token_id=ids[words.VIDEO],
        vision_start_token_id=ids[words.VISION_START],
        vision_end_token_id=ids[words.VISION_END],
        tie_word_embeddings=True,
    )


def new_tower(sizes: Sizes, known: words.Vocabulary) -> Any:
    """An untrained vision tower."""
    # The tower alone: its initial weights must not depend on the size of the vocabulary.
    config = qwen_config(sizes, sizes.vision_out, known).vision_config
    return Qwen2_5_VisionTransformerPretrainedModel(config)


class NetworkOutput(NamedTuple):
    """Hidden states for a batch, all float32.

    Attributes:
        last: after the last layer, shape (dialogues * tokens, hidden).
        projected: the projected vision tokens, shape (vision tokens, hidden).
        middle: halfway through the layers, shape (dialogues * tokens, hidden).
        late: before the last layer, shape (dialogues * tokens, hidden).
    """

    last: Tensor
    projected: Tensor
    middle: Tensor
    late: Tensor


class Network(nn.Module):
    """Everything after the tower.

    Attributes:
        hf: the transformers model; its own tower is replaced at the export.
        adapt: the projection of the tower's output.
        probes: the auxiliary heads of the third and fourth stage; None before.

    Args:
        sizes: widths and depths.
        known: the tokenizer's vocabulary.
        probes: auxiliary heads to train with; see `probes`.
        adapt: what embeds vision tokens; None: a projection of a tower's output.
        half: compute in bfloat16, which is slower on CPUs that only know it by name.
    """

    def __init__(
        self,
        sizes: Sizes,
        known: words.Vocabulary,
        probes: Probes | None = None,
        adapt: nn.Module | None = None,
        half: bool = True,
    ) -> None:
        super().__init__()
        self.hf = Qwen2_5_VLForConditionalGeneration(qwen_config(sizes, sizes.hidden, known))
        self.language.set_attn_implementation(ATTENTION)
        self._middle = (sizes.layers + 1) // 2
        self._half = half
        if adapt is None:
            adapt = nn.Linear(sizes.vision_out, sizes.hidden, bias=False)
            nn.init.orthogonal_(adapt.weight)
        self.adapt = adapt
        self.probes = probes

    @property
    def language(self) -> Any:
        """The language model."""
        return self.hf.model.language_model

    def trainable(self) -> list[tuple[str, nn.Parameter]]:
        """Names and values of the trainable parameters."""
        return [
            (name, parameter)
            for name, parameter in self.named_parameters()
            if 'visual' not in name and 'lm_head' not in name
        ]

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits of the next token; input and output embeddings are tied."""
        return hidden @ self.language.embed_tokens.weight.T

    def embed(self, vision: Any) -> Tensor:
        """Vision tokens as input embeddings, shape (vision tokens, hidden)."""
        embedded: Tensor = self.adapt(vision)
        return embedded

    def run(
        self, ids: Tensor, positions: Tensor, vision_index: Tensor, vision: Any
    ) -> NetworkOutput:
        """Run a batch of dialogues, padded at the end; see `tensors.TensorBatch`.

        Args:
            ids: int64, shape (dialogues, tokens); arbitrary for vision tokens.
            positions: int64, shape (3, dialogues, tokens): time, row, column.
            vision_index: int64, shape (vision tokens,): their indices in the flattened batch.
            vision: what `adapt` takes: the tower's output, float32, shape (vision tokens,
                vision_out).
        """
        text = self.language.embed_tokens(ids)
        projected = self.embed(vision)
        flat = text.reshape(-1, text.shape[-1]).index_put((vision_index,), projected)
        with torch.autocast('cpu', torch.bfloat16, enabled=self._half):
            output = self.language(
                inputs_embeds=flat.reshape(text.shape),
                position_ids=positions,
                attention_mask=None,
                use_cache=False,
                output_hidden_states=True,
            )
        middle, late = output.hidden_states[self._middle], output.hidden_states[-2]
        last, middle, late = (
            hidden.float().reshape(-1, text.shape[-1])
            for hidden in (output.last_hidden_state, middle, late)
        )
        return NetworkOutput(last, projected, middle, late)
