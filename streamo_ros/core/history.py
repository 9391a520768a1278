# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The past in words, in front of an instruction: as many of its lines as a lane has room for."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.interface import Backbone

History = Callable[[int], Sequence[str]]
"""The lines about the time before a capture time in nanoseconds, oldest first.

Called for every frame, so it must not wait; equal lines mean that nothing is to be told.
"""

_SHARE = 4
"""A lane gives at most one part in so many of its room to the past in words."""


def no_history(_: int) -> Sequence[str]:
    """Tells nothing; see `History`."""
    return ()


def history_text(
    lines: Sequence[str], instruction: str, backbone: Backbone, limits: ContextLimits
) -> str:
    """The newest lines that fit, oldest first, a line each.

    Args:
        lines: see `History`.
        instruction: the text that follows them.
        backbone: whose tokens and capacity count.
        limits: how many tokens the lines may take, and how many an answer needs.
    """
    prompt, info = backbone.prompt, backbone.info
    turn = prompt.longest_turn(info.max_tokens_per_frame or info.tokens_per_frame)
    taken = len(prompt.sink(instruction)) + turn + limits.max_new_tokens
    room = min(limits.max_history, (backbone.capacity - taken) // _SHARE)
    kept: list[str] = []
    for line in reversed(lines):
        room -= len(prompt.tokenizer.plain(line + '\n'))
        if room < 0:
            break
        kept.append(line)
    return '\n'.join(kept[::-1])
