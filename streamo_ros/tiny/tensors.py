# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dialogues side by side: ids, positions, vision tokens and targets as tensors.

Knows Qwen2.5-VL's positions: text counts on all three axes alike; a frame's tokens share one time
and count rows and columns from there, and the text behind goes on after the longer side.

Source: Qwen2-VL (arXiv 2409.12191), sec. 2.1, M-RoPE.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streamo_ros.tiny.pictures import cell
from streamo_ros.tiny.pictures import grid
from streamo_ros.tiny.probe_targets import UNKNOWN
from streamo_ros.tiny.turns import DrawnDialogue
from streamo_ros.worlds.question_tasks import as_one_reads
from streamo_ros.worlds.scene import COLOURS
from streamo_ros.worlds.scene import SHAPES


@dataclass(frozen=True)
class TensorBatch:
    """Tensors of some dialogues; `tokens` is the longest one's length, the rest padded behind.

    Attributes:
        ids: int64, shape (dialogues, tokens).
        places: int64, shape (3, dialogues, tokens).
        seen_at: int64, shape (vision tokens,): in the dialogues one behind the other.
        seen: float32, shape (vision tokens, vision_out).
        looks: int64, shape (vision tokens, 2): colour and shape in the cell, -1 for none.
        asked: float32, shape (vision tokens,): 1 where the thing in the cell has the look that the
            instruction is about, 0 where it has not, -1 where there is none or none is named.
        listed: int64, shape (vision tokens,): place of the thing in the cell in a list of all
            things, from 0; -1 where there is none or no list is asked for.
        at: int64, shape (targets,): in the dialogues one behind the other.
        wanted: int64, shape (targets,).
        weights: float32, shape (targets,).
        spoken: bool, shape (targets,).
        facts: int64, shape (frames, facts): of each frame, in the order of the states' targets.
    """

    ids: Tensor
    places: Tensor
    seen_at: Tensor
    seen: Tensor
    looks: Tensor
    asked: Tensor
    listed: Tensor
    at: Tensor
    wanted: Tensor
    weights: Tensor
    spoken: Tensor
    facts: Tensor


def batch(dialogues: Sequence[DrawnDialogue]) -> TensorBatch:
    """Put dialogues side by side."""
    length = max(len(one.ids) for one in dialogues)
    ids = torch.zeros(len(dialogues), length, dtype=torch.long)
    spots = torch.zeros(3, len(dialogues), length, dtype=torch.long)
    seen_at, seen, looks = list[NDArray[np.int64]](), list[Tensor](), list[NDArray[np.int64]]()
    asked, listed = list[NDArray[np.float32]](), list[NDArray[np.int64]]()
    targets = [
        (row * length + target.at, target)
        for row, one in enumerate(dialogues)
        for target in one.targets
    ]
    for row, one in enumerate(dialogues):
        ids[row, : len(one.ids)] = torch.tensor(one.ids).clamp(min=0)
        spots[:, row, : len(one.ids)] = torch.from_numpy(places(one))
        for at, frame in one.visions:
            tokens = one.course.tokens[frame - one.course.lead]
            seen_at.append(row * length + at + np.arange(len(tokens)))
            seen.append(tokens)
            looks.append(_looks(one, frame))
            asked.append(_asked(one, looks[-1]))
            listed.append(_listed(one, frame))
    return TensorBatch(
        ids,
        spots,
        torch.from_numpy(np.concatenate(seen_at)),
        torch.cat(seen).float(),
        torch.from_numpy(np.concatenate(looks)),
        torch.from_numpy(np.concatenate(asked)),
        torch.from_numpy(np.concatenate(listed)),
        torch.tensor([at for at, _ in targets]),
        torch.tensor([one.token for _, one in targets]),
        torch.tensor([one.weight for _, one in targets]),
        torch.tensor([one.spoken for _, one in targets]),
        torch.tensor([each for one in dialogues for each in one.facts]),
    )


def places(dialogue: DrawnDialogue) -> NDArray[np.int64]:
    """Positions of a dialogue's tokens, shape (3, tokens): time, row, column."""
    rows, columns = grid(dialogue.course.aspect)
    size = rows * columns
    found = np.zeros((3, len(dialogue.ids)), np.int64)
    shift, text = 0, 0
    for at, _ in dialogue.visions:
        found[:, text:at] = np.arange(text, at) + shift
        begin = at + shift
        found[0, at : at + size] = begin
        found[1, at : at + size] = begin + np.repeat(np.arange(rows), columns)
        found[2, at : at + size] = begin + np.tile(np.arange(columns), rows)
        text = at + size
        shift += max(rows, columns) - size
    found[:, text:] = np.arange(text, len(dialogue.ids)) + shift
    return found


def _looks(dialogue: DrawnDialogue, frame: int) -> NDArray[np.int64]:
    """Colour and shape in every cell of a frame, by their places in the vocabulary of looks."""
    course = dialogue.course
    rows, columns = grid(course.aspect)
    found = np.full((rows, columns, 2), -1, np.int64)
    for thing in course.views[frame].seen:
        found[cell(thing.x, thing.y, course.table, course.aspect)] = (
            COLOURS.index(thing.colour),
            SHAPES.index(thing.shape),
        )
    return found.reshape(-1, 2)


def _asked(dialogue: DrawnDialogue, looks: NDArray[np.int64]) -> NDArray[np.float32]:
    """Which cells hold what the instruction is about; see `TensorBatch.asked`."""
    found = np.full(len(looks), -1.0, np.float32)
    colour, shape = dialogue.look
    if colour or shape:
        held = looks[:, 0] >= 0
        same = np.ones(len(looks), bool)
        if colour:
            same &= looks[:, 0] == COLOURS.index(colour)
        if shape:
            same &= looks[:, 1] == SHAPES.index(shape)
        found[held] = same[held]
    return found


def _listed(dialogue: DrawnDialogue, frame: int) -> NDArray[np.int64]:
    """Places of the things in a list; see `TensorBatch.listed`."""
    course = dialogue.course
    rows, columns = grid(course.aspect)
    found = np.full((rows, columns), UNKNOWN, np.int64)
    if dialogue.family == 'see':
        for place, thing in enumerate(as_one_reads(course.views[frame].seen)):
            found[cell(thing.x, thing.y, course.table, course.aspect)] = place
    return found.reshape(-1)
