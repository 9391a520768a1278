# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dialogues as a lane of the engine holds them: from its first frame, or after frames have left.

Knows turns, tokens and what is learned from them. The words and their ids are `protocol`'s, and a
test compares every id with what a lane says. A dialogue begins anywhere in the first minutes of
its tags, and after an eviction earlier answers stand before the frames, as in a lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction

import numpy as np

from streamo_ros.protocol import DECISIONS
from streamo_ros.protocol import seconds_text
from streamo_ros.protocol import State
from streamo_ros.protocol import Wording
from streamo_ros.training.tiny.courses import Course
from streamo_ros.training.worlds.phrasing import phrase
from streamo_ros.training.worlds.phrasing import span_phrase
from streamo_ros.training.worlds.scene import View
from streamo_ros.training.worlds.task import Label
from streamo_ros.training.worlds.tasks import draw_look
from streamo_ros.training.worlds.tasks import label_views
from streamo_ros.training.worlds.tasks import Look
from streamo_ros.training.worlds.tasks import something_happens
from streamo_ros.training.worlds.tasks import WAITING

SEEN = -1
"""Stands in the ids where a vision token stands."""
WEIGHTS = {
    'appear': 1.5, 'leave': 1.6, 'recolour': 1.0, 'move': 1.0, 'touch': 1.4, 'count': 1.1,
    'number': 1.1, 'narrate': 1.2, 'ground': 1.5, 'presence': 1.5, 'colour': 1.3, 'see': 1.2,
}
"""How often each family is drawn at first."""
LATER = {
    'appear': 1.4, 'leave': 1.3, 'recolour': 0.7, 'move': 0.6, 'touch': 2.0, 'count': 1.3,
    'number': 2.4, 'narrate': 1.4, 'ground': 1.5, 'presence': 1.5, 'colour': 1.1, 'see': 1.6,
}
"""How often later, when what is left to learn is numbers, touches and lists."""
AT_A_GLANCE = {'count': 1.5, 'number': 1.0, 'presence': 2.0, 'colour': 1.5, 'see': 2.5}
"""How much more often, where a dialogue is one frame: what can be answered from it."""
SPANS = {'narrate': 4.0, 'leave': 1.0, 'recolour': 1.0, 'move': 1.0, 'touch': 1.0}
"""How often each is drawn of the families whose answers may be intervals instead."""
LATEST = 600
"""Most seconds at which a dialogue's tags begin."""
MAX_ANSWERS = 8
_ATTEMPTS = 6
_SHORT = 4
"""Fewer frames than this are chosen for what can be seen in them."""
_AT_ZERO, _ALL_ANSWERS, _SPAN = 0.5, 0.7, 0.09
_DIGIT = 2.0
"""Weight of a digit in an answer: nothing around it helps to guess it."""
_UNEVENTFUL, _GLANCE, _READY, _QUIET = 0.12, 0.5, 0.4, 0.3
"""Shares that are kept: nothing happens; so in one or two frames; no answer is due; nothing is."""

Tagged = tuple[Label, Fraction, Fraction]


@dataclass(frozen=True)
class Target:
    """A token to learn.

    Attributes:
        at: the place before it, which predicts it.
        token: its id.
        weight: of a state, or of a token of an answer.
        spoken: whether it belongs to an answer.
    """

    at: int
    token: int
    weight: float
    spoken: bool


@dataclass
class Dialogue:
    """One lane's dialogue.

    Attributes:
        family: of the task.
        instruction: its text.
        look: colour and shape that it is about; '' for any.
        course: where the frames are from.
        ids: of all tokens; `SEEN` where a vision token stands.
        sights: first places of the frames' vision tokens, and which frames of the course.
        targets: what is learned.
    """

    family: str
    instruction: str
    look: Look
    course: Course
    ids: list[int] = field(default_factory=list)
    sights: list[tuple[int, int]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)


def draw_dialogue(
    courses: Sequence[Course], wording: Wording, turns: int, corruption: float,
    draw: np.random.Generator, stress: float = 1.0, held_out: bool = False, fresh: bool = True,
    weights: Mapping[str, float] = WEIGHTS,
) -> Dialogue:
    """A dialogue in which mostly something is due.

    Args:
        courses: to choose from.
        wording: of the model's tokenizer.
        turns: frames in the window.
        corruption: share of Silence and Standby turns whose state in the history is wrong, so
            that the model learns to come back from its own mistakes.
        draw: decides everything.
        stress: how much more beginnings and ends of events count than other frames.
        held_out: use phrasings that no training uses.
        fresh: the window begins with the lane's first frame; else frames may have left before,
            and their answers stand there still.
        weights: how often each family is drawn.
    """
    for _ in range(_ATTEMPTS):
        course = courses[int(draw.integers(len(courses)))]
        family, asks_span = _family(draw, turns, weights)
        begin, start, stop = _window(course, turns, fresh, draw)
        look = draw_look(family, course.views[begin:stop], draw)
        text = (span_phrase(family, draw, *look) if asks_span else
                phrase(family, draw, *look, held_out=held_out))
        look = ('', '') if family == 'recolour' and look[1] not in text else look
        origin = Fraction(0 if draw.random() < _AT_ZERO else int(draw.integers(0, LATEST)))
        labels = label_course(course, family, look, begin, stop, origin)
        if _worth(family, course.views[start:stop], labels[start - begin:], draw):
            break
    labels = spans(labels) if asks_span else labels
    said = [one for one in labels[:start - begin] if one[0].state is State.RESPONSE]
    most = MAX_ANSWERS if draw.random() < _ALL_ANSWERS else int(draw.integers(1, MAX_ANSWERS))
    kept = said[-most:]
    found = Dialogue(family, text, look, course, list(wording.sink(text)))
    writer = _Writer(found, wording, stress)
    for one in kept:
        writer.answer(*one)
    for number, one in enumerate(labels[start - begin:], start):
        wrong = draw.random() < corruption
        writer.turn(*one, number, wrong)
    return found


