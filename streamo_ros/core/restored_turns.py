# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was said and seen before a restart, as the first turns of a new dialogue."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.core.turn import blocks
from streamo_ros.core.turn import Turn

MAX_AGE = 3600 * SECOND
"""Older turns are left out: their seconds would be far from any the model was trained on."""


@dataclass(frozen=True)
class PastTurn:
    """A frame that was decided before a restart.

    Attributes:
        stamp: its capture time, nanoseconds.
        state: the decision.
        text: the answer; '' where there was none.
        frame: its picture; None where none was kept.
    """

    stamp: int
    state: State = State.RESPONSE
    text: str = ''
    frame: PastFrame | None = None


RestoredTurns = Callable[[int], Sequence[PastTurn]]
"""The last turns of an instruction before a restart, oldest first; called once per instruction."""

See = Callable[[PastFrame], 'VisionTokens | None']
"""The vision tokens of a kept frame; None where it cannot be shown."""


def tick_before(tick: Tick, stamp: int) -> Tick:
    """The tick of an earlier capture time, on the grid that a tick is on."""
    length = tick.end - tick.start
    steps = max(1, round((tick.stamp - stamp) / (length * SECOND)))
    start = tick.start - steps * length
    return Tick(stamp, start, start + length, 0, tick.stream_id)


def restored_turns(
    past: Sequence[PastTurn], tick: Tick, prompt: PromptTokens, see: See
) -> list[Turn]:
    """Past turns as those of a dialogue that starts with this tick.

    Their tags lie on the tick's own grid, so that the seconds between them and the frames to come
    match the capture times. One without an answer is nothing without its frame.
    """
    turns: list[Turn] = []
    for one in past:
        then = tick_before(tick, one.stamp)
        # Two frames may fall on one tick of the new grid: the first stays.
        late = turns and then.start <= turns[-1].tick.start
        if late or not 0 < tick.stamp - one.stamp <= MAX_AGE:
            continue
        vision = see(one.frame) if one.frame is not None else None
        said = one.state is State.RESPONSE
        # A step of several frames cannot be made of one: its words alone come back.
        visions = (vision,) if vision is not None and prompt.dialect.frames == 1 else ()
        if not said and (not visions or one.state not in prompt.replies):
            continue
        text = prompt.tokenizer.plain(one.text) + prompt.ending if said else ()
        reply = prompt.replies[one.state] + text + prompt.close
        ticks = _step_before(then, prompt.dialect.frames)
        origin = (turns[0].ticks if turns else ticks)[0].start
        shown = blocks(ticks, prompt.dialect.block)
        texts = prompt.texts([(start - origin, end - origin) for start, end in shown])
        turns.append(Turn(ticks, visions, prompt.turn_prefix, texts, reply, answered=said))
    return turns


def _step_before(last: Tick, frames: int) -> tuple[Tick, ...]:
    """The ticks of the frames of a step, of which one is the last."""
    length = last.end - last.start
    return tuple(
        replace(last, start=last.start - at * length, end=last.end - at * length)
        for at in reversed(range(frames))
    )
