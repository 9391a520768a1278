# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refuses an instruction that could not be watched for, before it is accepted.

An instruction is admitted by what it costs in tokens, not in characters: two thousand letters of
English are 430 tokens, the same number of emoji six thousand.
"""

from __future__ import annotations

from collections.abc import Callable

from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import check_instruction
from streamo_ros.core.protocol import ProtocolError


def instruction_check(
    backbone: Backbone, max_new_tokens: Callable[[], int]
) -> Callable[[str], str]:
    """A check for `InstructionBook`: the text is clean, and it fits into a lane.

    Args:
        backbone: whose tokens and capacity count.
        max_new_tokens: gives the length of the longest answer, which must fit too.

    Returns:
        A function that returns the text cleaned, or raises ProtocolError with the figures and
        the cure.
    """
    prompt = backbone.prompt

    def check(text: str) -> str:
        text = check_instruction(text, prompt.tokenizer.control_tokens)
        info = backbone.info
        frame = info.max_tokens_per_frame or info.tokens_per_frame
        sink, answer = len(prompt.sink(text)), max_new_tokens()
        need = sink + prompt.longest_turn(frame) + answer
        if need > backbone.capacity:
            own = sink - len(prompt.sink(''))
            raise ProtocolError(
                f'the instruction takes {own} tokens; with the system prompt, one frame and an '
                f'answer of {answer} tokens that makes {need}, and the context holds '
                f'{backbone.capacity}: shorten it by {need - backbone.capacity} tokens, or raise '
                'context.capacity'
            )
        return text

    return check
