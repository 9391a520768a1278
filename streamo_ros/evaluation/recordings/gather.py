# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pairs recordings with their truths, and replays those that nobody has watched yet."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path

from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.evaluation.recordings.truth import Truth
from streamo_ros.evaluation.recordings.truth import TruthError
from streamo_ros.evaluation.recordings.watched import check_times
from streamo_ros.evaluation.recordings.watched import part_folder
from streamo_ros.evaluation.recordings.watched import plain
from streamo_ros.evaluation.recordings.watched import stored
from streamo_ros.evaluation.recordings.watched import truths_for
from streamo_ros.evaluation.recordings.watched import Watched
from streamo_ros.replay.executor import Executor
from streamo_ros.replay.executor import run_batch
from streamo_ros.replay.executor import split
from streamo_ros.replay.job import JobError
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.summary import Summary
from streamo_ros.report.report_sink import BAG
from streamo_ros.report.report_sink import EVENTS
from streamo_ros.report.timeline import read_timeline

TOGETHER = 32
"""Most instructions that a replay watches for at once."""


@dataclass(frozen=True)
class Recording:
    """A recording with what is true of it.

    Attributes:
        watched: what came of it.
        truths: the instructions that count.
        remarks: sentences about what was left out.
    """

    watched: Watched
    truths: tuple[Truth, ...]
    remarks: tuple[str, ...] = ()


def gather(
    sources: Sequence[str],
    truths: Sequence[Truth],
    job: ReplayJob,
    executor: Executor,
    *,
    never: bool = False,
    again: bool = False,
    node: str = '',
    report: Callable[[Summary], None] = lambda _: None,
) -> list[Recording]:
    """What came of each recording, and what is true of it.

    Args:
        sources: recordings, or what is stored of them.
        truths: of the truth file; their instructions are watched for.
        job: how what is not stored is replayed; its `output` takes the replays.
        executor: where.
        never: in recordings that no truth names nothing happens, so that every answer to an
            instruction of `job` or of any truth is a false alarm.
        again: replay what is stored, too.
        node: whose topics count, where a bag has those of several.
        report: called with the result of every replay.

    Raises:
        TruthError: a recording has no truth, or one that cannot be about it.
        JobError: a replay failed.
        EventLogError, RecordedError, SourceError: something cannot be read.
    """
    kept = {source: None if again else stored(Path(source), node) for source in sources}
    asked = _asked(truths, job)
    pairs: dict[str, list[Truth]] = {}
    for source in sources:
        own = kept[source]
        names = [*_names(source), own.source if own else '']
        fitting = truths_for(names, truths, len(sources) == 1)
        if not fitting and not never:
            raise TruthError(_no_truth(source, truths))
        pairs[source] = fitting or [Truth('', text) for text in asked]
    missing = {source: pairs[source] for source in sources if kept[source] is None}
    replayed = _replay(missing, job, executor, report)
    recordings = []
    for source in sources:
        watched = kept[source] or replayed[source]
        check_times(watched, pairs[source])
        recordings.append(_recording(watched, pairs[source], never))
    return recordings


def _names(source: str) -> list[str]:
    """A replay is known by the name of its folder as well."""
    path = Path(source).resolve()
    return [source, path.parent.name] if path.name in (EVENTS, BAG) else [source]


def _asked(truths: Sequence[Truth], job: ReplayJob) -> list[str]:
    """All instructions, for recordings in which nothing happens."""
    texts = [instruction.text for instruction in job.instructions]
    texts += [truth.instruction for truth in truths]
    return list(dict.fromkeys(map(plain, texts)))


def _no_truth(source: str, truths: Sequence[Truth]) -> str:
    named = ', '.join(sorted({truth.recording for truth in truths if truth.recording})[:5])
    about = f'it is about {named}' if named else 'give "recording:" for each instruction'
    return (
        f'the truth says nothing about {source} ({about}): add it, or say with --never that '
        'nothing happens in it'
    )


def _recording(watched: Watched, truths: Sequence[Truth], never: bool) -> Recording:
    """Keep the truths whose instruction was watched for; all are needed unless nothing happens."""
    known = [truth for truth in truths if plain(truth.instruction) in watched.tracks]
    others = [truth for truth in truths if truth not in known]
    if others and any(truth.events for truth in others):
        first = next(truth for truth in others if truth.events)
        had = ', '.join(map(repr, watched.tracks)) or 'nothing'
        raise TruthError(
            f'{first.place}: {watched.name} was never asked {first.instruction!r}; it was watched '
            f'for {had}: correct the text, or replay it again with --replay'
        )
    if not known and not never:
        raise TruthError(f'{watched.name} was watched for nothing that its truth names')
    # What was asked besides counts too where nothing happens.
    texts = {plain(truth.instruction) for truth in known}
    if never and not any(truth.events for truth in truths):
        known += [Truth('', text) for text in watched.tracks if text not in texts]
    unasked = [f'{truth.instruction!r} was not watched for in {watched.name}' for truth in others]
    extra = [text for text in watched.tracks if text not in {plain(k.instruction) for k in known}]
    unscored = [f'{watched.name}: the truth says nothing about {text!r}' for text in extra]
    return Recording(watched, tuple(known), (*unasked, *unscored))


def _replay(
    wanted: Mapping[str, Sequence[Truth]],
    job: ReplayJob,
    executor: Executor,
    report: Callable[[Summary], None],
) -> dict[str, Watched]:
    """Replay recordings; many instructions in several runs."""
    jobs, owners = [], []
    for own in split(job, list(wanted)):
        truths = wanted[own.source]
        if not truths:
            raise JobError('there is nothing to watch for: add --instruction TEXT')
        for first in range(0, len(truths), TOGETHER):
            part = truths[first : first + TOGETHER]
            instructions = tuple(
                TimedInstruction(truth.instruction, truth.since) for truth in part
            )
            assert own.output is not None
            output = part_folder(own.output, first // TOGETHER + 1) if first else own.output
            jobs.append(replace(own, instructions=instructions, output=output))
            owners.append(own.source)
    timelines: dict[str, list[Path]] = {}
    for done, owner, summary in zip(jobs, owners, run_batch(jobs, executor, report), strict=True):
        if summary.failure or summary.stopped or summary.undecided:
            raise JobError(
                f'{owner}: {summary.failure or summary.undecided or "stopped before its end"}'
            )
        assert done.output is not None
        timelines.setdefault(owner, []).append(done.output / EVENTS)
    return {
        source: Watched.of(source, [read_timeline(file) for file in files])
        for source, files in timelines.items()
    }
