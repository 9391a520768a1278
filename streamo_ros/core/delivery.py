# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When an answer is held back: in the cooldown, beyond an hour's number, repeated, or empty.

Hysteresis holds back as well, see `decision.Hysteresis`.

Everything is counted in capture time, and from answers that were delivered: one that was held back
begins no cooldown.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass

from streamo_ros.core.frame import SECOND
from streamo_ros.core.protocol import State

HOUR = 3600 * SECOND


class Held(enum.IntEnum):
    """Why an answer was held back."""

    NONE = 0
    COOLDOWN = 1
    HOURLY = 2
    REPEATED = 3
    HYSTERESIS = 4
    EMPTY = 5


@dataclass(frozen=True)
class NotifyLimits:
    """What an instruction may deliver.

    Attributes:
        max_per_hour: most answers in an hour of capture time; 0 = any number.
        cooldown: nanoseconds after an answer without another, for instructions that ask for none.
        repeats: deliver the same answer again while its event lasts.
    """

    max_per_hour: int = 0
    cooldown: int = 0
    repeats: bool = True


class Delivery:
    """What one instruction has delivered, and its episodes.

    An episode is an unbroken run of frames that are not Silence: one event, as far as the model
    can tell. A Response that is held back is no Silence.

    Attributes:
        episode_id: the episode of the last frame that was not Silence; counts from 1.
        quiet_until: capture time before which nothing is delivered, nanoseconds.
    """

    def __init__(self) -> None:
        self.episode_id = 0
        self.quiet_until = 0
        self._text = ''
        self._lasting = False
        self._given: deque[int] = deque()
        self._held = Held.NONE

    @property
    def said(self) -> str:
        """The last answer of the episode that lasts; '' = none."""
        return self._text if self._lasting else ''

    def reason_to_hold(self, stamp: int, limits: NotifyLimits) -> Held:
        """Why an answer to this frame would be held back, before its text is known."""
        if stamp < self.quiet_until:
            return Held.COOLDOWN
        while self._given and self._given[0] <= stamp - HOUR:
            self._given.popleft()
        if 0 < limits.max_per_hour <= len(self._given):
            return Held.HOURLY
        return Held.NONE

    def follow(self, wanted: State, held: Held) -> bool:
        """Follow the decision about the next frame.

        Args:
            wanted: what the model decides, eligible or not.
            held: why a Response is not eligible.

        Returns:
            Whether an answer is held back with this frame; a run of such frames is one answer.
        """
        if wanted is State.SILENCE:
            self._lasting = False
        elif not self._lasting:
            self._lasting, self._text = True, ''
            self.episode_id += 1
        before, self._held = self._held, held if wanted is State.RESPONSE else Held.NONE
        return bool(self._held) and self._held is not before

    def deliver(self, stamp: int, cooldown: int, limits: NotifyLimits) -> None:
        """An answer to the frame with this stamp will be delivered.

        Args:
            stamp: capture time, nanoseconds.
            cooldown: what the instruction asks for, nanoseconds; 0 = as `limits` says.
            limits: see there.
        """
        self.quiet_until = stamp + (cooldown or limits.cooldown)
        if limits.max_per_hour:
            self._given.append(stamp)

    def remember(self, text: str, episode_id: int) -> None:
        """An answer of an episode is complete."""
        if episode_id == self.episode_id:
            self._text = text
