# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The kernels compile for the GPUs of robots and servers, where none of them is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('triton', reason='Triton is missing')

KERNELS = {
    'flash.store_kernel',
    'flash.rotate_kernel',
    'flash.append_kernel',
    'flash.decode_kernel',
    'flash.merge_kernel',
    'fused_operators.add_norm_kernel',
    'fused_operators.gate_kernel',
    'tower_kernels.add_norm_kernel',
    'tower_kernels.rotate_kernel',
}
SHARED = 101_376
"""Bytes of shared memory that a program may have on the GPUs of desktops, which have the least."""


GPUS = [
    pytest.param(87, id='Orin'),
    pytest.param(110, id='Thor'),
    # The slowest one: half a minute, and `make gpu` runs on it.
    pytest.param(90, id='Hopper', marks=pytest.mark.slow),
]
"""Compute capabilities."""


@pytest.mark.parametrize('capability', GPUS)
def test_kernels_compile_for_a_gpu_that_is_not_there(capability, tmp_path):
    script = Path(__file__).with_name('compile_kernels.py')
    # Whether the interpreter runs the kernels is decided when they are defined.
    environment = {**os.environ, 'TRITON_INTERPRET': '0', 'TRITON_CACHE_DIR': str(tmp_path)}
    run = f'import runpy, sys; sys.argv[1:] = ["{capability}"]; '
    run += f'runpy.run_path({str(script)!r}, run_name="__main__")'
    done = subprocess.run(
        [sys.executable, '-c', run],
        cwd=script.parents[2], env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line.split() for line in done.stdout.splitlines()]
    assert {line[0] for line in lines} == KERNELS
    assert max(int(line[1]) for line in lines) <= SHARED
