# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builds batches of training examples."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from streamo_ros.training.segment_attention import TokenSegment
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.sequence import Segment


@dataclass(frozen=True)
class Collator:
    """Builds a right-padded or packed batch of examples.

    Where a lane has evicted anything, all examples are in one row, with their `segments`.

    Attributes:
        pad: padding id.
        image_token: placeholder id of a vision token.
        marks_images: whether the model takes `mm_token_type_ids`.
        packing: put all examples into one row, with their lengths, instead of padding.
    """

    pad: int
    image_token: int
    marks_images: bool
    packing: bool = False

    def __call__(self, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Stack examples; image inputs are concatenated."""
        rows = [example['input_ids'] for example in examples]
        labels = [example['labels'] for example in examples]
        decisions = [example['decisions'] for example in examples]
        batch: dict[str, Any] = {}
        segmented = any(example['segments'] for example in examples)
        if self.packing or segmented:
            batch['input_ids'] = torch.cat(rows).unsqueeze(0)
            # The first token of a dialogue must not be a target of the dialogue before it.
            masked = [torch.cat((torch.tensor([IGNORED]), row[1:])) for row in labels]
            batch['labels'] = torch.cat(masked).unsqueeze(0)
            batch['decisions'] = torch.cat(decisions).unsqueeze(0)
            lengths = [len(row) for row in rows]
            if segmented:
                batch['segments'] = _segments(examples, lengths)
            else:
                batch['lengths'] = torch.tensor(lengths)
        else:
            batch['input_ids'] = _padded(rows, self.pad)
            batch['labels'] = _padded(labels, IGNORED)
            batch['decisions'] = _padded(decisions, False)
            batch['attention_mask'] = _padded([torch.ones_like(row) for row in rows], 0)
        for name in ('pixel_values', 'image_grid_thw'):
            if name in examples[0]:
                batch[name] = torch.cat([example[name] for example in examples])
        if self.marks_images:
            batch['mm_token_type_ids'] = (batch['input_ids'] == self.image_token).int()
        return batch


def _segments(examples: Sequence[Mapping[str, Any]], lengths: Sequence[int]) -> list[TokenSegment]:
    """The segments of all examples in their common row."""
    segments = []
    start = 0
    for example, length in zip(examples, lengths, strict=True):
        for segment in example['segments'] or (Segment(0, length),):
            held = torch.tensor(segment.held, dtype=torch.int64) + start
            segments.append(TokenSegment(segment.start + start, segment.stop + start, held))
        start += length
    return segments


def _padded(rows: Sequence[Tensor], value: int) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=value)
