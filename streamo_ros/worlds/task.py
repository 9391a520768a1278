# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of all tasks: given one view after another, a task labels each frame.

A label follows from the sampled views alone: whatever happened between two frames without leaving
a trace in either of them is not labeled.
"""

from __future__ import annotations

from abc import ABC
from abc import abstractmethod
from typing import NamedTuple

from streamo_ros.core.protocol import State
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing


class Label(NamedTuple):
    """The expected decision for one frame; `text` is '' unless the state is Response."""

    state: State
    text: str = ''


SILENCE = Label(State.SILENCE)
STANDBY = Label(State.STANDBY)


def response(text: str) -> Label:
    """The label of a frame at which an answer is due."""
    return Label(State.RESPONSE, text)


def things_of(view: View, color: str, shape: str) -> list[VisibleThing]:
    """The things in a view of a given color and shape; '' matches any."""
    return [
        thing for thing in view.things if color in ('', thing.color) and shape in ('', thing.shape)
    ]


class Task(ABC):
    """One instruction, followed through a sequence of frames.

    Args:
        color: color of the things that the task is about; '' for any.
        shape: shape of the things that the task is about; '' for any.
    """

    def __init__(self, color: str = '', shape: str = '') -> None:
        self.color, self.shape = color, shape
        self._previous: View | None = None
        self._start = ''

    def label(self, view: View, start: str) -> Label:
        """The label of the next frame.

        Args:
            view: what the frame shows.
            start: first second of the frame's tag, formatted as in the tag.
        """
        self._start = start
        label = self._label(view)
        self._previous = view
        return label

    @abstractmethod
    def _label(self, view: View) -> Label:
        """The label of a view; the one before is in `_previous`."""

    def _matching(self, view: View) -> list[VisibleThing]:
        """The things in the view that have the color and shape in question."""
        return things_of(view, self.color, self.shape)

    def _previous_things(self) -> dict[int, VisibleThing]:
        """The things in the previous frame by key."""
        return {thing.key: thing for thing in self._previous.things} if self._previous else {}