def label_course(
    course: Course, family: str, look: tuple[str, str], begin: int, stop: int, origin: Fraction
) -> list[Tagged]:
    """Labels of some frames of a course, and their tags if the first begins at `origin`."""
    first = course.numbers[begin]
    tags = [origin + Fraction(number - first) / course.rate
            for number in course.numbers[begin:stop]]
    labels = label_views(
        family, look, course.views[begin:stop], [seconds_text(tag) for tag in tags])
    return [(label, tag, tag + 1 / course.rate)
            for label, tag in zip(labels, tags, strict=True)]


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


def _family(
    draw: np.random.Generator, turns: int, weights: Mapping[str, float]
) -> tuple[str, bool]:
    """A family, and whether its answers are to be intervals."""
    if turns >= _SHORT - 1 and draw.random() < _SPAN:
        return _one_of(SPANS, draw), True
    if turns == 1:
        weights = {name: share * AT_A_GLANCE.get(name, 0.5) for name, share in weights.items()}
    return _one_of(weights, draw), False


def _one_of(shares: Mapping[str, float], draw: np.random.Generator) -> str:
    each = np.array(list(shares.values()))
    return list(shares)[int(draw.choice(len(each), p=each / each.sum()))]


def _window(
    course: Course, turns: int, fresh: bool, draw: np.random.Generator
) -> tuple[int, int, int]:
    """First frame that the lane ever saw, first frame in its window, and end of the window."""
    count = len(course.views)
    turns = min(turns, count - course.lead)
    start = int(draw.integers(course.lead, count - turns + 1))
    return start if fresh else int(draw.integers(0, start + 1)), start, start + turns


def _worth(
    family: str, views: Sequence[View], labels: Sequence[Tagged], draw: np.random.Generator
) -> bool:
    """Whether to learn from a window.

    Where the instruction waits for a look, this must not depend on what is due: the model would
    learn that whatever happens is what was asked for.
    """
    if family in WAITING:
        share = _GLANCE if len(views) < _SHORT - 1 else _UNEVENTFUL
        return something_happens(family, views) or bool(draw.random() < share)
    states = {label.state for label, _, _ in labels}
    if State.RESPONSE in states:
        return True
    share = _READY if State.STANDBY in states else 0.0
    return bool(draw.random() < share or draw.random() < _QUIET)


class _Writer:
    """Appends turns to a dialogue, and to its targets."""

    def __init__(self, dialogue: Dialogue, wording: Wording, stress: float) -> None:
        self._dialogue, self._wording, self._stress = dialogue, wording, stress
        self._first, self._before = True, State.UNKNOWN
        self._digits = set(wording.tokenizer.plain('0123456789'))

    def answer(self, label: Label, start: Fraction, end: Fraction) -> None:
        """A turn whose frame has left: tag and answer."""
        words = self._wording
        self._open(start, end)
        self._put(words.ask + words.replies[State.RESPONSE])
        self._put(words.tokenizer.plain(f' {label.text}') + words.close)

    def turn(
        self, label: Label, start: Fraction, end: Fraction, frame: int, wrong: bool
    ) -> None:
        """A turn with its frame, its state and its answer, all of which are targets."""
        words, dialogue = self._wording, self._dialogue
        self._open(start, end)
        self._put(words.image_open)
        dialogue.sights.append((len(dialogue.ids), frame))
        self._put((SEEN,) * dialogue.course.tokens.shape[1])
        self._put(words.image_close + words.ask)
        self._aim(words.replies[label.state][0], self._weight(label.state), spoken=False)
        self._before = label.state
        if label.state is not State.RESPONSE:
            self._put(words.replies[_other(label.state) if wrong else label.state] + words.close)
            return
        self._put(words.replies[State.RESPONSE])
        for token in (*words.tokenizer.plain(f' {label.text}'), words.stop):
            self._aim(token, _DIGIT if token in self._digits else 1.0, spoken=True)
            self._put((token,))
        self._put(words.close[1:])

    def _open(self, start: Fraction, end: Fraction) -> None:
        self._put(() if self._first else self._wording.head)
        self._put(self._wording.tag(start, end))
        self._first = False

    def _put(self, ids: Sequence[int]) -> None:
        self._dialogue.ids.extend(ids)

    def _aim(self, token: int, weight: float, *, spoken: bool) -> None:
        at = len(self._dialogue.ids) - 1
        self._dialogue.targets.append(Target(at, token, weight, spoken))

    def _weight(self, state: State) -> float:
        """Beginnings and ends of events count most."""
        if state is State.RESPONSE or (
                state is State.STANDBY and self._before is not State.STANDBY):
            return 1 + 1.5 * self._stress
        if self._before is State.STANDBY and state is State.SILENCE:
            return 1 + self._stress
        return 1 + 0.5 * self._stress if state is State.STANDBY else 1.0


def _other(state: State) -> State:
    return DECISIONS[1] if state is State.SILENCE else DECISIONS[0]
