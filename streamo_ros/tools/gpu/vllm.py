# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The row of vLLM, where it is installed."""

from __future__ import annotations

from typing import Any

from streamo_ros.tools.gpu.machine import version_of
from streamo_ros.tools.gpu.plan import Job
from streamo_ros.tools.gpu.rig import Rig
from streamo_ros.tools.gpu.rig import SkippedError


def measure(rig: Rig, job: Job) -> dict[str, Any]:
    """See `plan.VLLM`."""
    if rig.device == 'cpu' or not version_of('vllm'):
        raise SkippedError('vLLM is not installed')
    raise SkippedError(f'vLLM has no way to append a frame to {job.lanes} lanes')
