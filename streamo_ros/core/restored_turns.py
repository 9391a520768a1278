# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Answers from before a restart, as the first turns of a new dialogue."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.core.turn import Turn

MAX_AGE = 3600 * SECOND
"""Older answers are left out: their seconds would be far from any the model was trained on."""

PastAnswer = tuple[int, str]
"""Capture time of the frame, nanoseconds, and the answer."""

RestoredAnswers = Callable[[int], Sequence[PastAnswer]]
"""The answers to an instruction before a restart, oldest first; called once per instruction."""


def tick_before(tick: Tick, stamp: int) -> Tick:
    """The tick of an earlier capture time, on the grid that a tick is on."""
    length = tick.end - tick.start
    steps = max(1, round((tick.stamp - stamp) / (length * SECOND)))
    start = tick.start - steps * length
    return Tick(stamp, start, start + length, 0, tick.stream_id)


def restored_turns(answers: Sequence[PastAnswer], tick: Tick, prompt: PromptTokens) -> list[Turn]:
    """Past answers as turns of a dialogue that starts with this tick.

    Their tags lie on the tick's own grid, so that the seconds between them and the frames to come
    match the capture times.
    """
    turns = []
    for stamp, text in answers:
        age = tick.stamp - stamp
        if not 0 < age <= MAX_AGE:
            continue
        then = tick_before(tick, stamp)
        said = prompt.replies[State.RESPONSE] + prompt.tokenizer.plain(text)
        reply = said + prompt.ending + prompt.close
        turns.append(Turn((then,), (), reply=reply, answered=True))
    return turns
