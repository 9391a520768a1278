# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stream-IT: builds long, less predictable dialogues out of short ones.

Similar clips are concatenated, questions are dropped together with their answers, and questions
are shifted in time, so that a model can memorize neither when nor whether an answer comes. Each
step maps dialogues to dialogues and can be used on its own.

Source: Wang et al., 'StreamBridge', arXiv 2505.05467, sec. 3.3 (StreamingQA-120K: about ten
similar clips per video, random QA drop, interval shift). The fractions and widths are not
published, so they are arguments here.
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
from streamo_ros.training.labeled_dialogue import lane_spans
from streamo_ros.training.record import AnnotationError

WORD_BUCKETS = 1024


@dataclass(frozen=True)
class StreamIt:
    """The full construction: concatenate, then drop, then shift.

    Attributes:
        clips: most clips per dialogue.
        drop: fraction of questions removed along with their answers; at least one stays.
        shift: most turns by which a question moves, in either direction.
        seed: random seed.
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
            dialogues: short labeled dialogues.
            vectors: features that similarity is computed on, shape (dialogues, any), such as clip
                embeddings; None uses the words of the dialogues.
        """
        rng = random.Random(self.seed)
        vectors = word_vectors(dialogues) if vectors is None else vectors
        groups = similar_groups(vectors, self.clips, rng)
        long = [concatenate([dialogues[k] for k in group]) for group in groups]
        kept = [drop_questions(dialogue, self.drop, rng) for dialogue in long]
        return [shift_questions(dialogue, self.shift, rng) for dialogue in kept]


def word_vectors(dialogues: Sequence[LabeledDialogue]) -> NDArray[np.float32]:
    """Hashed word counts of instructions and answers, shape (dialogues, 1024), float32."""
    vectors = np.zeros((len(dialogues), WORD_BUCKETS), np.float32)
    for row, dialogue in zip(vectors, dialogues, strict=True):
        text = ' '.join(f'{turn.instruction} {turn.text}' for turn in dialogue.turns).lower()
        for word in re.findall(r'\w+', text):
            row[zlib.crc32(word.encode()) % WORD_BUCKETS] += 1
    return vectors


def similar_groups(vectors: NDArray[np.float32], size: int, rng: random.Random) -> list[list[int]]:
    """Partition rows into groups of `size` (the last may be smaller) by cosine similarity.

    Repeatedly takes a random remaining row together with its nearest remaining rows.
    """
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    remaining = list(range(len(vectors)))
    groups = []
    while remaining:
        first = remaining.pop(rng.randrange(len(remaining)))
        similarity = unit[remaining] @ unit[first]
        chosen = [remaining[k] for k in np.argsort(-similarity, kind='stable')[: size - 1]]
        groups.append([first, *chosen])
        remaining = [row for row in remaining if row not in set(chosen)]
    return groups


def concatenate(dialogues: Sequence[LabeledDialogue]) -> LabeledDialogue:
    """Concatenate dialogues on one clock.

    Tags continue without a gap; each turn keeps its frame. Answers that name seconds of their own
    clip would become wrong after the first clip: do not concatenate grounding dialogues.
    """
    if not dialogues:
        raise AnnotationError('there are no dialogues to concatenate')
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


def drop_questions(dialogue: LabeledDialogue, share: float, rng: random.Random) -> LabeledDialogue:
    """Remove each question with probability `share` and silence its answers; at least one stays.

    A question's answers are all those before the next question.
    """
    spans = lane_spans(dialogue.turns)
    dropped = [span for span in spans if rng.random() < share]
    if dropped and len(dropped) == len(spans):
        dropped.pop(rng.randrange(len(dropped)))
    turns = list(dialogue.turns)
    for start, stop in dropped:
        for k in range(start, stop):
            turns[k] = replace(turns[k], state=State.SILENCE, text='', instruction='')
    return replace(dialogue, turns=tuple(turns))


def shift_questions(dialogue: LabeledDialogue, width: int, rng: random.Random) -> LabeledDialogue:
    """Move each question by up to `width` turns.

    A question never moves past its own first Standby or Response, nor back past the last one of
    the previous question, so the labels stay correct.
    """
    turns = list(dialogue.turns)
    free = 0
    for start, stop in lane_spans(dialogue.turns):
        busy = [k for k in range(start, stop) if turns[k].state is not State.SILENCE]
        latest = busy[0] if busy else stop - 1
        target = rng.randint(max(free, start - width), min(latest, start + width))
        text = turns[start].instruction
        turns[start] = replace(turns[start], instruction='')
        turns[target] = replace(turns[target], instruction=text)
        free = max(target, *busy) + 1 if busy else target + 1
    return replace(dialogue, turns=tuple(turns))
