# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a batch of jobs on a Ray cluster, one task per job.

Where and when tasks run, how many at a time, and what happens when a machine is lost is up to Ray.
Every machine needs this package, and bags, model and output folder under the same paths.
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
from pathlib import Path
from typing import Any

from streamo_ros.backbone import is_script
from streamo_ros.backbone import is_url
from streamo_ros.core.errors import StreamoError
from streamo_ros.replay.executor import absolute
from streamo_ros.replay.executor import Executor
from streamo_ros.replay.executor import run_alone
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.progress import Interruption
from streamo_ros.replay.summary import Summary
from streamo_ros.report.report_sink import EVENTS

_POLL = 0.5
"""Seconds between two checks for Ctrl-C."""
_CONNECT_TIMEOUT = 5.0
"""Seconds that a machine may take to accept a connection."""


class ClusterError(StreamoError, RuntimeError):
    """The Ray cluster cannot be used; the message says how to fix it."""


def on_ray(address: str) -> Executor:
    """An executor that hands its jobs to a Ray cluster.

    Args:
        address: 'auto' for the cluster that this machine belongs to, 'local' for a Ray of its own
            on this machine, else 'HOST:PORT' or 'ray://HOST:PORT'.

    Raises:
        ClusterError: from the executor: Ray is not installed, there is no cluster at the address,
            or it has no GPU and one is required.
    """

    def execute(jobs: Mapping[int, ReplayJob]) -> Iterator[tuple[int, Summary]]:
        # Connecting takes seconds: skipped for a batch that is already done.
        if jobs:
            with connection(address) as ray:
                yield from _results(ray, jobs)

    return execute


@contextmanager
def connection(address: str) -> Iterator[Any]:
    """The module `ray`, connected to a cluster; see `on_ray` for the address and its errors."""
    # Ray reports usage statistics by default; a replay uses no network but the cluster's.
    os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')
    import ray

    settings: dict[str, Any] = {'include_dashboard': False} if address == 'local' else {}
    try:
        _check_reachable(address)
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **settings)
    # Ray raises a plain Exception where a machine is too busy to start its processes in time.
    except Exception as error:
        cure = 'start a cluster with `ray start --head`, or use --ray local'
        if address == 'local':
            cure = 'try again when this machine is less busy, or use --workers'
        raise ClusterError(
            f'Ray at {address!r} cannot be used ({_last_line(error)}): {cure}'
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Find out in seconds what takes Ray minutes: that the address is unreachable.

    Raises:
        OSError: it is.
    """
    match = re.fullmatch(r'(?:ray://)?\[?([^/]+?)\]?:(\d+)', address)
    if match:
        socket.create_connection((match[1], int(match[2])), timeout=_CONNECT_TIMEOUT).close()


def _results(ray: Any, jobs: Mapping[int, ReplayJob]) -> Iterator[tuple[int, Summary]]:
    gpus = ray.cluster_resources().get('GPU', 0)
    running = {}
    for number, job in jobs.items():
        device = str(job.parameters.get('model.device', 'auto'))
        needed = gpus_of_task(job.model, device, gpus)
        task = ray.remote(num_cpus=1, num_gpus=needed)(run_alone)
        running[task.remote(absolute(job))] = number
    with Interruption() as stop:
        canceled = stop()
        while running:
            ended, _ = ray.wait(list(running), num_returns=1, timeout=_POLL)
            if stop() and not canceled:
                canceled = True
                for task in running:
                    ray.cancel(task)
            for task in ended:
                number = running.pop(task)
                yield number, _result(ray, task, jobs[number], canceled)


def gpus_of_task(model: Path | str, device: str, available: float) -> int:
    """How many GPUs a task needs: Ray hides them from a task that requests none.

    Args:
        model: what the task runs.
        device: see `backbone.load`.
        available: GPUs of the cluster.

    Raises:
        ClusterError: the cluster lacks one that is required.
    """
    if is_script(model) or is_url(model) or device == 'cpu':
        return 0
    if device == 'cuda' and not available:
        raise ClusterError('the Ray cluster has no GPU: leave out --device cuda')
    return 1 if available else 0


def _result(ray: Any, task: Any, job: ReplayJob, canceled: bool) -> Summary:
    try:
        summary: Summary = ray.get(task)
    except ray.exceptions.RayError as error:
        # A canceled task that has not begun its replay raises whatever it was doing.
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
    """The last line of one of Ray's errors; those before are traces and advice."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
