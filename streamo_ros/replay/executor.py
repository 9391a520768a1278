# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Batches of jobs: one job per source, one report for all.

A job that fails is listed and the others go on. Results are kept in files, so that a batch that
was stopped can be resumed. Where jobs run is up to an executor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from dataclasses import replace
from pathlib import Path
from typing import Any
from typing import TypeAlias

from streamo_ros.backbone import is_url
from streamo_ros.files import write_text
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.job import run_job
from streamo_ros.replay.progress import Interruption
from streamo_ros.replay.summary import summarize
from streamo_ros.replay.summary import Summary
from streamo_ros.report.html import write_report
from streamo_ros.report.report_sink import EVENTS
from streamo_ros.report.report_sink import REPORT
from streamo_ros.report.timeline import read_timeline

Executor: TypeAlias = 'Callable[[Mapping[int, ReplayJob]], Iterator[tuple[int, Summary]]]'
"""Runs numbered jobs, each with `run_alone`, and yields every result as it comes."""

_DONE = 'done.json'


def split(job: ReplayJob, sources: Sequence[str]) -> list[ReplayJob]:
    """One job per source, with an output folder and golden file of its own.

    Args:
        job: what they share; its `output` and `golden` are folders.
        sources: what to replay.
    """
    jobs: list[ReplayJob] = []
    taken: set[str] = set()
    for source in sources:
        stem = Path(source).name.partition('.')[0] or 'source'
        name = next(
            name
            for number in range(1, len(sources) + 1)
            if (name := stem if number == 1 else f'{stem}_{number}') not in taken
        )
        taken.add(name)
        jobs.append(
            replace(
                job,
                source=source,
                output=job.output / name if job.output else None,
                golden=job.golden / f'{name}.jsonl' if job.golden else None,
                memory=job.memory / name if job.memory else None,
            )
        )
    return jobs


def run_batch(
    jobs: Sequence[ReplayJob],
    executor: Executor,
    on_result: Callable[[Summary], None] = lambda _: None,
) -> list[Summary]:
    """Run jobs; those whose result is in their output folder are not run again.

    Args:
        jobs: see `split`.
        executor: where they run: `process_executor.on_processes` or `ray_executor.on_ray`.
        on_result: called with every result as it comes.

    Returns:
        Their results, in the order of the jobs.
    """
    results: dict[int, Summary] = {}
    for number, job in enumerate(jobs):
        kept = _kept_result(job)
        if kept is not None:
            results[number] = kept
            on_result(kept)
    remaining = {number: job for number, job in enumerate(jobs) if number not in results}
    for number, summary in executor(remaining):
        results[number] = summary
        on_result(summary)
    return [results[number] for number in sorted(results)]


def merge(jobs: Sequence[ReplayJob], summaries: Sequence[Summary], path: Path) -> None:
    """Write one report of all jobs that have a result."""
    timelines = [
        read_timeline(job.output / EVENTS)
        for job, summary in zip(jobs, summaries, strict=True)
        # A source that failed on the way has its part; one that could not be read has none.
        if job.output and summary.output and (job.output / EVENTS).exists()
    ]
    remarks = [
        f'{summary.source} failed: {summary.failure}' for summary in summaries if summary.failure
    ]
    write_report(path, timelines, f'{len(jobs)} sources', remarks)


def run_alone(job: ReplayJob, stop: Callable[[], bool] | None = None) -> Summary:
    """Run one job; an error becomes a result too. What an executor runs.

    Args:
        job: see `ReplayJob`.
        stop: whether the job is to end in good order; None = at Ctrl-C.
    """
    before = events_version(job)
    try:
        with Interruption() if stop is None else nullcontext(stop) as requested:
            summary = summarize(run_job(job, requested))
    except Exception as error:  # noqa: BLE001 - it is listed, and the other jobs go on
        kept = str(job.output) if events_version(job) != before else ''
        return Summary(source=job.source, failure=str(error) or repr(error), output=kept)
    if job.output is not None and not summary.stopped:
        done = {'job': _fingerprint(job), 'summary': asdict(summary)}
        write_text(job.output / _DONE, json.dumps(done))
    return summary


def events_version(job: ReplayJob) -> int:
    """Tells whether a run has written events: differs before and after it; 0 = there are none."""
    file = job.output / EVENTS if job.output else None
    return file.stat().st_mtime_ns if file and file.exists() else 0


def absolute(job: ReplayJob) -> ReplayJob:
    """The same job for a process with another working folder."""
    return replace(
        job,
        source=str(Path(job.source).absolute()),
        model=job.model if is_url(job.model) else Path(job.model).absolute(),
        output=job.output.absolute() if job.output else None,
        golden=job.golden.absolute() if job.golden else None,
        memory=job.memory.absolute() if job.memory else None,
    )


def _kept_result(job: ReplayJob) -> Summary | None:
    """The result of an earlier run of the same job."""
    if job.output is None or not (job.output / REPORT).exists():
        return None
    try:
        done: dict[str, Any] = json.loads((job.output / _DONE).read_text('utf-8'))
        if done['job'] != _fingerprint(job):
            return None
        # Another executor may have used absolute paths.
        named = {'source': job.source, 'output': str(job.output)}
        return Summary(**{**done['summary'], **named})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fingerprint(job: ReplayJob) -> str:
    """What the result depends on: the job, and the state of its files."""
    job = absolute(job)
    models = [] if is_url(job.model) else [Path(job.model)]
    files = [Path(job.source), *models, *([job.golden] if job.golden else [])]
    state = [
        (str(file), status.st_size, status.st_mtime_ns)
        for given in files
        for file in (sorted(given.rglob('*')) if given.is_dir() else [given])
        if file.is_file() and (status := file.stat())
    ]
    return hashlib.sha256(repr((job, state)).encode()).hexdigest()
