# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Collates dialogues about streams of detections into a batch.

What follows a frame is as far from its first detection as if all places were there, so empty ones
can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.backbone.streamo_objects import MOST
from streamo_ros.backbone.vision.detections import Detections
from streamo_ros.backbone.vision.tracks import Followed
from streamo_ros.tiny.objects.conditions import token_conditions
from streamo_ros.tiny.objects.dialogues import ObjectDialogue
from streamo_ros.tiny.tensors import TensorBatch
from streamo_ros.tiny.tensors import text_tensors
from streamo_ros.worlds.objects.stream import NOTHING


class SeenFrames(NamedTuple):
    """The frames of a batch.

    Attributes:
        seen: their detections, shape (frames, places, ...), with as many places as the widest.
        kept: the places that each has, bool, shape (frames, places).
        marks: what the frames before tell of them.
    """

    seen: Detections
    kept: Tensor
    marks: Tensor


def collate(dialogues: Sequence[ObjectDialogue]) -> TensorBatch:
    """Make a batch of dialogues; `vision` is `SeenFrames`."""
    text = text_tensors(dialogues, [token_positions(dialogue) for dialogue in dialogues])
    length, places = text['ids'].shape[1], max(dialogue.vision_tokens for dialogue in dialogues)
    index, matches, listed, conditions = [], [], [], []
    kept, parts = [], list[Followed]()
    for row, dialogue in enumerate(dialogues):
        count = dialogue.vision_tokens
        frames = [frame for _, frame in dialogue.visions]
        shown = np.array(frames) - dialogue.first
        parts.append(Followed._make(part[shown, :places] for part in dialogue.followed))
        kept.append(np.tile(np.arange(places) < count, (len(frames), 1)))
        in_list = _list_places(dialogue)
        conditions.append(token_conditions(dialogue).ravel())
        for first, frame in dialogue.visions:
            index.append(row * length + first + np.arange(count))
            matches.append(_matches(dialogue, frame))
            listed.append(in_list if frame == 1 else np.full(count, -1))
    kind, box, color, marks = (_joined(part) for part in zip(*parts, strict=True))
    places_listed = _joined(listed)
    return TensorBatch(
        **text,
        vision_index=_joined(index),
        vision=SeenFrames(Detections(kind, box, color), _joined(kept), marks),
        looks=torch.full((len(places_listed), 2), -1),
        matches=_joined(matches),
        list_places=places_listed,
        conditions=_joined(conditions),
    )


def _joined(parts: Sequence[NDArray[Any]]) -> Tensor:
    return torch.from_numpy(np.concatenate(parts))


def token_positions(dialogue: ObjectDialogue) -> NDArray[np.int64]:
    """Positions of a dialogue's tokens on all three axes, shape (3, tokens).

    They are those of `streamo_objects.StreamoObjects.marks`.
    """
    positions = np.arange(len(dialogue.ids))
    positions[dialogue.sink :] += dialogue.gap
    for first, _ in dialogue.visions:
        positions[first + dialogue.vision_tokens :] += MOST - dialogue.vision_tokens
    return np.tile(positions, (3, 1))


def _matches(dialogue: ObjectDialogue, frame: int) -> NDArray[np.float32]:
    """Which places show what the instruction is about, or miss it; see `TensorBatch.matches`."""
    followed, subject = dialogue.followed, dialogue.subject
    count, shown = dialogue.vision_tokens, frame - dialogue.first
    kinds = followed.kind[shown, :count]
    matches = np.full(count, -1, np.float32)
    if subject.kinds:
        same = np.isin(kinds, subject.kinds)
        if subject.color >= 0:
            colored = followed.color[shown, :count].argmax(-1) == subject.color
            same &= colored | (kinds != subject.kinds[0])
        matches[kinds != NOTHING] = same[kinds != NOTHING]
    return matches


def _list_places(dialogue: ObjectDialogue) -> NDArray[np.int64]:
    """The place of each detection of the second frame in a list; -1 where it is in none."""
    count = dialogue.vision_tokens
    places = np.full(count, -1, np.int64)
    if dialogue.family == 'see' and len(dialogue.visions) > 1:
        kinds = dialogue.stream.kind[1, :count]
        owners = dialogue.stream.owner[1, :count]
        known = dict.fromkeys(kinds[owners >= 0].tolist())
        for number, kind in enumerate(list(known)[:8]):
            places[np.flatnonzero((kinds == kind) & (owners >= 0))[0]] = number
    return places
