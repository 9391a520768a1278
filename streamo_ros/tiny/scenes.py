# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes to learn from: a window of a stretch, an instruction about it, and what is due.

Knows families, windows and shares; `dialogues` writes a scene down. A scene is drawn until it is
worth learning from, and what makes it so must not give away what is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from streamo_ros.core.protocol import seconds_text
from streamo_ros.core.protocol import State
from streamo_ros.tiny.clips import Clip
from streamo_ros.tiny.sampling_mix import AT_A_GLANCE
from streamo_ros.tiny.sampling_mix import SamplingMix
from streamo_ros.tiny.sampling_mix import SPANS
from streamo_ros.tiny.turns import Tagged
from streamo_ros.worlds.phrasing import phrase
from streamo_ros.worlds.phrasing import span_phrase
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.tasks import draw_look
from streamo_ros.worlds.tasks import label_views
from streamo_ros.worlds.tasks import Look
from streamo_ros.worlds.tasks import look_of_an_event
from streamo_ros.worlds.tasks import something_happens
from streamo_ros.worlds.tasks import WAITING

LATEST = 600
"""Most seconds at which a dialogue's tags begin."""
_ATTEMPTS, _PATIENT = 6, 20
"""Stretches that are tried until one is worth learning from; where the family stays, more."""
_SHORT = 4
"""Fewer frames than this are chosen for what can be seen in them."""
_AT_ZERO = 0.5
_UNEVEN = (1, 1, 2, 3, 4, 6)
"""Frames from one tag to the next, drawn evenly."""
_UNEVENTFUL, _GLANCE, _READY, _QUIET = 0.12, 0.5, 0.4, 0.3
"""Shares that are kept: nothing happens; so in one or two frames; no answer is due; nothing is."""


@dataclass(frozen=True)
class Scene:
    """What a dialogue is about.

    Attributes:
        family: of the task.
        text: the instruction.
        look: colour and shape that it is about; '' for any.
        course: where the frames are from.
        begin: first frame that the lane ever saw.
        start: first frame in its window.
        labels: what is due at each frame from `begin` on, until the window ends.
    """

    family: str
    text: str
    look: Look
    course: Clip
    begin: int
    start: int
    labels: list[Tagged]

    @property
    def seen(self) -> tuple[View, ...]:
        """What the frames of `labels` show."""
        return self.course.views[self.begin : self.begin + len(self.labels)]

    @property
    def before(self) -> int:
        """How many of the frames have left the window."""
        return self.start - self.begin


