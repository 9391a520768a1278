# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The expected decisions of a stream, and three ways in which they follow from what is known."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from streamo_ros.core.protocol import State
from streamo_ros.worlds.objects.paths import Bools
from streamo_ros.worlds.objects.paths import Ints
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.task import response
from streamo_ros.worlds.task import SILENCE
from streamo_ros.worlds.task import STANDBY

_PATIENCE = 4
"""Frames after which what happened in doubt is not told any more."""


@dataclass(frozen=True)
class Labels:
    """The expected decisions.

    Attributes:
        labels: one for each frame.
        doubt: frames from which nothing is to be learned, shape (frames,).
        holds: whether what is waited for is so, shape (frames,); None where it is an event.
        begun: of each answer the frame from which it was already so, though in doubt, by the frame
            at which it is due; others became so when they are due.
    """

    labels: list[Label]
    doubt: Bools
    holds: Bools | None = None
    begun: Mapping[int, int] = field(default_factory=dict)

    def since(self, frame: int) -> Labels:
        """Those from a frame on."""
        holds = None if self.holds is None else self.holds[frame:]
        begun = {due - frame: first - frame for due, first in self.begun.items() if due >= frame}
        return Labels(self.labels[frame:], self.doubt[frame:], holds, begun)

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
    """Response where it has happened, Standby where it may be happening.

    What happens while nobody can know is due once it is clear, if that is soon.
    """
    labels, late, since = list[Label](), list[str](), 0
    begun = dict[int, int]()
    for frame, (done, may, text) in enumerate(zip(happened, may_happen, texts, strict=True)):
        if done:
            late, since = [*late, text], frame
        if frame - since > _PATIENCE:
            late = []
        if late and not doubt[frame]:
            labels.append(response(' '.join(dict.fromkeys(late))))
            begun |= {frame: since} if len(late) == 1 else {}
            late = []
        else:
            labels.append(STANDBY if (may or late) and frame else SILENCE)
    return Labels(labels, doubt, begun=begun)


def question(texts: Sequence[str], unsure: Bools, doubt: Bools) -> Labels:
    """An answer at the second frame, and whenever it is another one.

    While nobody can know, none is due: it is once it is clear.
    """
    labels, said = [STANDBY], ''
    doubt, begun = doubt.copy(), dict[int, int]()
    for frame in range(1, len(texts)):
        # At the start one cannot wait for what is unsure.
        doubt[frame] |= not said and bool(unsure[frame])
        if texts[frame] != said and not doubt[frame]:
            said = texts[frame]
            labels.append(response(said))
            begun[frame] = _begun([text == said for text in texts], doubt, frame)
        else:
            waiting = unsure[frame] or texts[frame] != said
            labels.append(STANDBY if waiting else SILENCE)
    doubt[0] = False
    return Labels(labels, doubt, begun=begun)


def condition(
    holds: Bools, may_hold: Bools, texts: Sequence[str], doubt: Bools, at_start: bool = True
) -> Labels:
    """An answer when something becomes true, or is true from the start.

    While nobody can know, none is due: it is once it is clear.

    Args:
        holds: whether it is true, shape (frames,).
        may_hold: whether it may be, shape (frames,).
        texts: the answer at each frame.
        doubt: whether nobody could know, shape (frames,).
        at_start: whether what is true from the start is worth an answer.
    """
    labels, said = list[Label](), not at_start and bool(holds[0])
    begun = dict[int, int]()
    for frame, holding in enumerate(holds.tolist()):
        unclear = bool(doubt[frame])
        if holding and not said and not unclear and frame:
            labels.append(response(texts[frame]))
            begun[frame] = _begun(holds.tolist(), doubt, frame)
            said = True
        else:
            waiting = (holding and not said) or (bool(may_hold[frame]) and not holding)
            labels.append(STANDBY if waiting and (frame or at_start) else SILENCE)
        said = said and (holding or unclear)
    return Labels(labels, doubt, holds, begun)


def _begun(holds: Sequence[bool], doubt: Bools, due: int) -> int:
    """The first of the frames in doubt, up to one at which an answer is due, at which it holds."""
    while due > 1 and holds[due - 1] and doubt[due - 1]:
        due -= 1
    return due
