# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Many sources on one machine: each a job in a process of its own, all in one report.

Knows how results are merged and which jobs were already done; a job that fails is listed and the
others go on. Results travel through files, so that a batch that was stopped can be resumed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import as_completed
from concurrent.futures import Future
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from streamo_ros.replay.chronicle import EVENTS
from streamo_ros.replay.chronicle import REPORT
from streamo_ros.replay.job import carry_out
from streamo_ros.replay.job import Job
from streamo_ros.replay.progress import Interruption
from streamo_ros.replay.report import write_report
from streamo_ros.replay.summary import summarize
from streamo_ros.replay.summary import Summary
from streamo_ros.replay.timeline import read_timeline

_DONE = 'done.json'


def split(job: Job, sources: Sequence[str]) -> list[Job]:
    """One job a source, with an output folder and golden file of its own.

    Args:
        job: what they share; its `output` and `golden` are folders.
        sources: what to replay.
    """
    jobs: list[Job] = []
    taken: set[str] = set()
    for source in sources:
        stem = Path(source).name.partition('.')[0] or 'source'
        name = next(
            name for number in range(1, len(sources) + 1)
            if (name := stem if number == 1 else f'{stem}_{number}') not in taken
        )
        taken.add(name)
        jobs.append(replace(
            job, source=source, output=job.output / name if job.output else None,
            golden=job.golden / f'{name}.jsonl' if job.golden else None,
        ))
    return jobs


def run_batch(
    jobs: Sequence[Job], workers: int, told: Callable[[Summary], None] = lambda _: None
) -> list[Summary]:
    """Carry out jobs; those whose result lies in their output folder are not done again.

    Args:
        jobs: see `split`.
        workers: processes at a time.
        told: called with every result as it comes.

    Returns:
        Their results, in the order of the jobs.
    """
    found: dict[int, Summary] = {}
    for number, summary in _results(jobs, workers):
        found[number] = summary
        told(summary)
    return [found[number] for number in sorted(found)]


def merge(jobs: Sequence[Job], summaries: Sequence[Summary], path: Path) -> None:
    """Write one report of all jobs that came to a result."""
    timelines = [
        read_timeline(job.output / EVENTS)
        for job, summary in zip(jobs, summaries, strict=True)
        if job.output and not summary.failure and (job.output / EVENTS).exists()
    ]
    remarks = [f'{one.source} failed: {one.failure}' for one in summaries if one.failure]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_report(path, timelines, f'{len(jobs)} sources', remarks)


def carry_out_alone(job: Job) -> Summary:
    """Carry out one job; whatever happens becomes a result. What a worker process runs."""
    try:
        # Ctrl-C reaches every process of the terminal: each ends its replay in good order.
        with Interruption() as stop:
            summary = summarize(carry_out(job, stop))
    except Exception as error:  # noqa: BLE001 - listed, and the other jobs go on
        return Summary(source=job.source, failure=str(error) or repr(error))
    if job.output is not None and not summary.stopped:
        done = {'job': _fingerprint(job), 'summary': asdict(summary)}
        (job.output / _DONE).write_text(json.dumps(done), 'utf-8')
    return summary


def _results(jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Summary]]:
    todo: dict[int, Job] = {}
    for number, job in enumerate(jobs):
        kept = _kept(job)
        if kept is None:
            todo[number] = job
        else:
            yield number, kept
    # A forked process would share CUDA and OpenCV's threads.
    with Interruption() as stop, ProcessPoolExecutor(
        workers, get_context('spawn'), _share_cores, (workers,)
    ) as pool:
        running = {pool.submit(carry_out_alone, job): number for number, job in todo.items()}
        for future in as_completed(running):
            if stop():
                for other in running:
                    other.cancel()
            yield running[future], _result(future, jobs[running[future]])


def _result(future: Future[Summary], job: Job) -> Summary:
    if future.cancelled():
        return Summary(source=job.source, stopped=True)
    error = future.exception()
    return Summary(source=job.source, failure=repr(error)) if error else future.result()


def _share_cores(workers: int) -> None:
    """Let this worker's libraries take its share of the cores, before any of them is loaded."""
    os.environ.setdefault('OMP_NUM_THREADS', str(max(1, (os.cpu_count() or 1) // workers)))


def _kept(job: Job) -> Summary | None:
    """The result of an earlier run of the very same job."""
    if job.output is None or not (job.output / REPORT).exists():
        return None
    try:
        done: dict[str, Any] = json.loads((job.output / _DONE).read_text('utf-8'))
        return Summary(**done['summary']) if done['job'] == _fingerprint(job) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fingerprint(job: Job) -> str:
    """What the result depends on: the job, and how its files are now."""
    files = [Path(job.source), job.model, *([job.golden] if job.golden else [])]
    state = [
        (str(file), status.st_size, status.st_mtime_ns)
        for given in files for file in (sorted(given.rglob('*')) if given.is_dir() else [given])
        if file.is_file() and (status := file.stat())
    ]
    return hashlib.sha256(repr((job, state)).encode()).hexdigest()
