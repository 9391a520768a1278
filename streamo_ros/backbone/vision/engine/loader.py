# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loads an engine for a running backbone: one from the cache, or one built by another process.

`auto` uses an engine that was built before and never builds one; `tensorrt` has a missing one
built once, by another process at low priority. Neither replaces an engine that does not work.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO

import torch

from streamo_ros.backbone.checkpoint import fingerprint
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import StatusCallback
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision import VisionState
from streamo_ros.backbone.vision.engine import dtype_name
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import find_gpu
from streamo_ros.backbone.vision.engine.binding import find_binding
from streamo_ros.backbone.vision.engine.builder import BuildContext
from streamo_ros.backbone.vision.engine.builder import open_entry
from streamo_ros.backbone.vision.engine.cache import EngineCache

_PATIENCE = 2.0
"""Seconds after which a builder is ended that does not end by itself."""


@dataclass(frozen=True)
class EngineLoader:
    """Loads engines of one checkpoint; an instance is an `encoders.LoadEngine`.

    Attributes:
        path: the checkpoint's folder.
        device: the backbone's device.
        dtype: the backbone's dtype.
        build: whether a missing engine is built.
        folder: the engine cache; None = the user's.
    """

    path: Path
    device: torch.device
    dtype: torch.dtype
    build: bool
    folder: Path | None = None

    def __call__(self, grid: Grid, on_status: StatusCallback) -> tuple[VisionEncoder, VisionState]:
        """Load the engine of a grid.

        Raises:
            EngineError: there is none that can be used; states the reason.
        """
        gpu = find_gpu(self.device)
        binding = find_binding(gpu)
        if gpu is None:
            raise EngineError('torch sees no CUDA device, and engines run only on those')
        binding.check(gpu)
        context = BuildContext(binding, gpu, self.device, EngineCache(self.folder))
        dtype = dtype_name(self.dtype)
        key = context.key(self.path, grid, dtype)
        entry = context.cache.find(key)
        if entry is None:
            command = self.command(grid, dtype, binding.flavor)
            if not self.build:
                raise EngineError(
                    f'there is no engine for this model, frame size, {binding} '
                    f'and GPU: build it with `streamo {" ".join(command)}` or '
                    'set model.vision to tensorrt'
                )
            run_build([sys.executable, '-m', 'streamo_ros.cli', *command, '--json'], on_status)
            entry = context.cache.find(key)
        if entry is None:
            raise EngineError(
                f'the builder finished without leaving an engine {key.name}: report this bug'
            )
        on_status('the engine is being loaded and tested')
        torch.cuda.set_device(self.device)
        encoder, _ = open_entry(context, entry)
        return encoder, VisionState(
            'tensorrt', str(binding), model_id=fingerprint(self.path, str(binding))
        )

    def command(self, grid: Grid, dtype: str, flavor: str) -> list[str]:
        """Arguments of `streamo` that build the engine of a grid."""
        arguments = [
            'engine',
            'build',
            str(self.path),
            '--grid',
            f'{grid.rows}x{grid.columns}',
            '--dtype',
            dtype,
            '--tensorrt',
            flavor,
        ]
        arguments += ['--depth', str(grid.depth)] if grid.depth > 1 else []
        return arguments if self.folder is None else [*arguments, '--cache', str(self.folder)]


def run_build(command: list[str], on_status: StatusCallback) -> None:
    """Run a builder in another process and report its progress.

    Args:
        command: a command that writes lines of JSON objects with `phase` and `part`.
        on_status: receives each step of progress as a sentence.

    Raises:
        EngineError: it failed; contains its last line of output.
    """
    nice = ['nice', '-n', '10'] if shutil.which('nice') else []
    on_status('the engine is being built in another process')
    starting = Lock()
    running: list[subprocess.Popen[str]] = []

    def end() -> None:
        # Waits for one that is just being started.
        with starting:
            for builder in running:
                builder.terminate()
                try:
                    builder.wait(_PATIENCE)
                except subprocess.TimeoutExpired:
                    # Where whoever started the node ignores this signal, so does the builder.
                    builder.kill()

    # A builder that outlives the node would occupy its memory for nothing.
    atexit.register(end)
    try:
        with starting:
            process = subprocess.Popen(
                [*nice, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors='replace',
            )
            running.append(process)
        with process:
            last_line = _follow(process.stdout, on_status) if process.stdout else ''
            code = process.wait()
    finally:
        atexit.unregister(end)
    if code:
        raise EngineError(f'the engine could not be built: {last_line or f"exit code {code}"}')


def _follow(lines: IO[str], on_status: StatusCallback) -> str:
    """Report progress, and return the last line that was not progress."""
    other: deque[str] = deque(maxlen=1)
    for line in lines:
        try:
            step = json.loads(line)
            text = f'{step["phase"]}, {100 * float(step["part"]):.0f} %'
        except (ValueError, KeyError, TypeError):
            if line.strip():
                other.append(line.strip().removeprefix('streamo: '))
            continue
        on_status(f'the engine is being built in another process: {text}')
    return other[0] if other else ''
