# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tasks that answer a question about the view and keep the answer up to date.

An answer is due as soon as it can be given and whenever it differs from the previous one; Standby
while the view is too unsettled to answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamo_ros.worlds.phrasing import article
from streamo_ros.worlds.phrasing import name
from streamo_ros.worlds.scene import SPACING
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.task import response
from streamo_ros.worlds.task import SILENCE
from streamo_ros.worlds.task import STANDBY
from streamo_ros.worlds.task import Task


class QuestionTask(Task):
    """A question that is answered again when the answer changes."""

    def __init__(self, color: str = '', shape: str = '') -> None:
        super().__init__(color, shape)
        self._last_answer = ''

    def _update(self, answer: str) -> Label:
        if answer == self._last_answer:
            return SILENCE
        self._last_answer = answer
        return response(answer)


class Count(QuestionTask):
    """How many things there are; unsettled while the edge cuts one off."""

    def _label(self, view: View) -> Label:
        if any(not thing.whole for thing in view.things):
            return STANDBY
        return self._update(f'{len(view.things)}.')


class Number(QuestionTask):
    """What the display shows; always silent without a display."""

    def _label(self, view: View) -> Label:
        return self._update(f'{view.panel.value}.') if view.panel else SILENCE


class Presence(QuestionTask):
    """Whether there is a matching thing; unsettled while it comes, goes or changes color."""

    def _label(self, view: View) -> Label:
        matching = [thing for thing in self._matching(view) if thing.into is None]
        if matching and not any(thing.whole for thing in matching):
            return STANDBY
        if any(
            thing.into and self.color in (thing.into, thing.color) and thing.shape == self.shape
            for thing in view.things
        ):
            return STANDBY
        return self._update('Yes.' if matching else 'No.')


class Color(QuestionTask):
    """The color of the only thing of a shape; unsettled while there are several."""

    def _label(self, view: View) -> Label:
        things = [thing for thing in view.things if thing.shape == self.shape]
        if not things:
            return SILENCE
        if len(things) > 1 or not things[0].whole or things[0].into:
            return STANDBY
        return self._update(f'{things[0].color.capitalize()}.')


class See(QuestionTask):
    """What is on the table, listed once in reading order, as soon as nothing is under way."""

    def _label(self, view: View) -> Label:
        if self._last_answer:
            return SILENCE
        if any(not thing.whole or thing.into or thing.gripped for thing in view.things):
            return STANDBY
        listed = ', '.join(
            f'{article(thing.color)} {name(thing)}' for thing in reading_order(view.things)
        )
        return self._update(f'{listed or "nothing"}.'.capitalize())


def reading_order(things: Sequence[VisibleThing]) -> list[VisibleThing]:
    """Things row by row from the top, and from left to right within a row.

    A thing belongs to a row if it is less than half a slot lower than the highest thing in it: the
    order must not depend on differences that nobody can see.
    """
    ordered: list[VisibleThing] = []
    remaining = sorted(things, key=lambda thing: thing.y)
    while remaining:
        row = [thing for thing in remaining if thing.y < remaining[0].y + SPACING / 2]
        ordered += sorted(row, key=lambda thing: thing.x)
        remaining = remaining[len(row) :]
    return ordered
