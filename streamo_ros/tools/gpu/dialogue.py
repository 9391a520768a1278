# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The dialogue that engine and loops are given alike: frames of noise, each answered Silence.

Knows how turns follow each other in tokens, so that every competitor attends the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import piece_tokens
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.tools.gpu.plan import CameraView

INSTRUCTION = 'Tell me when somebody puts a cup on the table.'
IMAGES = 8
"""Different frames; they come by turns."""


def noise(view: CameraView) -> list[NDArray[np.uint8]]:
    """Camera frames of a view, RGB, the same at each call."""
    random = np.random.default_rng(0)
    width, height = view.camera
    return [random.integers(0, 256, (height, width, 3), np.uint8) for _ in range(IMAGES)]


class BenchDialogue:
    """One lane's turns: what the next one appends, and where those before it end.

    Args:
        prompt: the dialogue in the model's tokens.
    """

    def __init__(self, prompt: PromptTokens) -> None:
        self._prompt = prompt
        self._silence = prompt.replies[State.SILENCE] + prompt.close
        self.seen = 0
        """Frames since the beginning, forgotten ones included."""
        self.ends = [0]
        """Tokens up to the end of each turn that is held, the sink's beginning in front."""

    @property
    def tokens(self) -> int:
        """Tokens that are held."""
        return self.ends[-1]

    @property
    def sink(self) -> int:
        """Tokens that never leave."""
        return len(self._prompt.sink(INSTRUCTION))

    def turn(self, vision: VisionTokens, ahead: int = 0) -> tuple[Piece, ...]:
        """What a frame appends: the reply to the one before it, tag, frame, question.

        Args:
            vision: the frame.
            ahead: turns between the last one held and this one.
        """
        at, words = self.seen + ahead, self._prompt
        before = self._silence + words.turn_prefix if at else words.sink(INSTRUCTION)
        return words.turn((before + words.tag(Fraction(at), Fraction(at + 1)), ()), (vision,))

    def append(self, turns: Sequence[tuple[Piece, ...]]) -> None:
        """Take note that these turns stand in the lane."""
        for turn in turns:
            self.ends.append(self.tokens + sum(map(piece_tokens, turn)))
        self.seen += len(turns)

    def until(self, context: int, visions: Sequence[VisionTokens]) -> list[tuple[Piece, ...]]:
        """Turns that bring the lane to a context, the coming frame included, and not beyond."""
        turns: list[tuple[Piece, ...]] = []
        held = self.tokens
        while True:
            at = self.seen + len(turns)
            turn = self.turn(visions[at % len(visions)], len(turns))
            size = sum(map(piece_tokens, turn))
            # What is appended now, and then once more as the frame that is measured.
            if held + 2 * size > context and (turns or len(self.ends) > 1):
                return turns
            turns.append(turn)
            held += size

    def cut(self, context: int) -> None:
        """Forget turns until the coming frame fits into a context again; at least one stays."""
        while len(self.ends) > 2 and 2 * self.tokens - self.ends[-2] > context:
            self.ends.pop()
            self.seen -= 1

    def evict(self, turns: int) -> list[tuple[int, int]]:
        """Forget the oldest turns; the token ranges that stay."""
        stop, length = self.ends[turns], self.tokens
        gone = stop - self.sink
        self.ends = [0, *(end - gone for end in self.ends[turns + 1 :])]
        return [(0, self.sink), (stop, length)]
