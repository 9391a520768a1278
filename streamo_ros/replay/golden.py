# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Golden files: what a replay decided and answered, and how another replay differs from it.

A golden file has lines of JSON: a header (rate, topic, instructions, model), then one line per
decision in order. All times are capture times: how long a replay took is not part of its result.
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

from streamo_ros.core.errors import one_line
from streamo_ros.core.errors import StreamoError
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.events import HeldBack
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Step
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.documents import load_json
from streamo_ros.files import write_text
from streamo_ros.report.rows import DecisionRow

TOLERANCE = 1e-3
"""How far probabilities may differ: what repeated runs on one machine are guaranteed to keep."""


class GoldenError(StreamoError, ValueError):
    """A golden file cannot be used; the message states the problem and how to fix it."""


@dataclass(frozen=True)
class GoldenHeader:
    """How a golden file was made.

    Attributes:
        rate: sampled frames per second of capture time.
        topic: the image topic that was chosen; '' = the only one.
        instructions: what was watched for.
        model_id: the model's identity; another one is reported with the differences.
    """

    rate: float
    topic: str
    instructions: tuple[TimedInstruction, ...]
    model_id: str = ''


@dataclass(frozen=True)
class GoldenDecision:
    """The part of a decision that a replay reproduces and, for a Response, the whole answer.

    Attributes:
        stamp: capture time, nanoseconds.
        seconds: since the first frame of the stream.
        stream_id: which stream of a source that loops.
        probabilities: of Silence, Standby, Response; empty when the state is unknown.
    """

    stamp: int
    seconds: float
    stream_id: int
    instruction_id: int
    state: str
    probabilities: tuple[float, ...] = ()
    text: str = ''

    @classmethod
    def from_row(cls, row: DecisionRow, text: str) -> GoldenDecision:
        """Of a decision and the text of its answer."""
        return cls(
            row.stamp,
            round(row.seconds, 3),
            row.stream_id,
            row.instruction_id,
            row.state,
            tuple(round(value, 4) for value in row.probabilities or ()),
            text,
        )

    @property
    def key(self) -> tuple[int, int, int]:
        """What identifies the decision in another replay."""
        return self.stream_id, self.stamp, self.instruction_id

    def describe(self) -> str:
        """State, probabilities and text in one line."""
        probabilities = ' '.join(f'{value:.3f}' for value in self.probabilities)
        text = f' {self.text!r}' if self.text else ''
        return f'{self.state.lower():8} [{probabilities}]{text}'

    def agrees(self, other: GoldenDecision, tolerance: float) -> bool:
        """Same state and text, and probabilities within the tolerance."""
        if (self.state, self.text) != (other.state, other.text):
            return False
        if len(self.probabilities) != len(other.probabilities):
            return False
        return all(
            abs(mine - theirs) <= tolerance
            for mine, theirs in zip(self.probabilities, other.probabilities, strict=True)
        )


@dataclass(frozen=True)
class Difference:
    """One decision that is not as expected.

    Attributes:
        expected: None when none was expected.
        actual: None when there was none.
        picture: the frame as a JPEG file; None when there is none.
    """

    expected: GoldenDecision | None
    actual: GoldenDecision | None
    picture: Path | None = None

    def describe(self, instructions: Mapping[int, str]) -> str:
        """A few lines: second and instruction, the expected and the actual decision, the picture.

        Args:
            instructions: texts by id.
        """
        decision = self.actual or self.expected
        assert decision is not None
        text = instructions.get(decision.instruction_id, '(no instruction)')
        when = f'{decision.seconds:g} s (stamp {decision.stamp / 1e9:.3f})'
        lines = [
            f'{when}, instruction {decision.instruction_id}: {text}',
            f'    expected  {self.expected.describe() if self.expected else "no decision"}',
            f'    actual    {self.actual.describe() if self.actual else "no decision"}',
        ]
        return '\n'.join(lines + ([f'    picture   {self.picture}'] if self.picture else []))


