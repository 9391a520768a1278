# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Collates dialogues into a batch: ids, positions, vision tokens and targets as tensors.

Positions are Qwen2.5-VL's: text advances all three axes alike; a frame's tokens share one time
and count rows and columns from there, and the text after it continues past the longer side.

Source: Qwen2-VL (arXiv 2409.12191), sec. 2.1, M-RoPE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.tiny.pictures import cell
from streamo_ros.tiny.pictures import grid
from streamo_ros.tiny.probe_targets import UNKNOWN
from streamo_ros.tiny.turns import DrawnDialogue
from streamo_ros.tiny.turns import WrittenDialogue
from streamo_ros.worlds.question_tasks import reading_order
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import SHAPES


@dataclass(frozen=True)
class TensorBatch:
    """A batch of dialogues, padded at the end to the length of the longest, `tokens`.

    Indices into the batch count its tokens dialogue by dialogue, padding included.

    Attributes:
        ids: int64, shape (dialogues, tokens).
        positions: int64, shape (3, dialogues, tokens): time, row, column.
        vision_index: int64, shape (vision tokens,): indices of the vision tokens.
        vision: what the network's `adapt` embeds: float32, shape (vision tokens, vision_out), or
            detections.
        looks: int64, shape (vision tokens, 2): color and shape in the cell, -1 for none.
        matches: float32, shape (vision tokens,): 1 where the thing in the cell has the color and
            shape that the instruction names, 0 where it has not, -1 where there is no thing or
            nothing is named.
        list_places: int64, shape (vision tokens,): place of the thing in the cell in a list of all
            things, from 0; -1 where there is no thing or no list is asked for.
        conditions: int64, shape (vision tokens,): how far the thing in the cell is in doing what
            the instruction waits for, see `objects.conditions`; -1 where that is not asked.
        target_index: int64, shape (targets,): indices of the tokens that predict the targets.
        target_ids: int64, shape (targets,).
        weights: float32, shape (targets,).
        in_answer: bool, shape (targets,): whether it belongs to an answer; else it is a state.
        probe_targets: int64, shape (frames, probes): in the order of the states' targets.
    """

    ids: Tensor
    positions: Tensor
    vision_index: Tensor
    vision: Any
    looks: Tensor
    matches: Tensor
    list_places: Tensor
    conditions: Tensor
    target_index: Tensor
    target_ids: Tensor
    weights: Tensor
    in_answer: Tensor
    probe_targets: Tensor


def collate(dialogues: Sequence[DrawnDialogue]) -> TensorBatch:
    """Make a batch of dialogues."""
    text = text_tensors(dialogues, [token_positions(dialogue) for dialogue in dialogues])
    vision = _vision_tensors(dialogues, text['ids'].shape[1])
    return TensorBatch(**text, **vision)


def text_tensors(
    dialogues: Sequence[WrittenDialogue], positions: Sequence[NDArray[np.int64]]
) -> dict[str, Tensor]:
    """The tensors of a batch that do not depend on what its frames show, by name.

    Args:
        dialogues: the dialogues.
        positions: those of each dialogue's tokens, shape (3, tokens).
    """
    length = max(len(dialogue.ids) for dialogue in dialogues)
    ids = torch.zeros(len(dialogues), length, dtype=torch.long)
    padded = torch.zeros(3, len(dialogues), length, dtype=torch.long)
    for row, dialogue in enumerate(dialogues):
        ids[row, : len(dialogue.ids)] = torch.tensor(dialogue.ids).clamp(min=0)
        padded[:, row, : len(dialogue.ids)] = torch.from_numpy(positions[row])
    targets = [
        (row * length + target.position, target)
        for row, dialogue in enumerate(dialogues)
        for target in dialogue.targets
    ]
    return {
        'ids': ids,
        'positions': padded,
        'target_index': torch.tensor([index for index, _ in targets]),
        'target_ids': torch.tensor([target.token for _, target in targets]),
        'weights': torch.tensor([target.weight for _, target in targets]),
        'in_answer': torch.tensor([target.in_answer for _, target in targets]),
        'probe_targets': torch.tensor(
            [frame for dialogue in dialogues for frame in dialogue.probe_targets]
        ),
    }


