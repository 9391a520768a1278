# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a training dialogue: its token ids, its frames, and what is learned at which position.

The layout of a turn is `prompt.PromptTokens`'; a test compares every id with those of a lane.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction
from typing import Protocol

from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State
from streamo_ros.tiny.clips import Clip
from streamo_ros.tiny.probe_targets import ProbeTargets
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.tasks import Look

VISION = -1
"""Placeholder in the ids for a vision token."""
_HEAVY_WEIGHT = 2.0
"""Weight of a digit in an answer: nothing around it helps to guess it."""

TaggedLabel = tuple[Label, Fraction, Fraction]
"""The label of a frame, and the start and end of its tag in seconds."""


@dataclass(frozen=True)
class Target:
    """A token to learn.

    Attributes:
        position: where it is predicted, one position before its own.
        token: its id.
        weight: weight in the mean of all states, or of all tokens of answers.
        in_answer: whether it belongs to an answer; otherwise it is a state.
    """

    position: int
    token: int
    weight: float
    in_answer: bool


@dataclass
class DrawnDialogue:
    """The dialogue of one lane.

    Attributes:
        family: task family.
        instruction: its text.
        look: color and shape that it names; '' for any.
        clip: where the frames come from.
        ids: ids of all tokens; `VISION` for each vision token.
        visions: for each frame, the position of its first vision token and its index in the clip.
        targets: what is learned.
        probe_targets: what the probes learn from each frame.
    """

    family: str
    instruction: str
    look: Look
    clip: Clip
    ids: list[int] = field(default_factory=list)
    visions: list[tuple[int, int]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    probe_targets: list[ProbeTargets] = field(default_factory=list)

    @property
    def vision_tokens(self) -> int:
        """Number of vision tokens of each frame."""
        return int(self.clip.tokens.shape[1])


class WrittenDialogue(Protocol):
    """What a dialogue's text is written to; see `DrawnDialogue`."""

    ids: list[int]
    visions: list[tuple[int, int]]
    targets: list[Target]
    probe_targets: list[ProbeTargets]

    @property
    def vision_tokens(self) -> int:
        """Number of vision tokens of each frame."""


class DialogueWriter:
    """Appends turns and their targets to a dialogue.

    Args:
        dialogue: a dialogue that holds the sink.
        prompt: prompt of the model's tokenizer.
        stress: extra weight of the starts and ends of events.
        heavy: ids of tokens that weigh as much as digits: nothing else helps to guess them.
    """

    def __init__(
        self,
        dialogue: WrittenDialogue,
        prompt: PromptTokens,
        stress: float,
        heavy: Iterable[int] = (),
    ) -> None:
        self._dialogue, self._prompt, self._stress = dialogue, prompt, stress
        self._is_first, self._previous = True, State.UNKNOWN
        digits = (number for digit in '0123456789' for number in prompt.tokenizer.plain(digit))
        self._heavy = {*digits, *heavy}

    def answer(self, label: Label, start: Fraction, end: Fraction) -> None:
        """A turn whose frame was evicted: tag and answer."""
        prompt = self._prompt
        for ids in prompt.turn((self._opening(start, end),), ()):
            self._append(ids)
        self._append(prompt.replies[State.RESPONSE])
        self._append(prompt.tokenizer.plain(f' {label.text}') + prompt.close)

    def turn(
        self,
        label: Label,
        start: Fraction,
        end: Fraction,
        frame: int,
        corrupted: bool,
        share: float = 1.0,
    ) -> None:
        """A turn with its frame; state and answer are targets.

        Args:
            label: the expected decision.
            start: start of the frame's tag in seconds.
            end: end of the frame's tag in seconds.
            frame: index of the frame in the clip.
            corrupted: write a wrong state; the target is the right one. An answer is left out.
            share: factor of the weights of its targets; 0: nothing is learned from it.
        """
        prompt, dialogue = self._prompt, self._dialogue
        vision = (VISION,) * dialogue.vision_tokens
        before, vision, after = prompt.turn((self._opening(start, end), ()), (vision,))
        self._append(before)
        dialogue.visions.append((len(dialogue.ids), frame))
        self._append(vision + after)
        state = label.state
        self._add_target(prompt.replies[state][0], share * self._weight(state), in_answer=False)
        self._previous = state
        if corrupted or state is not State.RESPONSE:
            self._append(prompt.replies[_other(state) if corrupted else state] + prompt.close)
            return
        self._append(prompt.replies[State.RESPONSE])
        for token in (*prompt.tokenizer.plain(f' {label.text}'), prompt.stop):
            weight = _HEAVY_WEIGHT if token in self._heavy else 1.0
            self._add_target(token, share * weight, in_answer=True)
            self._append((token,))
        self._append(prompt.close[1:])

    def _opening(self, start: Fraction, end: Fraction) -> tuple[int, ...]:
        prefix = () if self._is_first else self._prompt.turn_prefix
        self._is_first = False
        return prefix + self._prompt.tag(start, end)

    def _append(self, ids: Sequence[int]) -> None:
        self._dialogue.ids.extend(ids)

    def _add_target(self, token: int, weight: float, *, in_answer: bool) -> None:
        position = len(self._dialogue.ids) - 1
        self._dialogue.targets.append(Target(position, token, weight, in_answer))

    def _weight(self, state: State) -> float:
        """Weight of a state; starts and ends of events count most."""
        if state is State.RESPONSE or (
            state is State.STANDBY and self._previous is not State.STANDBY
        ):
            return 1 + 1.5 * self._stress
        if self._previous is State.STANDBY and state is State.SILENCE:
            return 1 + self._stress
        return 1 + 0.5 * self._stress if state is State.STANDBY else 1.0


def _other(state: State) -> State:
    """Standby instead of Silence, and Silence instead of all else."""
    return DECISIONS[1] if state is State.SILENCE else DECISIONS[0]
