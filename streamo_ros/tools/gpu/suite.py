# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tests that need a GPU, in a process of their own, and what came of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from streamo_ros.tools.gpu.machine import ROOT

_MARK = re.compile(r'\bmark\.gpu\b')


def find(root: Path = ROOT) -> list[Path]:
    """Files with tests that need a GPU: no other is imported, so none asks for ROS."""
    files = sorted((root / 'test').rglob('test_*.py'))
    return [file for file in files if _MARK.search(file.read_text(encoding='utf-8'))]


def run(limit: float, root: Path = ROOT) -> dict[str, Any]:
    """Run them.

    Args:
        limit: seconds after which they are stopped.
        root: of the source tree.

    Returns:
        'passed' (whether all did; None where none was there to run), 'summary', 'seconds', and
        the end of the output where they did not pass.
    """
    files = find(root)
    if not files:
        return {'passed': None, 'summary': 'no test is marked gpu', 'seconds': 0.0}
    command = [
        sys.executable,
        '-m',
        'pytest',
        '-m',
        'gpu',
        '-q',
        '-p',
        'no:cacheprovider',
        '--no-header',
        *map(str, files),
    ]
    began = time.monotonic()
    try:
        done = subprocess.run(
            command,
            cwd=root,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
            env={**os.environ, 'PYTHONUNBUFFERED': '1'},
        )
        passed, output = _verdict(done.returncode), done.stdout + done.stderr
    except subprocess.TimeoutExpired as error:
        passed, output = False, f'{_text(error.stdout)}\nstopped after {limit:.0f} s'
    lines = output.strip().splitlines() or ['no output']
    outcome = {
        'passed': passed,
        'summary': lines[-1].strip('= '),
        'seconds': round(time.monotonic() - began, 1),
    }
    return outcome if passed else outcome | {'output': lines[-60:]}


def _verdict(code: int) -> bool | None:
    """Of pytest's exit code; 5 is that nothing was collected."""
    return None if code == 5 else code == 0


def _text(output: str | bytes | None) -> str:
    return output.decode(errors='replace') if isinstance(output, bytes) else output or ''
