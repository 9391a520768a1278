# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The task that tells everything: each event is reported when it is over.

Knows the stages of all events at once. Two events never overlap in these worlds; when two end
between the same two frames, the later one is told.
"""

from __future__ import annotations

from streamo_ros.worlds.phrasing import article
from streamo_ros.worlds.phrasing import name
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.scene import VisibleThing
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.task import response
from streamo_ros.worlds.task import SILENCE
from streamo_ros.worlds.task import STANDBY
from streamo_ros.worlds.task import Task


class Narrate(Task):
    """Everything that happens."""

    def __init__(self, colour: str = '', shape: str = '') -> None:
        super().__init__(colour, shape)
        self._stages: dict[int, str] = {}

    def _label(self, view: View) -> Label:
        before = self._before()
        now = {thing.key: thing for thing in view.seen}
        told = ''
        if self._previous is None:
            self._stages = {key: _stage(thing, '') for key, thing in now.items() if _stage(thing)}
            return STANDBY if self._stages else SILENCE
        for key, thing in now.items():
            stage = _stage(thing, self._edge(key, before))
            if stage:
                self._stages[key] = stage
            else:
                told = self._over(thing, key in before) or told
        for key, thing in before.items():
            if key not in now and (self._stages.pop(key, '') == 'out' or thing.whole):
                told = f'The {name(thing)} has left.'
        if told:
            return response(told)
        return STANDBY if any(_stage(thing) for thing in now.values()) else SILENCE

    def _edge(self, key: int, before: dict[int, VisibleThing]) -> str:
        """Which way a thing cut by the edge goes: as it did, or out if it was whole."""
        known = self._stages.get(key, '')
        if known:
            return known
        return 'out' if key in before and before[key].whole else 'in'

    def _over(self, thing: VisibleThing, known: bool) -> str:
        """What has just ended with a thing at rest; '' for nothing."""
        stage = self._stages.pop(thing.key, '')
        if stage in ('in', 'cut') or (not stage and not known):
            return f'{article(thing.colour).capitalize()} {name(thing)} has arrived.'
        return {
            'mixed': f'The {thing.shape} is now {thing.colour}.',
            'held': f'The {name(thing)} was moved.',
        }.get(stage, '')


def _stage(thing: VisibleThing, edge: str = '') -> str:
    """The stage of the event that a thing is in, '' at rest; `edge` if the edge cuts it."""
    if not thing.whole:
        return edge or 'cut'
    if thing.into:
        return 'mixed'
    return 'held' if thing.gripped else ''
