# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stream-IT: longer, less predictable dialogues out of short ones.

Knows turns alone: similar clips are put one after another, questions are dropped with their
answers, and questions are moved in time, so that neither the moment nor the fact of an answer can
be learnt by rote. Every step takes dialogues and gives dialogues; each may be used alone.

Source: Wang et al., 'StreamBridge', arXiv 2505.05467, sec. 3.3 (StreamingQA-120K: about ten
similar clips a video, random QA drop, interval shift). The shares and widths are not published:
they are arguments here.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.record import AnnotationError

WORD_BUCKETS = 1024


@dataclass(frozen=True)
class StreamIt:
    """The whole construction: concatenate, then drop, then shift.

    Attributes:
        clips: clips of one dialogue, at most.
        drop: share of the questions that leave, with their answers; at least one stays.
        shift: turns by which a question moves at most, either way.
        seed: of every choice.
    """

    clips: int = 10
    drop: float = 0.2
    shift: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.clips < 1 or not 0 <= self.drop < 1 or self.shift < 0:
            raise AnnotationError('clips must be at least 1, drop in [0, 1), shift at least 0')

    def __call__(
        self, dialogues: Sequence[LabeledDialogue], vectors: NDArray[np.float32] | None = None
    ) -> list[LabeledDialogue]:
        """Construct dialogues.

        Args:
            dialogues: short ones, labelled.
            vectors: what similarity is measured on, shape (dialogues, any), such as embeddings of
                the clips; None takes the words of the dialogues.
        """
        chance = random.Random(self.seed)
        vectors = word_vectors(dialogues) if vectors is None else vectors
        groups = similar_groups(vectors, self.clips, chance)
        long = [concatenate([dialogues[k] for k in group]) for group in groups]
        kept = [drop_questions(one, self.drop, chance) for one in long]
        return [shift_questions(one, self.shift, chance) for one in kept]


def word_vectors(dialogues: Sequence[LabeledDialogue]) -> NDArray[np.float32]:
    """Hashed word counts of instructions and answers, shape (dialogues, 1024), float32."""
    vectors = np.zeros((len(dialogues), WORD_BUCKETS), np.float32)
    for row, dialogue in zip(vectors, dialogues, strict=True):
        text = ' '.join(f'{turn.instruction} {turn.text}' for turn in dialogue.turns).lower()
        for word in re.findall(r'\w+', text):
            row[zlib.crc32(word.encode()) % WORD_BUCKETS] += 1
    return vectors


def similar_groups(
    vectors: NDArray[np.float32], size: int, chance: random.Random
) -> list[list[int]]:
    """Part the rows into groups of `size` (the last may be smaller) of high cosine similarity.

    A random row left over takes the rows left over that are nearest to it.
    """
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    left = list(range(len(vectors)))
    groups = []
    while left:
        first = left.pop(chance.randrange(len(left)))
        nearness = unit[left] @ unit[first]
        chosen = [left[k] for k in np.argsort(-nearness, kind='stable')[: size - 1]]
        groups.append([first, *chosen])
        left = [row for row in left if row not in set(chosen)]
    return groups


def concatenate(dialogues: Sequence[LabeledDialogue]) -> LabeledDialogue:
    """Put dialogues one after another on one clock.

    Tags go on without a gap; each turn keeps its frame. Answers that name seconds of their own
    clip would be wrong behind the first one: leave grounding dialogues out, or alone.
    """
    if not dialogues:
        raise AnnotationError('there is no dialogue to concatenate')
    turns: list[LabeledTurn] = []
    videos: list[str] = []
    clock = Fraction(0)
    for dialogue in dialogues:
        offset = clock - dialogue.turns[0].start
        turns += [
            replace(
                turn,
                start=turn.start + offset,
                end=turn.end + offset,
                video=turn.video + len(videos),
            )
            for turn in dialogue.turns
        ]
        videos += dialogue.videos
        clock = turns[-1].end
    name = '+'.join(dialogue.name for dialogue in dialogues)
    return replace(dialogues[0], name=name, videos=tuple(videos), turns=tuple(turns))


def drop_questions(
    dialogue: LabeledDialogue, share: float, chance: random.Random
) -> LabeledDialogue:
    """Let each question leave with probability `share`, its answers falling silent; one stays.

    A question's answers are those until the next question.
    """
    spans = _spans(dialogue)
    leaving = [span for span in spans if chance.random() < share]
    if leaving and len(leaving) == len(spans):
        leaving.pop(chance.randrange(len(leaving)))
    turns = list(dialogue.turns)
    for start, stop in leaving:
        for k in range(start, stop):
            turns[k] = replace(turns[k], state=State.SILENCE, text='', instruction='')
    return replace(dialogue, turns=tuple(turns))


def shift_questions(
    dialogue: LabeledDialogue, width: int, chance: random.Random
) -> LabeledDialogue:
    """Move each question by up to `width` turns.

    It never passes its own first Standby or Response, nor the turn behind the last one of the
    question before it: the labels stay true.
    """
    turns = list(dialogue.turns)
    free = 0
    for start, stop in _spans(dialogue):
        busy = [k for k in range(start, stop) if turns[k].state is not State.SILENCE]
        latest = busy[0] if busy else stop - 1
        to = chance.randint(max(free, start - width), min(latest, start + width))
        text = turns[start].instruction
        turns[start] = replace(turns[start], instruction='')
        turns[to] = replace(turns[to], instruction=text)
        free = max(to, *busy) + 1 if busy else to + 1
    return replace(dialogue, turns=tuple(turns))


def _spans(dialogue: LabeledDialogue) -> list[tuple[int, int]]:
    """Turns [start, stop) from each question to the next."""
    starts = [k for k, turn in enumerate(dialogue.turns) if turn.instruction]
    return list(zip(starts, [*starts[1:], len(dialogue.turns)], strict=True))
