# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded model's network: a vision tower, a map into the words, and a language model.

Knows sizes and how parts are put together; knows no data and no loss. The tower learns first and
alone, to see; its output is then mapped linearly into the space of the words, so that the tower
can stay frozen and its tokens be computed once. The export folds that map into the tower.
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
"""Size of an attention head; 2 + 2 + 1 sixteenths of it turn with time, row and column."""
_SECTION = (6, 5, 5)
_SPREAD = 0.05
_POSITIONS = 32768


@dataclass(frozen=True)
class Sizes:
    """Widths and depths.

    Attributes:
        hidden: width of the language model.
        layers: of the language model.
        vision_hidden: width of the vision tower.
        vision_layers: of the vision tower.
        vision_out: width of the tower's output before the map into the words.
    """

    hidden: int = 128
    layers: int = 4
    vision_hidden: int = 128
    vision_layers: int = 3
    vision_out: int = 192


def qwen_config(sizes: Sizes, out: int, known: words.Vocabulary) -> Any:
    """The configuration of such a model for transformers.

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
                'rope_theta': 10000.0,
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
    """A vision tower that has seen nothing yet."""
    # The tower alone: its first weights must not depend on how many words there are.
    config = qwen_config(sizes, sizes.vision_out, known).vision_config
    return Qwen2_5_VisionTransformerPretrainedModel(config)


class Read(NamedTuple):
    """What a network gave for a batch, all float32.

    Attributes:
        hidden: shape (dialogues * tokens, hidden).
        mapped: the vision tokens in the space of the words, shape (vision tokens, hidden).
        middle: as `hidden`, halfway through the layers.
        late: as `hidden`, before the last layer.
    """

    hidden: Tensor
    mapped: Tensor
    middle: Tensor
    late: Tensor


class Network(nn.Module):
    """Everything behind the tower.

    Attributes:
        hf: transformers' model; its own tower is replaced at the export.
        adapt: the map from the tower's output into the words.
        probes: heads of the third and the fourth lesson; None before them.

    Args:
        sizes: widths and depths.
        known: the tokenizer's vocabulary.
        probes: heads to learn with; see `probes`.
    """

    def __init__(
        self, sizes: Sizes, known: words.Vocabulary, probes: Probes | None = None
    ) -> None:
        super().__init__()
        self.hf = Qwen2_5_VLForConditionalGeneration(qwen_config(sizes, sizes.hidden, known))
        self.language.set_attn_implementation(ATTENTION)
        self._middle = (sizes.layers + 1) // 2
        self.adapt = nn.Linear(sizes.vision_out, sizes.hidden, bias=False)
        nn.init.orthogonal_(self.adapt.weight)
        self.probes = probes

    @property
    def language(self) -> Any:
        """The language model."""
        return self.hf.model.language_model

    def learning(self) -> list[tuple[str, nn.Parameter]]:
        """Names and values of what learns."""
        return [
            (name, one)
            for name, one in self.named_parameters()
            if 'visual' not in name and 'lm_head' not in name
        ]

    def logits(self, hidden: Tensor) -> Tensor:
        """Of the next token; the words' own vectors, which are tied."""
        return hidden @ self.language.embed_tokens.weight.T

    def read(self, ids: Tensor, places: Tensor, at: Tensor, seen: Tensor) -> Read:
        """Run over a batch of dialogues, padded behind.

        Args:
            ids: int64, shape (dialogues, tokens); any id where a vision token stands.
            places: int64, shape (3, dialogues, tokens): time, row, column.
            at: int64, shape (vision tokens,): where they stand, dialogues one behind the other.
            seen: float32, shape (vision tokens, vision_out): what the tower gave.

        """
        said = self.language.embed_tokens(ids)
        mapped = self.adapt(seen)
        flat = said.reshape(-1, said.shape[-1]).index_put((at,), mapped)
        with torch.autocast('cpu', torch.bfloat16):
            found = self.language(
                inputs_embeds=flat.reshape(said.shape),
                position_ids=places,
                attention_mask=None,
                use_cache=False,
                output_hidden_states=True,
            )
        middle, late = found.hidden_states[self._middle], found.hidden_states[-2]
        last, middle, late = (
            one.float().reshape(-1, said.shape[-1])
            for one in (found.last_hidden_state, middle, late)
        )
        return Read(last, mapped, middle, late)
