# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A replay's result in plain data: what `--json` prints, and what is told on a terminal.

Knows outcomes; not how they came about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from streamo_ros.core.errors import ExitCode
from streamo_ros.replay.job import Outcome
from streamo_ros.report.svg import clock


@dataclass
class Summary:
    """A replay's result.

    Attributes:
        source: what was replayed.
        failure: why it was not; '' when it was.
        output: folder of events, bag and report; '' for none.
        model_id: identity of the model.
        frames: what became of the source's frames.
        stream_seconds: capture time that was replayed.
        wall_seconds: how long it took.
        speed: multiple of real time.
        stopped: whether it was stopped before the end.
        remarks: sentences about what was not whole.
        instructions: one each: id, text, states (counts), responses (seconds, text, probability).
        golden: '' when nothing was compared or written, else 'same', 'different' or 'written'.
        differences: a few lines of text each.
    """

    source: str
    failure: str = ''
    output: str = ''
    model_id: str = ''
    frames: dict[str, int] = field(default_factory=dict)
    stream_seconds: float = 0.0
    wall_seconds: float = 0.0
    speed: float = 0.0
    stopped: bool = False
    remarks: list[str] = field(default_factory=list)
    instructions: list[dict[str, Any]] = field(default_factory=list)
    golden: str = ''
    differences: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """How a program ends that does this replay alone."""
        if self.failure:
            return ExitCode.BAD_INPUT
        if self.differences:
            return ExitCode.FAILED
        return ExitCode.INTERRUPTED if self.stopped else ExitCode.OK


def summarize(outcome: Outcome) -> Summary:
    """The result of an outcome."""
    job, totals = outcome.job, outcome.totals
    model = outcome.timeline.head.get('model', {})
    return Summary(
        source=job.source,
        output=str(job.output or ''),
        model_id=str(model.get('model_id', '')),
        frames={**asdict(totals.counts), 'bad_frames': totals.bad_frames},
        stream_seconds=round(totals.stream_seconds, 3),
        wall_seconds=round(totals.wall_seconds, 3),
        speed=round(totals.speed, 2),
        stopped=totals.stopped,
        remarks=_remarks(outcome),
        instructions=_instructions(outcome),
        golden=_golden(outcome),
        differences=[one.describe(outcome.instructions) for one in outcome.differences],
    )


def describe(summary: Summary) -> str:
    """The result as a text for people."""
    return '\n'.join(_lines(summary))


def _lines(summary: Summary) -> Iterator[str]:
    if summary.failure:
        yield f'{summary.source}: {summary.failure}'
        return
    frames = summary.frames
    if not frames:
        yield f'{summary.source}: stopped before it began'
        return
    yield (
        f'{summary.source}: {clock(summary.stream_seconds)} of capture time, '
        f'{frames["received"]} frames, {frames["sampled"]} looked at, '
        f'{summary.speed:,.1f} × real time'
    )
    yield from (f'  note: {remark}' for remark in summary.remarks)
    for one in summary.instructions:
        told = ', '.join(f'{count} {state.lower()}' for state, count in one['states'].items())
        yield f'  {one["id"]}  {_printable(one["text"])}: {told}'
        yield from (f'       {clock(at)}  {_printable(text)}' for at, text, _ in one['responses'])
    if summary.differences:
        decided = sum(sum(one['states'].values()) for one in summary.instructions)
        yield f'  differs from the golden file in {len(summary.differences)} of {decided}'
        yield from (f'  {line}' for text in summary.differences for line in text.splitlines())
    elif summary.golden:
        yield f'  golden file: {summary.golden}'
    if summary.output:
        yield f'  written to {summary.output}'


def _printable(text: str) -> str:
    """One line without control characters: a model may say anything."""
    return ' '.join(''.join(char if char.isprintable() else ' ' for char in text).split())


def _remarks(outcome: Outcome) -> list[str]:
    totals, counts = outcome.totals, outcome.totals.counts
    remarks = [remark for remark in (outcome.damage, outcome.note) if remark]
    if totals.stopped:
        remarks.append('stopped before the end of the source')
    if totals.bad_frames:
        remarks.append(f'{totals.bad_frames} frames could not be decoded: {totals.flaw}')
    odd = {name: getattr(counts, name) for name in ('zero', 'duplicate', 'reordered', 'doubtful')}
    if any(odd.values()):
        told = ', '.join(f'{count} {name}' for name, count in odd.items() if count)
        remarks.append(f'frames whose stamps were ignored: {told}')
    if outcome.other_model:
        remarks.append(f'the golden file is of another model, {outcome.other_model}')
    return remarks


def _instructions(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {
            'id': key,
            'text': track.text,
            'states': dict(Counter(point.state for point in track.points)),
            'responses': [[one.at, one.text, one.probability] for one in track.answers],
        }
        for key, track in sorted(outcome.timeline.tracks.items())
    ]


def _golden(outcome: Outcome) -> str:
    if outcome.job.golden is None:
        return ''
    if outcome.job.update:
        return '' if outcome.totals.stopped else 'written'
    return 'different' if outcome.differences else 'same'
