# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Decides whether the camera's messages are of use, and says in one sentence why not.

A message that arrives is not yet a frame of use: its stamp may be zero or stand still, its image
may be unreadable or all black. The log and the diagnostics take their sentences from here. Needs
no ROS.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.node.lasting import Lasting

PATIENCE = 5.0
"""Seconds without a message after which the reason is reported."""
WINDOW = 3.0
"""Seconds over which stamps are judged, steady clock; with the period of the check below five."""
RECENT = 10.0
"""Seconds for which a frame that was dropped is shown, steady clock."""
BLACK = 8
"""Brightest value, of 255, of an image that counts as black."""
_LEAST = 3
"""Messages that must have been ignored before their stamps are called wrong."""
_SHARE = 0.1
"""Share of the messages that must have been ignored for that."""
_NEARLY_ALL = 0.9
"""Share above which the camera is of no use."""
_SLOW = 2.5
"""Multiple of the longest gap between two messages that counts as silence."""


class Level(enum.IntEnum):
    """How bad it is."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True)
class Finding:
    """One thing about the input.

    Attributes:
        kind: what it is, one word; a finding of another kind is logged at once.
        level: how bad it is.
        sentence: what is wrong, and what to do about it.
    """

    kind: str
    level: Level
    sentence: str


@dataclass(frozen=True)
class GraphView:
    """What only the graph knows, as sentences; '' where nothing is wrong.

    Attributes:
        mismatch: a publisher's QoS is incompatible.
        silence: no message has arrived for longer than the camera usually takes.
        clock: the node's clock does not run.
        publishers: names of the nodes that publish the topic.
    """

    mismatch: str = ''
    silence: str = ''
    clock: str = ''
    publishers: Sequence[str] = ()


class Patience:
    """How long a camera may be silent: five seconds, or longer if it has been slower than that."""

    def __init__(self) -> None:
        self.seconds = PATIENCE

    def learn(self, gap: float) -> None:
        """A message arrived after a gap, seconds."""
        self.seconds = max(self.seconds, _SLOW * gap)


class InputHealth(Sink):
    """Judges the input of one activation.

    As a sink it is told, in the worker's thread, what became of the sampled frames; `findings` is
    called once a second by another.

    Args:
        topic: the camera's.
        counts: the sampler's, as they grow.
        now: steady-clock seconds.

    Attributes:
        useful: sampled frames whose image could be decoded.
    """

    def __init__(self, topic: str, counts: SamplerCounts, now: float) -> None:
        self.useful = 0
        self._topic = topic
        self._counts = counts
        self._started = now
        self._before = SamplerCounts()
        self._judged_at = now
        self._stamps: Finding | None = None
        self._flaw = ''
        self._flaw_at = 0.0
        self._failed_at = 0.0
        self._failure = ''
        self._bad_in_a_row = 0
        self._black_since = 0.0
        self._several = Lasting()

    def take(self, step: Step) -> None:
        """Note what became of a step's frame."""
        if step.frame is not None and step.frame.reason is not Reason.OVERFLOW:
            self._note_image(step.frame, step.time)
        for event in step.events:
            if not isinstance(event, Decided):
                continue
            if event.reason is Reason.MODEL_FAILED:
                self._failure, self._failed_at = event.frame.flaw, step.time
            elif event.reason in (Reason.BAD_FRAME, Reason.OVERFLOW):
                self._flaw, self._flaw_at = event.frame.flaw, step.time

    def findings(self, now: float, graph: GraphView) -> list[Finding]:
        """What is wrong now, the worst first; empty when nothing is.

        Args:
            now: steady-clock seconds.
            graph: what the graph says.
        """
        findings = [
            Finding('clock', Level.WARN, graph.clock),
            Finding('silence', Level.STALE, graph.silence),
            Finding('qos', Level.WARN, graph.mismatch),
            self._image(now),
            self._model(now),
        ]
        stamps = self._judge_stamps(now, graph.publishers)
        findings += [stamps] if stamps and not graph.silence else []
        if self._several.check(len(graph.publishers) > 1, now) and not stamps:
            findings.append(self._of_several(graph.publishers))
        return sorted(
            (finding for finding in findings if finding.sentence),
            key=lambda finding: -finding.level,
        )

    def summary(self) -> str:
        """What there is to say when nothing is wrong."""
        if self.useful:
            return f'frames arrive on {self._topic}'
        return f'waiting for the first frame on {self._topic}'

    def _note_image(self, frame: Frame, at: float) -> None:
        if frame.reason is Reason.BAD_FRAME:
            self._bad_in_a_row += 1
            return
        self._bad_in_a_row = 0
        self.useful += 1
        if frame.image is None or not is_black(frame.image):
            self._black_since = 0.0
        elif not self._black_since:
            self._black_since = at

    def _image(self, now: float) -> Finding:
        if self._bad_in_a_row > 1:
            return Finding(
                'image',
                Level.ERROR,
                f'none of the last {self._bad_in_a_row} sampled frames of {self._topic} can be '
                f'used: {self._flaw}',
            )
        if self._flaw and now - self._flaw_at < RECENT:
            return Finding('image', Level.WARN, f'a frame was dropped: {self._flaw}')
        if self._black_since and now - self._black_since >= WINDOW - 1:
            return Finding(
                'black',
                Level.WARN,
                f'the images on {self._topic} are all black: check the lens cap, the exposure '
                'and the driver',
            )
        return Finding('image', Level.OK, '')

    def _model(self, now: float) -> Finding:
        if not self._failed_at or now - self._failed_at >= RECENT:
            return Finding('model', Level.OK, '')
        return Finding(
            'model', Level.ERROR, f'the model failed on a sampled frame: {self._failure}'
        )

    def _of_several(self, publishers: Sequence[str]) -> Finding:
        return Finding(
            'publishers',
            Level.WARN,
            f'{self._topic} has {len(publishers)} publishers ({", ".join(publishers)}), and their '
            'images are watched as those of one camera: keep one, or start a node for each topic',
        )

    # ---- stamps -------------------------------------------------------------------------------

    def _judge_stamps(self, now: float, publishers: Sequence[str]) -> Finding | None:
        """Judge the stamps of the last window, at its end; until then as before."""
        if now - self._judged_at >= WINDOW:
            new = _difference(self._counts, self._before)
            self._before = _difference(self._counts, SamplerCounts())
            self._judged_at = now
            self._stamps = self._stamp_finding(new, publishers)
        return self._stamps

    def _stamp_finding(self, new: SamplerCounts, publishers: Sequence[str]) -> Finding | None:
        ignored = {
            'zero': new.zero,
            'frozen': new.duplicate,
            'late': new.reordered + new.doubtful,
        }
        total = sum(ignored.values())
        if total < max(_LEAST, _SHARE * new.received):
            return None
        kind = max(ignored, key=lambda name: ignored[name])
        what, cure = _STAMPS[kind]
        if kind != 'zero' and len(publishers) > 1:
            cure = f'it has {len(publishers)} publishers ({", ".join(publishers)}): keep one'
        return Finding(
            kind,
            Level.ERROR if total > _NEARLY_ALL * new.received else Level.WARN,
            f'{ignored[kind]} of the last {new.received} messages on {self._topic} were ignored: '
            f'{what}; {cure}',
        )


_RECEIVE = 'set sampling.stamp to receive'
_STAMPS = {
    'zero': (
        'their header.stamp is zero, negative or missing',
        f'let the camera driver set header.stamp, or {_RECEIVE}',
    ),
    'frozen': (
        'their header.stamp repeats that of an earlier message',
        f'let the camera driver set header.stamp anew for each image, or {_RECEIVE}',
    ),
    'late': (
        'their header.stamp lies behind that of earlier messages, or far ahead',
        f'synchronize the clocks of camera and robot, or {_RECEIVE}',
    ),
}


def is_black(image: NDArray[np.uint8]) -> bool:
    """Whether an image, uint8, has no pixel brighter than `BLACK`."""
    # Most images are told from a few pixels.
    return bool(image[::16, ::16].max(initial=0) < BLACK and image.max(initial=0) < BLACK)


def _difference(newer: SamplerCounts, older: SamplerCounts) -> SamplerCounts:
    return SamplerCounts(
        **{
            field.name: getattr(newer, field.name) - getattr(older, field.name)
            for field in fields(SamplerCounts)
        }
    )
