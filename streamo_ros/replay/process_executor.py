# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a batch of jobs on one machine, one process per worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from collections.abc import Mapping
from concurrent.futures import as_completed
from concurrent.futures import Future
from concurrent.futures import ProcessPoolExecutor
from ctypes import c_byte
from multiprocessing import active_children
from multiprocessing import get_context

from streamo_ros.replay.executor import Executor
from streamo_ros.replay.executor import run_alone
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.progress import Interruption
from streamo_ros.replay.summary import Summary

_stopping: c_byte | None = None
"""In a worker: 1 once the batch is to end."""


def on_processes(workers: int) -> Executor:
    """An executor with that many processes."""

    def execute(jobs: Mapping[int, ReplayJob]) -> Iterator[tuple[int, Summary]]:
        # A forked process would share CUDA and OpenCV's threads.
        context = get_context('spawn')
        stopping = context.RawValue(c_byte, 0)
        with (
            Interruption(stopping) as stop,
            ProcessPoolExecutor(workers, context, _begin, (workers, stopping)) as pool,
        ):
            # Ctrl-C reaches every process of the terminal. Workers inherit that it is blocked
            # until they ignore it; they hear of it from this process.
            # A library's thread may take the signal all the same: from here on it is a request,
            # and raises nothing while a worker is being told what it is.
            stop()
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            try:
                running = {pool.submit(_run, job): number for number, job in jobs.items()}
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
            try:
                for future in as_completed(running):
                    if stop():
                        for other in running:
                            other.cancel()
                    yield running[future], _result(future, jobs[running[future]])
            except KeyboardInterrupt:
                for worker in active_children():
                    worker.terminate()
                raise

    return execute


def _run(job: ReplayJob) -> Summary:
    """What a worker does."""
    return run_alone(job, lambda: _stopping is not None and bool(_stopping.value))


def _result(future: Future[Summary], job: ReplayJob) -> Summary:
    if future.cancelled():
        return Summary(source=job.source, stopped=True)
    error = future.exception()
    return Summary(source=job.source, failure=repr(error)) if error else future.result()


def _begin(workers: int, stopping: c_byte) -> None:
    """Prepare this worker, before any library is loaded that looks at the number of threads."""
    global _stopping  # noqa: PLW0603 - a worker has no other place to keep it
    _stopping = stopping
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault('OMP_NUM_THREADS', str(max(1, (os.cpu_count() or 1) // workers)))
