# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The network of streamo-objects: detection tokens before streamo-tiny's language model.

What a detection is, is the language model's own embedding of the kind's name: so a word and the
thing that it means match from the first step on.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch import Tensor
from torch.func import functional_call

from streamo_ros.backbone.vision.detection_tokens import DetectionTokens
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.network import Sizes
from streamo_ros.tiny.objects.facts import FACTS
from streamo_ros.tiny.objects.facts import SHARES
from streamo_ros.tiny.objects.number_embeddings import give_numbers
from streamo_ros.tiny.objects.tensors import SeenFrames
from streamo_ros.tiny.probes import Probes
from streamo_ros.tiny.vocabulary import vocabulary
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.known_words import known_words

_SPREAD = 0.05
"""Standard deviation of the initial embeddings, as in the language model."""
_MINOR = 0.02
"""The same of what a detection's ordinal and color add."""
_VARIATION = 0.3
"""How much words of one meaning differ at first, as a part of their embedding."""


class ObjectNetwork(Network):
    """The network.

    Args:
        sizes: widths and depths of the language model.
        tokenizer: made by `vocabulary.build_object_tokenizer`.
        probed: whether to train with auxiliary heads.
        half: see `Network`.
    """

    kind_ids: Tensor

    def __init__(
        self, sizes: Sizes, tokenizer: Any, *, probed: bool = True, half: bool = False
    ) -> None:
        tokens = DetectionTokens(sizes.hidden, scaled=True, tracked=True, remembered=True)
        super().__init__(
            sizes,
            vocabulary(tokenizer),
            Probes(sizes.hidden, late=True, decision=FACTS, shares=SHARES) if probed else None,
            tokens,
            half,
        )
        ids = [_id(tokenizer, f' {kind.name}') for kind in KINDS]
        self.register_buffer('kind_ids', torch.tensor(ids), persistent=False)
        with torch.no_grad():
            for weight in (tokens.ordinals.weight, tokens.color.weight, tokens.none):
                weight.normal_(0, _MINOR)
            tokens.box[-1].weight.mul_(0.3)  # type: ignore[operator]
            assert tokens.scales is not None
            assert tokens.marks is not None
            for weight in (tokens.scales.weight, tokens.marks.weight):
                weight.zero_()
            _give_meanings(self.language.embed_tokens.weight, tokenizer)
            give_numbers(self.language.embed_tokens.weight, tokenizer)

    def trainable(self) -> list[tuple[str, nn.Parameter]]:
        """Names and values of the trainable parameters."""
        return [
            (name, parameter)
            for name, parameter in super().trainable()
            if name != 'adapt.kinds.weight'
        ]

    def embed(self, vision: SeenFrames) -> Tensor:
        """Detections as input embeddings, shape (kept places, hidden)."""
        tied = {'kinds.weight': self.language.embed_tokens.weight[self.kind_ids]}
        tokens: Tensor = functional_call(self.adapt, tied, (vision.seen, vision.marks))
        return tokens[vision.kept]


def _give_meanings(weight: Tensor, tokenizer: Any) -> None:
    """Words for one kind, and one word with and without a space or capital, start alike.

    All words for kinds share a direction, by which they are found in an instruction.
    """
    common = torch.randn(weight.shape[1]) * _SPREAD
    meanings = {text: kind.name for kind in KINDS for word in kind.words for text in _forms(word)}
    base: dict[str, Tensor] = {}
    words = {*known_words(), *meanings}
    for word in sorted(words):
        meaning = meanings.get(word, word)
        if meaning not in base:
            base[meaning] = torch.randn(weight.shape[1]) * _SPREAD
            base[meaning] += common if word in meanings else 0.0
        for form in (f' {word}', word, f' {word.capitalize()}', word.capitalize()):
            number = tokenizer.encode(form, add_special_tokens=False)
            if len(number) == 1:
                noise = torch.randn(weight.shape[1]) * _SPREAD * _VARIATION
                weight[number[0]] = base[meaning] + noise


def _forms(word: Any) -> list[str]:
    return [text for text in (word.one, word.many) if text]


def _id(tokenizer: Any, text: str) -> int:
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert len(ids) == 1, text
    return int(ids[0])
