# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tasks with an answer that is kept up to date: count, number, presence, colour; and one look.

Knows the answer to a question about a view. An answer is due when it first can be given and
whenever it differs from the one given last; Standby while the view is too unsettled to answer.
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
    """A question whose answer is said again when it changes."""

    def __init__(self, colour: str = '', shape: str = '') -> None:
        super().__init__(colour, shape)
        self._said = ''

    def _update(self, answer: str) -> Label:
        if answer == self._said:
            return SILENCE
        self._said = answer
        return response(answer)


class Count(QuestionTask):
    """How many things there are; unsettled while one is cut by the edge."""

    def _label(self, view: View) -> Label:
        if any(not thing.whole for thing in view.seen):
            return STANDBY
        return self._update(f'{len(view.seen)}.')


class Number(QuestionTask):
    """What the panel shows; without a panel there is nothing to say."""

    def _label(self, view: View) -> Label:
        return self._update(f'{view.panel.value}.') if view.panel else SILENCE


class Presence(QuestionTask):
    """Whether there is a thing of one look; unsettled while it comes, goes or changes colour."""

    def _label(self, view: View) -> Label:
        found = [thing for thing in self._asked_for(view) if thing.into is None]
        if found and not any(thing.whole for thing in found):
            return STANDBY
        if any(
            thing.into and self.colour in (thing.into, thing.colour) and thing.shape == self.shape
            for thing in view.seen
        ):
            return STANDBY
        return self._update('Yes.' if found else 'No.')


class Colour(QuestionTask):
    """Which colour the only thing of a shape has; unsettled while there are several."""

    def _label(self, view: View) -> Label:
        found = [thing for thing in view.seen if thing.shape == self.shape]
        if not found:
            return SILENCE
        if len(found) > 1 or not found[0].whole or found[0].into:
            return STANDBY
        return self._update(f'{found[0].colour.capitalize()}.')


class See(QuestionTask):
    """What lies on the table, said once, as one reads, when nothing is under way."""

    def _label(self, view: View) -> Label:
        if self._said:
            return SILENCE
        if any(not thing.whole or thing.into or thing.gripped for thing in view.seen):
            return STANDBY
        listed = ', '.join(
            f'{article(thing.colour)} {name(thing)}' for thing in as_one_reads(view.seen)
        )
        return self._update(f'{listed or "nothing"}.'.capitalize())


def as_one_reads(things: Sequence[VisibleThing]) -> list[VisibleThing]:
    """Things row by row from the top, and from left to right in a row.

    Whatever is less than half a resting place lower than the highest of a row belongs to it: the
    order must not hang on differences that nobody sees.
    """
    found: list[VisibleThing] = []
    left = sorted(things, key=lambda thing: thing.y)
    while left:
        row = [thing for thing in left if thing.y < left[0].y + SPACING / 2]
        found += sorted(row, key=lambda thing: thing.x)
        left = left[len(row) :]
    return found
