# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A replay's result as plain data: what `--json` prints, and what a terminal shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from streamo_ros.core.errors import ExitCode
from streamo_ros.program import escape
from streamo_ros.replay.job import Outcome
from streamo_ros.report.html import ignored_stamps
from streamo_ros.report.marks import count_marks
from streamo_ros.report.marks import describe_held
from streamo_ros.report.marks import describe_marks
from streamo_ros.report.svg import clock


@dataclass
class Summary:
    """A replay's result.

    Attributes:
        source: what was replayed.
        failure: why it could not be; '' when it could.
        undecided: why nothing was decided although it could be replayed; '' if something was.
        output: folder of events, bag and report; '' = nothing was written.
        model_id: identity of the model.
        frames: what became of the source's frames.
        stream_seconds: capture time that was replayed.
        wall_seconds: how long it took.
        speed: multiple of real time.
        stopped: whether it was stopped before the end.
        remarks: sentences about what was incomplete.
        instructions: id, text, states (counts; `NO_INSTRUCTION` where there was nothing to
            decide), held_back (counts by reason) and responses (seconds, text, probability) of
            each.
        golden: '' when nothing was compared or written, else 'same', 'different' or 'written'.
        differences: a few lines of text for each.
    """

    source: str
    failure: str = ''
    undecided: str = ''
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
        if self.failure or self.undecided:
            return ExitCode.BAD_INPUT
        if self.differences:
            return ExitCode.FAILED
        return ExitCode.INTERRUPTED if self.stopped else ExitCode.OK


def summarize(outcome: Outcome) -> Summary:
    """The result of an outcome."""
    job, totals = outcome.job, outcome.totals
    model = outcome.timeline.head.model
    return Summary(
        source=job.source,
        undecided=outcome.undecided,
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
        differences=[
            difference.describe(outcome.instructions) for difference in outcome.differences
        ],
    )


def describe(summary: Summary) -> str:
    """The result as text for people."""
    return '\n'.join(map(escape, _lines(summary)))


def _lines(summary: Summary) -> Iterator[str]:
    if summary.failure:
        yield f'{summary.source}: {summary.failure}'
        if summary.output:
            yield f'  what was decided until then is in {summary.output}'
        return
    frames = summary.frames
    if not frames:
        yield f'{summary.source}: stopped before it started'
        return
    yield (
        f'{summary.source}: {clock(summary.stream_seconds)} of capture time, '
        f'{frames["received"]} frames, {frames["sampled"]} sampled, '
        f'{summary.speed:,.1f} × real time'
    )
    if summary.undecided:
        yield f'  error: {summary.undecided}'
    yield from (f'  note: {remark}' for remark in summary.remarks)
    for track in summary.instructions:
        states = describe_marks(track['states'])
        held = f'; {describe_held(track["held_back"])}' if track['held_back'] else ''
        yield f'  {track["id"]}  {_printable(track["text"])}: {states}{held}'
        for at, text, _ in track['responses']:
            yield f'       {clock(at)}  {_printable(text)}'
    if summary.differences:
        decided = sum(sum(track['states'].values()) for track in summary.instructions)
        yield f'  differs from the golden file in {len(summary.differences)} of {decided}'
        yield from (f'  {line}' for text in summary.differences for line in text.splitlines())
    elif summary.golden:
        yield f'  golden file: {summary.golden}'
    if summary.output:
        yield f'  written to {summary.output}'


def _printable(text: str) -> str:
    """One line without control characters: a model may generate anything."""
    return ' '.join(''.join(char if char.isprintable() else ' ' for char in text).split())


def _remarks(outcome: Outcome) -> list[str]:
    totals = outcome.totals
    remarks = [remark for remark in (outcome.damage, outcome.note, *outcome.remarks) if remark]
    if totals.stopped:
        remarks.append('stopped before the end of the source')
    # Where that is why nothing was decided, it has been said.
    if totals.bad_frames and not (totals.flaw and totals.flaw in outcome.undecided):
        remarks.append(f'{totals.bad_frames} frames could not be decoded: {totals.flaw}')
    if ignored := ignored_stamps(totals.counts):
        remarks.append(f'frames whose stamps were ignored: {ignored}')
    for number, instruction in enumerate(outcome.job.instructions, 1):
        track = outcome.timeline.tracks.get(number)
        if track is None or not track.points:
            text = _printable(instruction.text)
            remarks.append(f'{text!r} was never asked: the recording ended before it began')
    if outcome.other_model:
        remarks.append(f'the golden file was made with another model, {outcome.other_model}')
    return remarks


def _instructions(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {
            'id': key,
            'text': track.text,
            'states': count_marks(point.decision for point in track.points),
            'held_back': dict(track.held),
            'responses': [
                [answer.at, answer.text, answer.probability] for answer in track.answers
            ],
        }
        for key, track in sorted(outcome.timeline.tracks.items())
    ]


def _golden(outcome: Outcome) -> str:
    if outcome.job.golden is None:
        return ''
    if outcome.job.update:
        return '' if outcome.totals.stopped else 'written'
    return 'different' if outcome.differences else 'same'
