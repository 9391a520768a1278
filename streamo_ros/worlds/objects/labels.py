# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The expected decisions of a stream, and three ways in which they follow from what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.core.protocol import State
from streamo_ros.worlds.objects.paths import Bools
from streamo_ros.worlds.objects.paths import Ints
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.task import response
from streamo_ros.worlds.task import SILENCE
from streamo_ros.worlds.task import STANDBY


@dataclass(frozen=True)
class Labels:
    """The expected decisions.

    Attributes:
        labels: one for each frame.
        doubt: frames from which nothing is to be learned, shape (frames,).
    """

    labels: list[Label]
    doubt: Bools

    def since(self, frame: int) -> Labels:
        """Those from a frame on."""
        return Labels(self.labels[frame:], self.doubt[frame:])

    @property
    def fires(self) -> bool:
        """Whether an answer is due that one can learn from."""
        return any(
            label.state is State.RESPONSE and not doubt
            for label, doubt in zip(self.labels, self.doubt, strict=True)
        )


def events(
    happened: Bools | Ints, may_happen: Bools | Ints, texts: Sequence[str], doubt: Bools
) -> Labels:
    """Response where it has happened, Standby where it may be happening."""
    labels = [
        response(text) if done else STANDBY if may and frame else SILENCE
        for frame, (done, may, text) in enumerate(zip(happened, may_happen, texts, strict=True))
    ]
    return Labels(labels, doubt)


def question(texts: Sequence[str], unsure: Bools, doubt: Bools) -> Labels:
    """An answer at the second frame, and whenever it is another one."""
    labels, said = [STANDBY], ''
    doubt = doubt.copy()
    for frame in range(1, len(texts)):
        if texts[frame] != said:
            # At the start one cannot wait for what is unsure.
            doubt[frame] |= not said and bool(unsure[frame])
            said = texts[frame]
            labels.append(response(said))
        else:
            labels.append(STANDBY if unsure[frame] else SILENCE)
    doubt[0] = False
    return Labels(labels, doubt)


def condition(
    holds: Bools, may_hold: Bools, texts: Sequence[str], doubt: Bools, at_start: bool = True
) -> Labels:
    """An answer when something becomes true, or is true from the start.

    Args:
        holds: whether it is true, shape (frames,).
        may_hold: whether it may be, shape (frames,).
        texts: the answer at each frame.
        doubt: whether nobody could know, shape (frames,).
        at_start: whether what is true from the start is worth an answer.
    """
    labels, said = list[Label](), not at_start and bool(holds[0])
    for frame, holding in enumerate(holds.tolist()):
        if holding and not said and frame:
            labels.append(response(texts[frame]))
            said = True
        else:
            waiting = (holding and not said) or (bool(may_hold[frame]) and not holding)
            labels.append(STANDBY if waiting and (frame or at_start) else SILENCE)
        said = said and holding
    return Labels(labels, doubt)
