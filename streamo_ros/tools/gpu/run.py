# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Goes through the plan: what fits into the time is measured, and one row's failure is its own."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from streamo_ros.core.errors import StreamoError
from streamo_ros.tools.gpu import baselines
from streamo_ros.tools.gpu import engine
from streamo_ros.tools.gpu import flat
from streamo_ros.tools.gpu import plan
from streamo_ros.tools.gpu import vllm
from streamo_ros.tools.gpu.plan import Job
from streamo_ros.tools.gpu.record import DEVICE_LOST
from streamo_ros.tools.gpu.record import MEASURED
from streamo_ros.tools.gpu.record import NOT_RUN
from streamo_ros.tools.gpu.record import RunFile
from streamo_ros.tools.gpu.rig import is_memory
from streamo_ros.tools.gpu.rig import Rig
from streamo_ros.tools.gpu.rig import SkippedError

MEASURES: Mapping[str, Callable[[Rig, Job], dict[str, Any]]] = {
    **dict.fromkeys((plan.ENGINE, *plan.VARIANTS), engine.measure),
    plan.FLAT: flat.measure,
    plan.VLLM: vllm.measure,
    **dict.fromkeys((plan.DYNAMIC, plan.STATIC, plan.REPREFILL), baselines.measure),
}


class DeviceLostError(StreamoError, RuntimeError):
    """No further row can be measured in this process."""


def run(jobs: Sequence[Job], rig: Rig, record: RunFile, ends: float, scale: float = 1.0) -> None:
    """Measure what is not there yet.

    Args:
        jobs: in order of value.
        rig: makes the models.
        record: where rows go.
        ends: `time.monotonic()` at which to stop.
        scale: how much longer a row may take than its own estimate says.

    Raises:
        DeviceLostError: an error after which CUDA gives nothing but errors.
    """
    built = None
    for job in jobs:
        if record.has(job):
            continue
        left = ends - time.monotonic()
        need = scale * (job.seconds + (0 if job.model == built else plan.BUILD))
        if left < need:
            reason = f'may take {need:.0f} s and {max(0, left):.0f} s were left'
            record.put(job, NOT_RUN, reason=reason)
            continue
        built = job.model
        print(f'{job.name} ...', end=' ', file=sys.stderr, flush=True)
        began = time.monotonic()
        status, figures = _try(job, rig)
        record.put(job, status, took_s=round(time.monotonic() - began, 2), **figures)
        said = (
            figures.get('reason') or f'{figures.get("frame_ms", figures.get("extend_ms")):.2f} ms'
        )
        print(f'{status}: {said}', file=sys.stderr, flush=True)
        if status == DEVICE_LOST:
            raise DeviceLostError(figures['reason'])


def _try(job: Job, rig: Rig) -> tuple[str, dict[str, Any]]:
    """Status and figures of one row; models are made anew after a failure."""
    try:
        return MEASURED, MEASURES[job.kind](rig, job)
    except SkippedError as error:
        return 'skipped', {'reason': str(error)}
    except Exception as error:  # noqa: BLE001 compilers and libraries raise what they like
        status = 'out of memory' if is_memory(error) else 'failed'
        lines = str(error).strip().splitlines() or ['']
        reason = f'{type(error).__name__}: {lines[0]}'
        where = traceback.format_exc(limit=-4)
    # Behind the block: until then the error holds what it passed through, models among it.
    try:
        rig.wait()
        rig.free()
    except RuntimeError as error:
        status, reason = DEVICE_LOST, f'{reason} (and then: {str(error).splitlines()[0]})'
    return status, {'reason': reason, 'traceback': where}
