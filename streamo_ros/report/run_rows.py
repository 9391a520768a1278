# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rows about a run itself: its begin and end, its instructions, and what was not delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import ClassVar

import yaml

from streamo_ros.core.events import HeldBack
from streamo_ros.core.sink import Totals
from streamo_ros.documents import load_yaml
from streamo_ros.messages import nanoseconds

_MODEL = (
    'model_id',
    'model',
    'architecture',
    'protocol',
    'dtype',
    'device',
    'vision_backend',
    'vision_backend_version',
    'tokens_per_frame',
    'context_capacity',
)
"""Fields of ModelInfo that say which model it is."""


@dataclass(frozen=True)
class StreamRow:
    """The first row: what is watched, and by which model.

    Attributes:
        source: what was replayed, or the image topic of a node.
        topic: the image topic; '' outside bags.
        rate: sampled frames per second of capture time.
        model: identity and sizes of the model, by name.
        thresholds: `standby`, `response` and `hysteresis` in effect; `gate`, whether they are
            compared with the score of a gate. Empty = unknown.
    """

    kind: ClassVar[str] = 'replay'
    source: str = ''
    topic: str = ''
    rate: float = 1.0
    model: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_message(cls, message: Any, source: str, topic: str = '') -> StreamRow:
        """Of a ModelInfo, of whatever message class."""
        size = [message.image_width, message.image_height]
        model = {name: getattr(message, name) for name in _MODEL} | {'image_size': size}
        thresholds = thresholds_of(_parsed(message.parameters))
        return cls(source, topic, message.sampling_rate, model, thresholds)


def _parsed(parameters: str) -> dict[str, Any]:
    """The parameters of a ModelInfo; empty where it has none that can be read."""
    try:
        content = load_yaml(parameters)
    except yaml.YAMLError:
        return {}
    return content if isinstance(content, dict) else {}


def thresholds_of(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The thresholds in effect, as in `StreamRow`; 0 = the model's own, empty = unknown.

    Args:
        parameters: all in effect, by name.
    """
    gate = bool(parameters.get('model.gate'))
    response = parameters.get('thresholds.activation' if gate else 'thresholds.response')
    standby = parameters.get('thresholds.standby')
    if not (isinstance(response, int | float) and isinstance(standby, int | float)):
        return {}
    # What recorded it may be older than the parameter.
    hysteresis = parameters.get('thresholds.hysteresis', 0.0)
    return {
        'standby': float(standby),
        'response': float(response),
        'hysteresis': float(hysteresis) if isinstance(hysteresis, int | float) else 0.0,
        'gate': gate,
    }


@dataclass(frozen=True, slots=True)
class InstructionRow:
    """An instruction that became active.

    Attributes:
        since: capture time from which on it is active; 0 = unknown.
        cooldown: capture time after an answer without another, seconds; 0 = none.
    """

    kind: ClassVar[str] = 'instruction'
    id: int
    text: str
    since: int = 0
    cooldown: float = 0.0

    @classmethod
    def from_message(cls, message: Any) -> InstructionRow:
        """Of an Instruction, of whatever message class."""
        since, cooldown = nanoseconds(message.stamp), nanoseconds(message.cooldown)
        return cls(message.id, message.text, since, cooldown / 1e9)


@dataclass(frozen=True, slots=True)
class HeldBackRow:
    """An answer that was held back.

    Attributes:
        stamp: capture time of the frame that it would be about.
        held: why: 'COOLDOWN', 'HOURLY', 'REPEATED', 'HYSTERESIS' or 'EMPTY'.
        response_id: that of a repetition; else 0.
        text: that of a repetition; else ''.
    """

    kind: ClassVar[str] = 'held_back'
    stamp: int
    instruction_id: int
    held: str
    response_id: int = 0
    text: str = ''

    @classmethod
    def from_event(cls, event: HeldBack) -> HeldBackRow:
        """Of an event."""
        stamp, held = event.frame.stamp, event.held.name
        return cls(stamp, event.instruction_id, held, event.response_id, event.text)


@dataclass(frozen=True, slots=True)
class DeltaRow:
    """A piece of an answer; shown, never kept."""

    kind: ClassVar[str] = 'delta'
    instruction_id: int
    response_id: int
    text: str
    is_final: bool = False

    @classmethod
    def from_message(cls, message: Any) -> DeltaRow:
        """Of a ResponseDelta, of whatever message class."""
        return cls(message.instruction_id, message.response_id, message.text, message.is_final)


@dataclass(frozen=True, slots=True)
class EndRow:
    """The last row of a run that came to an end; see `Totals` and `SamplerCounts`."""

    kind: ClassVar[str] = 'end'
    received: int = 0
    sampled: int = 0
    between: int = 0
    zero: int = 0
    duplicate: int = 0
    reordered: int = 0
    doubtful: int = 0
    jumps: int = 0
    bad_frames: int = 0
    flaw: str = ''
    stream_seconds: float = 0.0
    wall_seconds: float = 0.0
    speed: float = 0.0
    stopped: bool = False
    failure: str = ''

    @classmethod
    def from_totals(cls, totals: Totals) -> EndRow:
        """Of the totals of a run."""
        return cls(
            **asdict(totals.counts),
            bad_frames=totals.bad_frames,
            flaw=totals.flaw,
            stream_seconds=round(totals.stream_seconds, 6),
            wall_seconds=round(totals.wall_seconds, 6),
            speed=round(totals.speed, 3),
            stopped=totals.stopped,
            failure=totals.failure,
        )
