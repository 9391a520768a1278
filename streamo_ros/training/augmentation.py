# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What cameras and models do to a lane, in training: lost frames, jitter, wrong states as history.

Choices depend on a seed and the lane alone, so that every rank and every resumed run draws the
same ones.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction

from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import carry_answers
from streamo_ros.training.labeled_dialogue import LabeledTurn

EXCHANGED = {State.SILENCE: State.STANDBY, State.STANDBY: State.SILENCE}


@dataclass(frozen=True)
class Augmentation:
    """What happens to the frames and the history of a lane.

    Attributes:
        lost_frames: fraction of the frames that are lost; never the first one. Their answers are
            due at the next frame.
        jitter: fraction of a turn by which a frame is late at most; its tag stays the same.
        wrong_states: fraction of the Silences and Standbys that are exchanged in the history; the
            labels stay right.
        seed: of all choices.
    """

    lost_frames: float = 0.0
    jitter: float = 0.0
    wrong_states: float = 0.0
    seed: int = 0

    def apply(self, turns: Sequence[LabeledTurn], key: str) -> list[LabeledTurn]:
        """The turns of a lane with frames lost and late.

        Args:
            turns: at least one.
            key: identifies the lane.
        """
        rng = random.Random(f'{self.seed}/{key}/frames')
        kept = [k == 0 or rng.random() >= self.lost_frames for k in range(len(turns))]
        remaining = [
            replace(turn, state=state, text=text)
            for turn, state, text in carry_answers(turns, kept)
        ]
        if not self.jitter:
            return remaining
        late = [Fraction(rng.random() * self.jitter).limit_denominator(1000) for _ in remaining]
        return [
            replace(turn, time=turn.time + share * (turn.end - turn.start))
            for turn, share in zip(remaining, late, strict=True)
        ]

    def history(self, turns: Sequence[LabeledTurn], key: str) -> tuple[State, ...]:
        """The states that the dialogue holds; () where they are those due."""
        if not self.wrong_states:
            return ()
        rng = random.Random(f'{self.seed}/{key}/states')
        return tuple(
            EXCHANGED.get(turn.state, turn.state)
            if rng.random() < self.wrong_states
            else turn.state
            for turn in turns
        )