@dataclass
class Golden:
    """What a replay decided and answered.

    Attributes:
        header: how it was made.
        decisions: in order.
    """

    header: GoldenHeader
    decisions: list[GoldenDecision] = field(default_factory=list)

    @property
    def instructions(self) -> dict[int, str]:
        """Texts by id: a replay numbers its instructions from 1."""
        return {
            number: instruction.text
            for number, instruction in enumerate(self.header.instructions, 1)
        }

    def differences(
        self, decisions: Sequence[GoldenDecision], tolerance: float = TOLERANCE
    ) -> list[Difference]:
        """Where another replay differs, in the order of time.

        Args:
            decisions: those of the other replay.
            tolerance: how far probabilities may differ.
        """
        expected = {decision.key: decision for decision in self.decisions}
        actual = {decision.key: decision for decision in decisions}
        return [
            Difference(expected.get(key), actual.get(key))
            for key in sorted(expected.keys() | actual.keys())
            if not _agree(expected.get(key), actual.get(key), tolerance)
        ]

    def write(self, path: Path) -> None:
        """Write the file; an older one is replaced once the new one is complete.

        Raises:
            WriteError: it cannot be written.
        """
        header: dict[str, Any] = {
            'golden': 1,
            'rate': self.header.rate,
            'topic': self.header.topic,
            'instructions': [
                [instruction.text, instruction.seconds] for instruction in self.header.instructions
            ],
            'model_id': self.header.model_id,
        }
        lines = [header, *(_to_json(decision) for decision in self.decisions)]
        write_text(path, ''.join(json.dumps(line, ensure_ascii=False) + '\n' for line in lines))


def step_decisions(step: Step) -> Iterator[GoldenDecision]:
    """The decisions of a step whose answers are complete."""
    said = (Answered, HeldBack)
    texts = {event.response_id: event.text for event in step.events if isinstance(event, said)}
    for event in step.events:
        if isinstance(event, Decided):
            row = DecisionRow.from_event(event, step)
            yield GoldenDecision.from_row(row, texts.get(event.response_id, ''))


def read_golden(path: Path) -> Golden:
    """Read a golden file.

    Raises:
        GoldenError: it does not exist, or is not a golden file.
    """
    remedy = 'write it with --update-golden'
    try:
        first, *rest = path.read_text('utf-8').splitlines() or ['']
        plain = load_json(first)
        instructions = tuple(
            TimedInstruction(str(text), float(at)) for text, at in plain['instructions']
        )
        header = GoldenHeader(
            float(plain['rate']), plain['topic'], instructions, plain['model_id']
        )
        golden = Golden(header, [_from_json(load_json(line)) for line in rest])
    except FileNotFoundError as error:
        raise GoldenError(f'there is no golden file {path}: {remedy}') from error
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise GoldenError(f'{path} is not a golden file ({one_line(error)}): {remedy}') from error
    if all(decision.state == State.UNKNOWN.name for decision in golden.decisions):
        raise GoldenError(f'{path} holds no decision, so it proves nothing: {remedy}')
    return golden


def _agree(
    expected: GoldenDecision | None, actual: GoldenDecision | None, tolerance: float
) -> bool:
    return expected is not None and actual is not None and expected.agrees(actual, tolerance)


def _to_json(decision: GoldenDecision) -> dict[str, Any]:
    line: dict[str, Any] = {
        'stamp': decision.stamp,
        'seconds': decision.seconds,
        'stream': decision.stream_id,
        'instruction': decision.instruction_id,
        'state': decision.state,
        'p': list(decision.probabilities),
    }
    return {**line, 'text': decision.text} if decision.text else line


def _from_json(line: Mapping[str, Any]) -> GoldenDecision:
    return GoldenDecision(
        line['stamp'],
        line['seconds'],
        line['stream'],
        line['instruction'],
        line['state'],
        tuple(line['p']),
        line.get('text', ''),
    )
