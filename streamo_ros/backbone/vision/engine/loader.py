# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a running backbone asks for an engine: open the one that is there, or have it built.

`auto` uses an engine that was built before and never builds; `tensorrt` has a missing one built,
once, by another process at low priority. Neither replaces an engine that does not work.
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
from typing import IO

import torch

from streamo_ros.backbone.checkpoint import fingerprint
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import Say
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision import VisionState
from streamo_ros.backbone.vision.engine import dtype_name
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import find_gpu
from streamo_ros.backbone.vision.engine.binding import find_binding
from streamo_ros.backbone.vision.engine.builder import BuildContext
from streamo_ros.backbone.vision.engine.builder import open_entry
from streamo_ros.backbone.vision.engine.cache import EngineCache


@dataclass(frozen=True)
class EngineLoader:
    """Opens engines of one checkpoint; an instance is a `towers.Open`.

    Attributes:
        path: the checkpoint's folder.
        device: where the backbone runs.
        dtype: the backbone's.
        build: whether a missing engine is built.
        folder: the cache; None = the user's.
    """

    path: Path
    device: torch.device
    dtype: torch.dtype
    build: bool
    folder: Path | None = None

    def __call__(self, grid: Grid, say: Say) -> tuple[VisionEncoder, VisionState]:
        """Open the engine of a grid.

        Raises:
            EngineError: there is none that can be used; says why.
        """
        gpu = find_gpu(self.device)
        binding = find_binding(gpu)
        if gpu is None:
            raise EngineError('torch sees no CUDA device, and an engine runs on nothing else')
        binding.check(gpu)
        shop = BuildContext(binding, gpu, self.device, EngineCache(self.folder))
        dtype = dtype_name(self.dtype)
        key = shop.key(self.path, grid, dtype)
        entry = shop.cache.find(key)
        if entry is None:
            command = self.command(grid, dtype, binding.flavour)
            if not self.build:
                raise EngineError(
                    f'there is no engine for this model, frame size, {binding} '
                    f'and GPU: build it with `streamo {" ".join(command)}` or '
                    'set model.vision to tensorrt'
                )
            run_build([sys.executable, '-m', 'streamo_ros.cli', *command, '--json'], say)
            entry = shop.cache.find(key)
        if entry is None:
            raise EngineError(f'the builder finished and left no engine {key.name}: report this')
        say('the engine is being opened and tested')
        torch.cuda.set_device(self.device)
        encoder, _ = open_entry(shop, entry)
        return encoder, VisionState(
            'tensorrt', str(binding), model_id=fingerprint(self.path, str(binding))
        )

    def command(self, grid: Grid, dtype: str, flavour: str) -> list[str]:
        """Arguments of `streamo` that build the engine of a grid."""
        words = [
            'engine',
            'build',
            str(self.path),
            '--grid',
            f'{grid.rows}x{grid.columns}',
            '--dtype',
            dtype,
            '--tensorrt',
            flavour,
        ]
        return words if self.folder is None else [*words, '--cache', str(self.folder)]


def run_build(command: list[str], say: Say) -> None:
    """Run a builder and pass on how far it is.

    Args:
        command: a command that writes a JSON object with `phase` and `part` a line.
        say: told each step in a sentence.

    Raises:
        EngineError: it failed; with its own last sentence.
    """
    nice = ['nice', '-n', '10'] if shutil.which('nice') else []
    say('the engine is being built in another process')
    with subprocess.Popen(
        [*nice, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
    ) as process:
        # A builder that outlives the node would keep its memory for nothing.
        atexit.register(process.terminate)
        last = _follow(process.stdout, say) if process.stdout else ''
        code = process.wait()
        atexit.unregister(process.terminate)
    if code:
        raise EngineError(f'the engine could not be built: {last or f"exit code {code}"}')


def _follow(lines: IO[str], say: Say) -> str:
    """Pass on progress; the last line that was none."""
    other: deque[str] = deque(maxlen=1)
    for line in lines:
        try:
            step = json.loads(line)
            text = f'{step["phase"]}, {100 * float(step["part"]):.0f} %'
        except (ValueError, KeyError, TypeError):
            if line.strip():
                other.append(line.strip().removeprefix('streamo: '))
            continue
        say(f'the engine is being built in another process: {text}')
    return other[0] if other else ''
