# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tasks that wait for something to happen: arrive, leave, change colour, be moved, touch the wall.

Knows when such an event has begun and when it is over, from views. Standby lasts from the first
frame that shows a stage of the event to the last; Response is the first frame behind it.
"""

from __future__ import annotations

from streamo_ros.worlds.phrasing import article
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.task import response
from streamo_ros.worlds.task import SILENCE
from streamo_ros.worlds.task import STANDBY
from streamo_ros.worlds.task import Task


class Appear(Task):
    """A thing of one look comes onto the table; cut by the edge it is on its way."""

    def __init__(self, colour: str = '', shape: str = '') -> None:
        super().__init__(colour, shape)
        self._there: bool | None = None
        self._begun: str | None = None

    def _label(self, view: View) -> Label:
        found = [thing for thing in self._asked_for(view) if thing.into is None]
        whole = any(thing.whole for thing in found)
        if self._there is None:
            self._there = whole
        elif whole and not self._there and not (self._begun is None and self._recoloured(view)):
            begun = self._start if self._begun is None else self._begun
            self._there, self._begun = True, None
            return response(self._answer(begun))
        if found and not whole and not self._there:
            self._begun = self._start if self._begun is None else self._begun
            return STANDBY
        if whole or not found:
            self._there, self._begun = whole, None
        return SILENCE

    def _recoloured(self, view: View) -> bool:
        """Whether it has the look only because something changed its colour."""
        before = self._before()
        return any(thing.key in before for thing in self._asked_for(view) if thing.whole)

    def _answer(self, begun: str) -> str:  # noqa: ARG002  Ground names it
        return f'{article(self.colour).capitalize()} {self.colour} {self.shape} has arrived.'


class Ground(Appear):
    """The same event; the answer is the interval in which it came."""

    def _answer(self, begun: str) -> str:
        return f'From {begun}s to {self._start}s.'


class Leave(Task):
    """A thing of one look goes off the table; cut by the edge it is on its way."""

    def __init__(self, colour: str = '', shape: str = '') -> None:
        super().__init__(colour, shape)
        self._key: int | None = None

    def _label(self, view: View) -> Label:
        if self._key is None:
            self._key = next((t.key for t in self._asked_for(view) if t.whole), None)
            return SILENCE
        thing = next((thing for thing in view.seen if thing.key == self._key), None)
        if thing is None:
            self._key = None
            return response(f'The {self.colour} {self.shape} has left.')
        if thing.colour != self.colour and not thing.into:
            self._key = None
            return SILENCE
        return SILENCE if thing.whole else STANDBY


class Recolour(Task):
    """Something changes its colour; in two colours it is changing."""

    def __init__(self, colour: str = '', shape: str = '') -> None:
        super().__init__(colour, shape)
        self._changing: set[int] = set()

    def _label(self, view: View) -> Label:
        now = {thing.key: thing for thing in view.seen}
        mixed = {
            key for key, thing in now.items() if thing.into and self.shape in ('', thing.shape)
        }
        over = [now[key] for key in self._changing if key in now and not now[key].into]
        self._changing = mixed
        if over:
            return response(f'The {over[0].shape} is now {over[0].colour}.')
        return STANDBY if mixed else SILENCE


class Move(Task):
    """The gripper carries a thing of one look somewhere else."""

    def __init__(self, colour: str = '', shape: str = '') -> None:
        super().__init__(colour, shape)
        self._carried: int | None = None

    def _label(self, view: View) -> Label:
        held = next((thing for thing in self._asked_for(view) if thing.gripped), None)
        before, self._carried = self._carried, held.key if held else None
        if held:
            return STANDBY
        if before is not None and any(thing.key == before for thing in view.seen):
            return response(f'The {self.colour} {self.shape} was moved.')
        return SILENCE


class Touch(Task):
    """A thing of one look comes to rest against the wall; in the gripper it may be on its way."""

    def __init__(self, colour: str = '', shape: str = '') -> None:
        super().__init__(colour, shape)
        self._touches: bool | None = None

    def _label(self, view: View) -> Label:
        touching = [thing for thing in self._asked_for(view) if thing.touching]
        before, self._touches = self._touches, bool(touching)
        if before is None:
            return SILENCE
        if touching and not before:
            return (
                SILENCE
                if self._touched(touching)
                else response(f'The {self.colour} {self.shape} touches the wall.')
            )
        return STANDBY if any(thing.gripped for thing in self._asked_for(view)) else SILENCE

    def _touched(self, things: list[VisibleThing]) -> bool:
        """Whether one of them touched already and only changed its colour."""
        before = self._before()
        return any(thing.key in before and before[thing.key].touching for thing in things)
