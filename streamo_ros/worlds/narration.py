# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The narration task: every event is reported when it is over.

Two events never overlap in these worlds; if two end between the same two frames, the later one is
reported.
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
    """Reports everything that happens."""

    def __init__(self, color: str = '', shape: str = '') -> None:
        super().__init__(color, shape)
        self._stages: dict[int, str] = {}

    def _label(self, view: View) -> Label:
        before = self._previous_things()
        now = {thing.key: thing for thing in view.things}
        report = ''
        if self._previous is None:
            self._stages = {key: _stage(thing, '') for key, thing in now.items() if _stage(thing)}
            return STANDBY if self._stages else SILENCE
        for key, thing in now.items():
            stage = _stage(thing, self._direction(key, before))
            if stage:
                self._stages[key] = stage
            else:
                report = self._finished(thing, key in before) or report
        for key, thing in before.items():
            if key not in now and (self._stages.pop(key, '') == 'out' or thing.whole):
                report = f'The {name(thing)} has left.'
        if report:
            return response(report)
        return STANDBY if any(_stage(thing) for thing in now.values()) else SILENCE

    def _direction(self, key: int, before: dict[int, VisibleThing]) -> str:
        """Which way a thing cut off by the edge moves: as it did, or out if it was whole."""
        stage = self._stages.get(key, '')
        if stage:
            return stage
        return 'out' if key in before and before[key].whole else 'in'

    def _finished(self, thing: VisibleThing, was_visible: bool) -> str:
        """The event that has just ended for a thing at rest; '' for none."""
        stage = self._stages.pop(thing.key, '')
        if stage in ('in', 'cut') or (not stage and not was_visible):
            return f'{article(thing.color).capitalize()} {name(thing)} has arrived.'
        return {
            'mixed': f'The {thing.shape} is now {thing.color}.',
            'held': f'The {name(thing)} was moved.',
        }.get(stage, '')


def _stage(thing: VisibleThing, direction: str = '') -> str:
    """The stage of a thing's event, '' at rest; `direction` if the edge cuts the thing off."""
    if not thing.whole:
        return direction or 'cut'
    if thing.into:
        return 'mixed'
    return 'held' if thing.gripped else ''
