# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engine of a batch on a Ray cluster: a task a job.

Knows how a job becomes a Ray task and how the task's end becomes a result. Where and when tasks
run, how many at a time, and what happens when a machine is lost is Ray's business alone. Every
machine needs this package, and bags, model and output folder under the same path.
"""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from streamo_ros.backbone import is_script
from streamo_ros.core.errors import StreamoError
from streamo_ros.replay.executor import absolute
from streamo_ros.replay.executor import Executor
from streamo_ros.replay.executor import run_alone
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.progress import Interruption
from streamo_ros.replay.summary import Summary
from streamo_ros.report.report_sink import EVENTS

# Seconds: how often Ctrl-C is asked for, and how long a machine may take to answer at all.
_PATIENCE = 0.5
_SILENCE = 5.0


class ClusterError(StreamoError, RuntimeError):
    """The Ray cluster cannot be used; the message says what mends it."""


def on_ray(address: str) -> Executor:
    """An engine that hands its jobs to a Ray cluster.

    Args:
        address: 'auto' for the cluster that this machine belongs to, 'local' for a Ray of its own
            on this machine, else 'HOST:PORT' or 'ray://HOST:PORT'.

    Raises:
        ClusterError: from the engine: Ray is not installed, there is no cluster at the address,
            or it has no GPU and one is asked for.
    """

    def engine(jobs: Mapping[int, ReplayJob]) -> Iterator[tuple[int, Summary]]:
        # A connection takes seconds: none is made for a batch that is already done.
        if jobs:
            with _connection(address) as ray:
                yield from _results(ray, jobs)

    return engine


@contextmanager
def _connection(address: str) -> Iterator[Any]:
    # Ray reports its use to its makers unless told otherwise; a replay uses no network but Ray's.
    os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
    import ray

    settings: dict[str, Any] = {'include_dashboard': False} if address == 'local' else {}
    try:
        _knock(address)
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **settings)
    except (
        OSError,
        RuntimeError,
        ValueError,
        ImportError,
        ray.exceptions.RayError,
    ) as error:
        raise ClusterError(
            f'Ray at {address!r} cannot be used ({_last_line(error)}): start a cluster with '
            '`ray start --head`, or say --ray local'
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Find out in seconds what takes Ray minutes: that nobody listens there.

    Raises:
        OSError: nobody does.
    """
    found = re.fullmatch(r'(?:ray://)?\[?([^/]+?)\]?:(\d+)', address)
    if found:
        socket.create_connection((found[1], int(found[2])), timeout=_SILENCE).close()


def _results(ray: Any, jobs: Mapping[int, ReplayJob]) -> Iterator[tuple[int, Summary]]:
    there = ray.cluster_resources().get('GPU', 0)
    running = {}
    for number, job in jobs.items():
        task = ray.remote(num_cpus=1, num_gpus=_gpus(job, there))(run_alone)
        running[task.remote(absolute(job))] = number
    with Interruption() as stop:
        told = False
        while running:
            ended, _ = ray.wait(list(running), num_returns=1, timeout=_PATIENCE)
            if stop() and not told:
                told = True
                for task in running:
                    ray.cancel(task)
            for task in ended:
                number = running.pop(task)
                yield number, _result(ray, task, jobs[number], told)


def _gpus(job: ReplayJob, there: float) -> int:
    """How many GPUs a job's task needs: Ray hides them from a task that asks for none."""
    device = job.parameters.get('model.device', 'auto')
    if is_script(job.model) or device == 'cpu':
        return 0
    if device == 'cuda' and not there:
        raise ClusterError('the Ray cluster has no GPU: leave out --device cuda')
    return 1 if there else 0


def _result(ray: Any, task: Any, job: ReplayJob, canceled: bool) -> Summary:
    try:
        summary: Summary = ray.get(task)
    except ray.exceptions.RayError as error:
        # A canceled task that had not come to its replay ends in whatever it was about.
        if canceled:
            return Summary(source=job.source, stopped=True)
        return Summary(source=job.source, failure=f'its Ray task ended: {_last_line(error)}')
    named = replace(summary, source=job.source, output=str(job.output or ''))
    if job.output is None or summary.failure or (job.output / EVENTS).exists():
        return named
    return replace(
        named,
        failure=(
            f'{job.output} is not shared by the machine that replayed it: give an --output folder '
            'that all machines of the cluster have under the same path'
        ),
    )


def _last_line(error: BaseException) -> str:
    """What an error of Ray says in the end; the lines before are traces and advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
