# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How many tokens a dialogue needs. Imports no torch."""

from __future__ import annotations

from streamo_ros.core.context_limits import DEFAULT_MAX_FRAMES
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.prompt import PromptTokens

LONG_INSTRUCTION, LONG_ANSWER, ANSWERS = 600, 128, 9
"""Tokens that a slot has room for besides its frames: an instruction of 2,000 characters, the
eight answers that are kept, and the one being generated. With more, a policy evicts earlier."""


def wanted_capacity(frames: int, frame_tokens: int, prompt: PromptTokens) -> int:
    """Tokens of a slot that holds so many frames, a long instruction and the last answers.

    Args:
        frames: in the window; 0 = `DEFAULT_MAX_FRAMES`.
        frame_tokens: most vision tokens that a frame can have.
        wording: the dialogue in the checkpoint's tokens.
    """
    answers = ANSWERS * (prompt.longest_turn(0) + LONG_ANSWER)
    past = prompt.dialect.past
    fixed = len(prompt.sink('')) + past.first + past.last + LONG_INSTRUCTION + answers
    steps = -(-(frames or DEFAULT_MAX_FRAMES) // prompt.dialect.frames)
    return fixed + (steps + 1) * prompt.longest_turn(frame_tokens)


def check_context(capacity: int, prompt: PromptTokens, tokens: int) -> None:
    """Refuse a slot that cannot hold the sink and one turn with a frame of so many tokens.

    Raises:
        BackboneError: with what it would have to hold.
    """
    need = len(prompt.sink('instruction')) + prompt.longest_turn(tokens)
    if need > capacity:
        raise BackboneError(
            f'{capacity} tokens cannot hold the system prompt and one turn, which take {need}: '
            'raise context.capacity or lower model.max_pixels'
        )
