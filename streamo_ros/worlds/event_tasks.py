# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tasks that wait for a thing to arrive, leave, change color, be moved or touch the wall.

Standby lasts from the first to the last frame that shows the event under way; Response is the
first frame after it.
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
    """A matching thing comes onto the table; it is on its way while the edge cuts it off."""

    def __init__(self, color: str = '', shape: str = '') -> None:
        super().__init__(color, shape)
        self._present: bool | None = None
        self._began: str | None = None

    def _label(self, view: View) -> Label:
        matching = [thing for thing in self._matching(view) if thing.into is None]
        whole = any(thing.whole for thing in matching)
        if self._present is None:
            self._present = whole
        elif (
            whole and not self._present and not (self._began is None and self._changed_color(view))
        ):
            began = self._start if self._began is None else self._began
            self._present, self._began = True, None
            return response(self._answer(began))
        if matching and not whole and not self._present:
            self._began = self._start if self._began is None else self._began
            return STANDBY
        if whole or not matching:
            self._present, self._began = whole, None
        return SILENCE

    def _changed_color(self, view: View) -> bool:
        """Whether it matches only because something that was there changed its color."""
        before = self._previous_things()
        return any(thing.key in before for thing in self._matching(view) if thing.whole)

    def _answer(self, began: str) -> str:  # noqa: ARG002  used by Ground
        return f'{article(self.color).capitalize()} {self.color} {self.shape} has arrived.'


class Ground(Appear):
    """Temporal grounding: as `Appear`, but the answer is the interval of the arrival."""

    def _answer(self, began: str) -> str:
        return f'From {began}s to {self._start}s.'


class Leave(Task):
    """A matching thing leaves the table; it is on its way while the edge cuts it off."""

    def __init__(self, color: str = '', shape: str = '') -> None:
        super().__init__(color, shape)
        self._key: int | None = None

    def _label(self, view: View) -> Label:
        if self._key is None:
            self._key = next((thing.key for thing in self._matching(view) if thing.whole), None)
            return SILENCE
        thing = next((thing for thing in view.things if thing.key == self._key), None)
        if thing is None:
            self._key = None
            return response(f'The {self.color} {self.shape} has left.')
        if thing.color != self.color and not thing.into:
            self._key = None
            return SILENCE
        return SILENCE if thing.whole else STANDBY


class Recolor(Task):
    """Something changes its color; the change is under way while it shows two colors."""

    def __init__(self, color: str = '', shape: str = '') -> None:
        super().__init__(color, shape)
        self._changing: set[int] = set()

    def _label(self, view: View) -> Label:
        now = {thing.key: thing for thing in view.things}
        changing = {
            key for key, thing in now.items() if thing.into and self.shape in ('', thing.shape)
        }
        changed = [now[key] for key in self._changing if key in now and not now[key].into]
        self._changing = changing
        if changed:
            return response(f'The {changed[0].shape} is now {changed[0].color}.')
        return STANDBY if changing else SILENCE


class Move(Task):
    """The gripper carries a matching thing somewhere else."""

    def __init__(self, color: str = '', shape: str = '') -> None:
        super().__init__(color, shape)
        self._carried: int | None = None

    def _label(self, view: View) -> Label:
        held = next((thing for thing in self._matching(view) if thing.gripped), None)
        before, self._carried = self._carried, held.key if held else None
        if held:
            return STANDBY
        if before is not None and any(thing.key == before for thing in view.things):
            return response(f'The {self.color} {self.shape} was moved.')
        return SILENCE


class Touch(Task):
    """A matching thing comes to rest against the wall; while gripped it may be on its way."""

    def __init__(self, color: str = '', shape: str = '') -> None:
        super().__init__(color, shape)
        self._touches: bool | None = None

    def _label(self, view: View) -> Label:
        touching = [thing for thing in self._matching(view) if thing.touching]
        before, self._touches = self._touches, bool(touching)
        if before is None:
            return SILENCE
        if touching and not before:
            return (
                SILENCE
                if self._touched_before(touching)
                else response(f'The {self.color} {self.shape} touches the wall.')
            )
        return STANDBY if any(thing.gripped for thing in self._matching(view)) else SILENCE

    def _touched_before(self, things: list[VisibleThing]) -> bool:
        """Whether one of them already touched the wall and only changed its color."""
        before = self._previous_things()
        return any(thing.key in before and before[thing.key].touching for thing in things)
