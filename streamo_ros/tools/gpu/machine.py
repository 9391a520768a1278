# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the device is, and what it reaches at best: the ceilings that figures are held against."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from datetime import timezone
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[3]
"""Of the source tree."""
GIB = 1 << 30
_REPEATS = 10


def describe(device: str) -> dict[str, Any]:
    """Names and versions; nothing is measured."""
    import torch

    facts: dict[str, Any] = {
        'device': platform.processor() or platform.machine(),
        'kind': device,
        'python': platform.python_version(),
        'torch': torch.__version__,
        'cuda': torch.version.cuda or '',
    }
    for package in ('transformers', 'triton', 'flash_attn', 'vllm'):
        facts[package] = version_of(package)
    facts['commit'] = _said('git', '-C', str(ROOT), 'rev-parse', '--short', 'HEAD')
    facts['date'] = datetime.now(timezone.utc).strftime('%Y-%m-%d')
    if device != 'cpu':
        about = torch.cuda.get_device_properties(device)
        facts |= {
            'device': about.name,
            'driver': _driver(),
            'memory_gib': about.total_memory / GIB,
            'multiprocessors': about.multi_processor_count,
            'capability': f'{about.major}.{about.minor}',
        }
    return facts


def ceilings(device: str, dtype: str) -> dict[str, Any]:
    """Bandwidth of a copy and of a read, and the rate of a large matrix product.

    Returns:
        GB/s and TFLOP/s, medians, and how they were measured.
    """
    import torch

    large = device != 'cpu'
    size = 1 << 30 if large else 1 << 24
    source = torch.randn(size // 4, device=device)
    target = torch.empty_like(source)
    copy = _timed(partial(target.copy_, source), device)
    read = _timed(source.sum, device)
    edge = 8192 if large else 256
    left, right = (
        torch.randn(edge, edge, device=device, dtype=getattr(torch, dtype)) for _ in range(2)
    )
    product = _timed(partial(torch.matmul, left, right), device)
    return {
        'copy_gb_per_s': 2 * size / copy / 1e9,
        'read_gb_per_s': size / read / 1e9,
        'gemm_tflops': 2 * edge**3 / product / 1e12,
        'ceilings_how': f'medians of {_REPEATS}: copy of {size >> 20} MiB counting bytes read and '
        f'written; sum over as much; {dtype} product of {edge} x {edge} random matrices; '
        + ('CUDA events' if large else 'wall clock'),
    }


def version_of(package: str) -> str:
    """Its version; '' where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ''


def slug(name: str) -> str:
    """A device's name as part of a file's."""
    return re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')


def waiter(device: str) -> Callable[[], None]:
    """What waits for a device."""
    import torch

    return torch.cuda.synchronize if device != 'cpu' else lambda: None


def _timed(call: Callable[[], object], device: str) -> float:
    """Median seconds of a call on the device."""
    import torch

    event: Any = torch.cuda.Event
    taken = []
    for _ in range(_REPEATS + 3):
        if device == 'cpu':
            began = time.perf_counter()
            call()
            taken.append(time.perf_counter() - began)
            continue
        start, end = (event(enable_timing=True) for _ in range(2))
        start.record()
        call()
        end.record()
        end.synchronize()
        taken.append(start.elapsed_time(end) / 1e3)
    return median(taken[3:])


def _driver() -> str:
    return _said('nvidia-smi', '--query-gpu=driver_version', '--format=csv,noheader')


def _said(*command: str) -> str:
    """The first word that a program prints; '' where there is no such program, or it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ''
    return (done.stdout.split() or [''])[0]
