# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the embeddings of whole numbers are at first: made of those of their digits.

A number of three digits is rarely seen. Made of parts that are seen all the time, it can be copied
before it has ever been.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from streamo_ros.tiny.objects.vocabulary import NUMBERS

_SEED = 1000
_PART = 0.6
"""How much each digit tells two numbers apart, as a part of its own embedding."""


@torch.no_grad()
def give_numbers(weight: Tensor, tokenizer: Any) -> None:
    """Set the embeddings of the numbers from 10 on.

    Args:
        weight: embeddings, float32, shape (tokens, width); those of the digits are kept.
        tokenizer: made by `vocabulary.build_object_tokenizer`.
    """
    ids = [tokenizer.encode(number, add_special_tokens=False)[0] for number in NUMBERS]
    digits = weight[ids[:10]]
    mean = digits.mean(0)
    parts = (digits - mean) * _PART
    turned = _rotations(weight.shape[1])
    for number, text in enumerate(NUMBERS[10:], 10):
        places = [parts[int(digit)] @ turned[place] for place, digit in enumerate(text[::-1])]
        weight[ids[number]] = mean + torch.stack(places).sum(0)


def _rotations(width: int) -> list[Tensor]:
    """One for each place of a digit, so that 12 is not 21; shape (width, width)."""
    generator = torch.Generator().manual_seed(_SEED)
    drawn = [torch.randn(width, width, generator=generator) for _ in range(len(NUMBERS[-1]))]
    return [torch.linalg.qr(matrix).Q for matrix in drawn]
