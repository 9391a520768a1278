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
from multiprocessing import get_context

from streamo_ros.replay.executor import Executor
from streamo_ros.replay.executor import run_alone
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.progress import Interruption
from streamo_ros.replay.summary import Summary


def on_processes(workers: int) -> Executor:
    """An executor with that many processes."""

    def execute(jobs: Mapping[int, ReplayJob]) -> Iterator[tuple[int, Summary]]:
        # A forked process would share CUDA and OpenCV's threads.
        with (
            Interruption() as stop,
            ProcessPoolExecutor(workers, get_context('spawn'), _share_cores, (workers,)) as pool,
        ):
            # Ctrl-C reaches every process of the terminal. Workers inherit that it is blocked, so
            # that it waits until they have imported what they need, and can end in good order.
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
            try:
                running = {
                    pool.submit(run_alone, job, True): number for number, job in jobs.items()
                }
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
            for future in as_completed(running):
                if stop():
                    for other in running:
                        other.cancel()
                yield running[future], _result(future, jobs[running[future]])

    return execute


def _result(future: Future[Summary], job: ReplayJob) -> Summary:
    if future.cancelled():
        return Summary(source=job.source, stopped=True)
    error = future.exception()
    return Summary(source=job.source, failure=repr(error)) if error else future.result()


def _share_cores(workers: int) -> None:
    """Give this worker's libraries its share of the cores, before any of them is loaded."""
    os.environ.setdefault('OMP_NUM_THREADS', str(max(1, (os.cpu_count() or 1) // workers)))
