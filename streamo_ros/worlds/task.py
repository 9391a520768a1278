# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every family of tasks shares: a task is shown view after view and says what is due.

Knows looks and the order of frames. A label follows from the sampled views alone: what happened
between two frames and left no trace in them is not due.
"""

from __future__ import annotations

from typing import NamedTuple

from streamo_ros.core.protocol import State
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing


class Label(NamedTuple):
    """What is due at one frame; `text` is '' unless the state is Response."""

    state: State
    text: str = ''


SILENCE = Label(State.SILENCE)
STANDBY = Label(State.STANDBY)


def response(text: str) -> Label:
    """An answer is due."""
    return Label(State.RESPONSE, text)


def things_of(view: View, colour: str, shape: str) -> list[VisibleThing]:
    """The things of a view that have a look; '' for any colour or shape."""
    return [
        thing for thing in view.seen if colour in ('', thing.colour) and shape in ('', thing.shape)
    ]


class Task:
    """One instruction followed through a sequence of frames.

    Args:
        colour: the task is about things of this colour; '' for any.
        shape: the task is about things of this shape; '' for any.
    """

    def __init__(self, colour: str = '', shape: str = '') -> None:
        self.colour, self.shape = colour, shape
        self._previous: View | None = None
        self._start = ''

    def label(self, view: View, start: str) -> Label:
        """What is due at the next frame.

        Args:
            view: what the frame shows.
            start: first second of the frame's tag, as the tag writes it.
        """
        self._start = start
        found = self._label(view)
        self._previous = view
        return found

    def _label(self, view: View) -> Label:
        raise NotImplementedError

    def _asked_for(self, view: View) -> list[VisibleThing]:
        """The things of the view that have the look in question."""
        return things_of(view, self.colour, self.shape)

    def _before(self) -> dict[int, VisibleThing]:
        """The things of the previous frame by their keys."""
        return {thing.key: thing for thing in self._previous.seen} if self._previous else {}
