# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A dialogue as it is written down: ids, frames, and what is learned at which place.

Knows turns and tokens. The words and their ids are `protocol`'s, and a test compares every id with
what a lane of the engine says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction

from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.tiny.clips import Clip
from streamo_ros.tiny.probe_targets import Facts
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.tasks import Look

SEEN = -1
"""Stands in the ids where a vision token stands."""
_DIGIT = 2.0
"""Weight of a digit in an answer: nothing around it helps to guess it."""

Tagged = tuple[Label, Fraction, Fraction]
"""What is due at a frame, and the interval of its tag."""


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
class DrawnDialogue:
    """One lane's dialogue.

    Attributes:
        family: of the task.
        instruction: its text.
        look: colour and shape that it is about; '' for any.
        course: where the frames are from.
        ids: of all tokens; `SEEN` where a vision token stands.
        sights: first places of the frames' vision tokens, and which frames of the course.
        targets: what is learned.
        facts: of each of the frames.
    """

    family: str
    instruction: str
    look: Look
    course: Clip
    ids: list[int] = field(default_factory=list)
    visions: list[tuple[int, int]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    facts: list[Facts] = field(default_factory=list)


class Writer:
    """Appends turns to a dialogue, and to its targets."""

    def __init__(self, dialogue: DrawnDialogue, prompt: PromptTokens, stress: float) -> None:
        self._dialogue, self._prompt, self._stress = dialogue, prompt, stress
        self._first, self._before = True, State.UNKNOWN
        self._digits = set(prompt.tokenizer.plain('0123456789'))

    def answer(self, label: Label, start: Fraction, end: Fraction) -> None:
        """A turn whose frame has left: tag and answer."""
        words = self._prompt
        self._open(start, end)
        self._put(words.reply_prompt + words.replies[State.RESPONSE])
        self._put(words.tokenizer.plain(f' {label.text}') + words.close)

    def turn(self, label: Label, start: Fraction, end: Fraction, frame: int, wrong: bool) -> None:
        """A turn with its frame, its state and its answer, all of which are targets."""
        words, dialogue = self._prompt, self._dialogue
        self._open(start, end)
        self._put(words.image_open)
        dialogue.visions.append((len(dialogue.ids), frame))
        self._put((SEEN,) * dialogue.course.tokens.shape[1])
        self._put(words.image_close + words.reply_prompt)
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
        self._put(() if self._first else self._prompt.turn_prefix)
        self._put(self._prompt.tag(start, end))
        self._first = False

    def _put(self, ids: Sequence[int]) -> None:
        self._dialogue.ids.extend(ids)

    def _aim(self, token: int, weight: float, *, spoken: bool) -> None:
        at = len(self._dialogue.ids) - 1
        self._dialogue.targets.append(Target(at, token, weight, spoken))

    def _weight(self, state: State) -> float:
        """Beginnings and ends of events count most."""
        if state is State.RESPONSE or (
            state is State.STANDBY and self._before is not State.STANDBY
        ):
            return 1 + 1.5 * self._stress
        if self._before is State.STANDBY and state is State.SILENCE:
            return 1 + self._stress
        return 1 + 0.5 * self._stress if state is State.STANDBY else 1.0


def _other(state: State) -> State:
    return DECISIONS[1] if state is State.SILENCE else DECISIONS[0]
