# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Golden files: what a replay decided and said, and how another replay differs from it.

A golden file is lines of JSON: a head (rate, topic, instructions, model), then a line a decision
in the order they were made. Knows no times but capture times: how long it took is no result.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.replay.run import ReplayStep
from streamo_ros.replay.run import TimedInstruction

TOLERANCE = 1e-3
"""How far probabilities may be apart: what DESIGN promises of the same machine."""


class GoldenError(StreamoError, ValueError):
    """A golden file cannot be used; the message says why and what mends it."""


@dataclass(frozen=True)
class GoldenHeader:
    """How a golden file was made.

    Attributes:
        rate: frames looked at per second of capture time.
        topic: the image topic that was asked for; '' for the only one.
        orders: the instructions.
        model_id: the model's identity; another one is named when there are differences.
    """

    rate: float
    topic: str
    orders: tuple[TimedInstruction, ...]
    model_id: str = ''


@dataclass(frozen=True)
class GoldenDecision:
    """One decision and, for a Response, the whole answer.

    Attributes:
        stamp: capture time, nanoseconds.
        seconds: since the first frame of the stream.
        stream_id: which stream of a source that loops.
        chances: probabilities of Silence, Standby, Response; empty when nothing was decided.
    """

    stamp: int
    seconds: float
    stream_id: int
    instruction_id: int
    state: str
    chances: tuple[float, ...] = ()
    text: str = ''

    @property
    def key(self) -> tuple[int, int, int]:
        """What makes two entries be about the same decision."""
        return self.stream_id, self.stamp, self.instruction_id

    def describe(self) -> str:
        """State, probabilities and text in one line."""
        chances = ' '.join(f'{chance:.3f}' for chance in self.chances)
        text = f' {self.text!r}' if self.text else ''
        return f'{self.state.lower():8} [{chances}]{text}'

    def agrees(self, other: GoldenDecision, tolerance: float) -> bool:
        """Same state and text, and probabilities within the tolerance."""
        if (self.state, self.text) != (other.state, other.text):
            return False
        if len(self.chances) != len(other.chances):
            return False
        return all(
            abs(one - two) <= tolerance
            for one, two in zip(self.chances, other.chances, strict=True)
        )


@dataclass(frozen=True)
class Difference:
    """One decision that is not as expected.

    Attributes:
        expected: None when nothing was expected.
        came: None when nothing came.
        picture: the frame as a JPEG file; None when there is none.
    """

    expected: GoldenDecision | None
    came: GoldenDecision | None
    picture: Path | None = None

    def describe(self, instructions: Mapping[int, str]) -> str:
        """A few lines: which second and instruction, what was expected, what came, the picture.

        Args:
            instructions: texts by id.
        """
        one = self.came or self.expected
        assert one is not None
        text = instructions.get(one.instruction_id, '(no instruction)')
        when = f'{one.seconds:g} s (stamp {one.stamp / 1e9:.3f})'
        lines = [
            f'{when}, instruction {one.instruction_id}: {text}',
            f'    expected  {self.expected.describe() if self.expected else "no decision"}',
            f'    came      {self.came.describe() if self.came else "no decision"}',
        ]
        return '\n'.join(lines + ([f'    picture   {self.picture}'] if self.picture else []))


@dataclass
class Golden:
    """What a replay decided and said.

    Attributes:
        head: how it was made.
        entries: in the order of their making.
    """

    head: GoldenHeader
    entries: list[GoldenDecision] = field(default_factory=list)

    @property
    def instructions(self) -> dict[int, str]:
        """Texts by id: orders are given ids from 1, in their order."""
        return {number: order.text for number, order in enumerate(self.head.orders, 1)}

    def differences(
        self, came: Sequence[GoldenDecision], tolerance: float = TOLERANCE
    ) -> list[Difference]:
        """Where another replay differs, in the order of time.

        Args:
            came: its entries.
            tolerance: how far probabilities may be apart.
        """
        expected = {entry.key: entry for entry in self.entries}
        others = {entry.key: entry for entry in came}
        found = []
        for key in sorted(expected.keys() | others.keys()):
            one, other = expected.get(key), others.get(key)
            if one is None or other is None or not one.agrees(other, tolerance):
                found.append(Difference(one, other))
        return found

    def write(self, path: Path) -> None:
        """Write the file; the old one is replaced when the new one is whole."""
        head: dict[str, Any] = {
            'golden': 1,
            'rate': self.head.rate,
            'topic': self.head.topic,
            'instructions': [[order.text, order.seconds] for order in self.head.orders],
            'model_id': self.head.model_id,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f'{path.name}.new')
        lines = [head, *(_line(entry) for entry in self.entries)]
        fresh.write_text(
            ''.join(json.dumps(line, ensure_ascii=False) + '\n' for line in lines), 'utf-8'
        )
        fresh.replace(path)


def step_entries(step: ReplayStep) -> Iterator[GoldenDecision]:
    """The entries of a step."""
    texts = {event.response_id: event.text for event in step.events if isinstance(event, Answered)}
    for event in step.events:
        if isinstance(event, Decided):
            tick = event.frame.tick
            chances = tuple(round(chance, 4) for chance in event.probabilities)
            yield GoldenDecision(
                tick.stamp,
                round(step.seconds, 3),
                tick.stream_id,
                event.instruction_id,
                event.state.name,
                chances if event.state else (),
                texts.get(event.response_id, ''),
            )


def read_golden(path: Path) -> Golden:
    """Read a golden file.

    Raises:
        GoldenError: it is not there, or is none.
    """
    mending = 'write it with --update-golden'
    try:
        first, *rest = path.read_text('utf-8').splitlines()
        head = json.loads(first)
        orders = tuple(TimedInstruction(str(text), float(at)) for text, at in head['instructions'])
        golden = Golden(GoldenHeader(float(head['rate']), head['topic'], orders, head['model_id']))
        golden.entries = [_entry(json.loads(line)) for line in rest]
    except FileNotFoundError as error:
        raise GoldenError(f'there is no golden file {path}: {mending}') from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise GoldenError(f'{path} is no golden file ({error}): {mending}') from error
    return golden


def _line(entry: GoldenDecision) -> dict[str, Any]:
    line: dict[str, Any] = {
        'stamp': entry.stamp,
        'seconds': entry.seconds,
        'stream': entry.stream_id,
        'instruction': entry.instruction_id,
        'state': entry.state,
        'p': list(entry.chances),
    }
    return {**line, 'text': entry.text} if entry.text else line


def _entry(line: Mapping[str, Any]) -> GoldenDecision:
    return GoldenDecision(
        line['stamp'],
        line['seconds'],
        line['stream'],
        line['instruction'],
        line['state'],
        tuple(line['p']),
        line.get('text', ''),
    )