class Scenes:
    """Draws scenes in which mostly something is due.

    Args:
        courses: to choose from.
        turns: frames in the window.
        fresh: the window begins with the lane's first frame.
        choices: what the scenes may be about.
        draw: decides everything.
    """

    def __init__(
        self,
        courses: Sequence[Clip],
        turns: int,
        choices: SamplingMix,
        draw: np.random.Generator,
        *,
        fresh: bool = True,
    ) -> None:
        self._courses, self._turns, self._choices, self._draw = courses, turns, choices, draw
        self._fresh = fresh

    def one(self) -> Scene:
        """The next scene."""
        choices, draw = self._choices, self._draw
        fires = choices.fires > 0 and draw.random() < choices.fires
        chosen: tuple[str, bool] | None = None
        for _ in range(_PATIENT if choices.steady else _ATTEMPTS):
            course = self._courses[int(draw.integers(len(self._courses)))]
            if chosen is None or not choices.steady:
                chosen = _family(draw, self._turns, choices)
            found, is_rival = self._attempt(course, *chosen, waits=not fires)
            if self._is_worth(found, fires=fires, is_rival=is_rival):
                break
        return found

    def _attempt(
        self, course: Clip, family: str, asks_span: bool, *, waits: bool
    ) -> tuple[Scene, bool]:
        """A scene of this stretch, and whether it is a rival's; see `SamplingMix.rivals`."""
        draw, choices = self._draw, self._choices
        begin, start, stop = _window(course, self._turns, self._fresh, draw)
        numbers = course.numbers
        if choices.uneven and (asks_span or family == 'ground') and draw.random() < choices.uneven:
            begin = start
            numbers = tuple(np.cumsum(draw.choice(_UNEVEN, len(numbers))).tolist())
        look = draw_look(family, course.views[begin:stop], draw)
        rival = None
        may_rival = family in WAITING and choices.rivals > 0 and waits
        if may_rival and draw.random() < choices.rivals:
            rival = look_of_an_event(course.views[start:stop], draw)
            look = rival or look
        text = span_phrase(family, draw, *look) if asks_span else phrase(family, draw, *look)
        look = ('', '') if family == 'recolour' and look[1] not in text else look
        origin = Fraction(0 if draw.random() < _AT_ZERO else int(draw.integers(0, LATEST)))
        labels = label_course(course, family, look, begin, stop, origin, numbers)
        labels = spans(labels) if asks_span else labels
        return Scene(family, text, look, course, begin, start, labels), rival is not None

    def _is_worth(self, scene: Scene, *, fires: bool, is_rival: bool) -> bool:
        """Whether to learn from a scene.

        Where the instruction waits for a look, this must not depend on what is due, but for a set
        share: the model would learn that whatever happens is what was asked for.
        """
        family, draw, views = scene.family, self._draw, scene.seen[scene.before :]
        states = {label.state for label, _, _ in scene.labels[scene.before :]}
        if fires and family in WAITING and self._turns >= _SHORT:
            return State.RESPONSE in states
        if is_rival:
            return True
        if family in WAITING:
            share = _GLANCE if len(views) < _SHORT - 1 else _UNEVENTFUL
            return something_happens(family, views) or bool(draw.random() < share)
        if State.RESPONSE in states:
            return True
        share = _READY if State.STANDBY in states else 0.0
        return bool(draw.random() < share or draw.random() < _QUIET)


def label_course(
    course: Clip,
    family: str,
    look: Look,
    begin: int,
    stop: int,
    origin: Fraction,
    numbers: Sequence[int] = (),
) -> list[Tagged]:
    """Labels of some frames of a course, and their tags if the first begins at `origin`.

    `numbers` are of the ticks of all frames; () means the course's own.
    """
    numbers = numbers or course.numbers
    first = numbers[begin]
    tags = [origin + Fraction(number - first) / course.rate for number in numbers[begin:stop]]
    labels = label_views(
        family, look, course.views[begin:stop], [seconds_text(tag) for tag in tags]
    )
    return [(label, tag, tag + 1 / course.rate) for label, tag in zip(labels, tags, strict=True)]


def spans(labels: Sequence[Tagged]) -> list[Tagged]:
    """The same labels with the interval of what happened as the answer, as `Ground` says.

    It begins with the first frame that was on Standby and ends with the frame of the answer. Many
    more things happen than arrive, so that the model practises the copying of times on them.
    """
    found, begun = [], None
    for label, start, end in labels:
        if label.state is not State.SILENCE and begun is None:
            begun = start
        text = label.text
        if label.state is State.RESPONSE and begun is not None:
            text = f'From {seconds_text(begun)}s to {seconds_text(start)}s.'
        begun = begun if label.state is State.STANDBY else None
        found.append((Label(label.state, text), start, end))
    return found


def _family(draw: np.random.Generator, turns: int, choices: SamplingMix) -> tuple[str, bool]:
    """A family, and whether its answers are to be intervals."""
    weights = choices.weights
    if turns >= _SHORT - 1 and draw.random() < choices.spans:
        return _one_of(SPANS, draw), True
    if turns == 1:
        weights = {name: share * AT_A_GLANCE.get(name, 0.5) for name, share in weights.items()}
    return _one_of(weights, draw), False


def _one_of(shares: Mapping[str, float], draw: np.random.Generator) -> str:
    each = np.array(list(shares.values()))
    return list(shares)[int(draw.choice(len(each), p=each / each.sum()))]


def _window(
    course: Clip, turns: int, fresh: bool, draw: np.random.Generator
) -> tuple[int, int, int]:
    """First frame that the lane ever saw, first frame in its window, and end of the window."""
    count = len(course.views)
    turns = min(turns, count - course.lead)
    start = int(draw.integers(course.lead, count - turns + 1))
    return start if fresh else int(draw.integers(0, start + 1)), start, start + turns