def _vision_tensors(dialogues: Sequence[DrawnDialogue], length: int) -> dict[str, Tensor]:
    """The tensors of a batch that have a row for each vision token, in its order, by name."""
    index, vision, looks = list[NDArray[np.int64]](), list[Tensor](), list[NDArray[np.int64]]()
    matches, list_places = list[NDArray[np.float32]](), list[NDArray[np.int64]]()
    for row, dialogue in enumerate(dialogues):
        for first, frame in dialogue.visions:
            tokens = dialogue.clip.tokens[frame - dialogue.clip.prefix]
            index.append(row * length + first + np.arange(len(tokens)))
            vision.append(tokens)
            looks.append(_looks(dialogue, frame))
            matches.append(_matches(dialogue, looks[-1]))
            list_places.append(_list_places(dialogue, frame))
    return {
        'vision_index': torch.from_numpy(np.concatenate(index)),
        'vision': torch.cat(vision).float(),
        'looks': torch.from_numpy(np.concatenate(looks)),
        'matches': torch.from_numpy(np.concatenate(matches)),
        'list_places': torch.from_numpy(np.concatenate(list_places)),
        'conditions': torch.full((sum(map(len, list_places)),), -1),
    }


def token_positions(dialogue: DrawnDialogue) -> NDArray[np.int64]:
    """Positions of a dialogue's tokens, shape (3, tokens): time, row, column."""
    rows, columns = grid(dialogue.clip.aspect)
    size = rows * columns
    positions = np.zeros((3, len(dialogue.ids)), np.int64)
    shift, text = 0, 0
    for first, _ in dialogue.visions:
        positions[:, text:first] = np.arange(text, first) + shift
        time = first + shift
        positions[0, first : first + size] = time
        positions[1, first : first + size] = time + np.repeat(np.arange(rows), columns)
        positions[2, first : first + size] = time + np.tile(np.arange(columns), rows)
        text = first + size
        shift += max(rows, columns) - size
    positions[:, text:] = np.arange(text, len(dialogue.ids)) + shift
    return positions


def _looks(dialogue: DrawnDialogue, frame: int) -> NDArray[np.int64]:
    """Color and shape in every cell of a frame, as indices into `COLORS` and `SHAPES`."""
    clip = dialogue.clip
    looks = np.full((*grid(clip.aspect), 2), -1, np.int64)
    for thing in clip.views[frame].things:
        looks[cell(thing.x, thing.y, clip.table, clip.aspect)] = (
            COLORS.index(thing.color),
            SHAPES.index(thing.shape),
        )
    return looks.reshape(-1, 2)


def _matches(dialogue: DrawnDialogue, looks: NDArray[np.int64]) -> NDArray[np.float32]:
    """Which cells hold what the instruction is about; see `TensorBatch.matches`."""
    matches = np.full(len(looks), -1.0, np.float32)
    color, shape = dialogue.look
    if color or shape:
        occupied = looks[:, 0] >= 0
        same = np.ones(len(looks), bool)
        if color:
            same &= looks[:, 0] == COLORS.index(color)
        if shape:
            same &= looks[:, 1] == SHAPES.index(shape)
        matches[occupied] = same[occupied]
    return matches


def _list_places(dialogue: DrawnDialogue, frame: int) -> NDArray[np.int64]:
    """Places of the things in a list; see `TensorBatch.list_places`."""
    clip = dialogue.clip
    places = np.full(grid(clip.aspect), UNKNOWN, np.int64)
    if dialogue.family == 'see':
        for place, thing in enumerate(reading_order(clip.views[frame].things)):
            places[cell(thing.x, thing.y, clip.table, clip.aspect)] = place
    return places.reshape(-1)
