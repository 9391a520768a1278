# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was answered before a restart, as the beginning of a new lane.

Knows how an old answer becomes a turn whose frame has left; not where answers are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.protocol import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.core.turn import Turn

LONGEST = 3600 * SECOND
"""Older answers are not recalled: their seconds would be far from any the model was trained on."""

PastAnswer = tuple[int, str]
"""Capture time of the frame, nanoseconds, and the answer."""

RestoredAnswers = Callable[[int], Sequence[PastAnswer]]
"""What was said to an instruction before a restart, oldest first; asked once for each."""


def restored_turns(said: Sequence[PastAnswer], tick: Tick, prompt: PromptTokens) -> list[Turn]:
    """Old answers as turns of a lane that begins with this tick.

    Their tags lie on the tick's own grid, so that the seconds between them and the frames to come
    are those of the capture times.
    """
    length = tick.end - tick.start
    turns = []
    for stamp, text in said:
        age = tick.stamp - stamp
        if not 0 < age <= LONGEST:
            continue
        steps = max(1, round(age / (length * SECOND)))
        start = tick.start - steps * length
        then = Tick(stamp, start, start + length, 0, tick.stream_id)
        reply = prompt.replies[State.RESPONSE] + prompt.tokenizer.plain(text) + prompt.close
        turns.append(Turn(then, None, (), (), reply, answered=True))
    return turns
