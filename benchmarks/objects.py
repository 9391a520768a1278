#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What `streamo-objects` costs: a silent frame with one and with four instructions, and memory.

    python benchmarks/objects.py [VIDEO] > benchmarks/objects.json

Each row is a process of its own with one thread: torch, and ONNX Runtime where it is installed.
The video is decoded before, by the process that starts them: a camera's topic needs no decoder.
Processor time counts all threads of the process. On a machine that runs other programs as well,
the 10th percentile is nearer to the truth than the median: a shared core is slower.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

GOALS = {'torch': 80, 'onnxruntime': 35}
"""Milliseconds of processor time that a frame with one instruction may take."""
LANES = (1, 4)
_WARMUP = 18
_PICTURES, _APART = 16, 25
_SIZE = (480, 640, 3)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('video', nargs='?', type=Path, help='frames; none = noise of 640x480')
    parser.add_argument('--frames', type=int, default=60)
    parser.add_argument('--one', nargs=2, metavar=('BACKEND', 'LANES'), help=argparse.SUPPRESS)
    parser.add_argument('--pictures', type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.one:
        backend, lanes = options.one
        print(json.dumps(measure(backend, int(lanes), options.frames, options.pictures)))
        return 0
    backends = [name for name in GOALS if find_spec(name) is not None]
    with TemporaryDirectory() as folder:
        shown: list[str] = []
        if options.video:
            shown = ['--pictures', folder]
            for number, picture in enumerate(pictures(options.video)):
                np.save(Path(folder, f'{number:02}.npy'), picture)
        rows = [
            _child(backend, lanes, options.frames, shown)
            for backend in backends
            for lanes in LANES
        ]
    report = {
        'frames_of': options.video.name if options.video else 'noise',
        'frames': options.frames,
        'goals_ms': GOALS,
        'not_installed': [name for name in GOALS if name not in backends],
        'rows': rows,
    }
    print(json.dumps(report, indent=1))
    return 0


def _child(backend: str, lanes: int, frames: int, shown: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, __file__, '--frames', str(frames), *shown]
    command += ['--one', backend, str(lanes)]
    environment = {**os.environ, 'OMP_NUM_THREADS': '1'}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def measure(backend: str, lanes: int, frames: int, shown: Path | None) -> dict[str, Any]:
    """One row.

    Args:
        backend: what runs the detector, one of `GOALS`.
        lanes: instructions.
        frames: how many are measured.
        shown: folder of the pictures that are watched in turn; None = noise.
    """
    import torch

    from streamo_ros.backbone import load
    from streamo_ros.backbone import Options
    from streamo_ros.core.context_limits import ContextLimits
    from streamo_ros.share import share_path
    from streamo_ros.tools.measure import memory_mb
    from streamo_ros.tools.measure import StreamTimes

    torch.set_num_threads(1)
    options = Options(device='cpu', lanes=lanes, vision=backend)
    backbone = load(share_path('models', 'streamo-objects'), options)
    limits = ContextLimits.for_checkpoint(backbone.info, 0)
    stream = StreamTimes(backbone, lanes, limits, _SIZE[1::-1], full=False)
    if shown is not None:
        stream.images = StoredPictures(shown)
    times, walls = [], []
    for _ in range(_WARMUP + frames):
        began, wall = time.process_time(), time.perf_counter()
        stream.frame()
        times.append(1e3 * (time.process_time() - began))
        walls.append(1e3 * (time.perf_counter() - wall))
    return {
        'backend': backend,
        'lanes': lanes,
        'model_id': backbone.info.model_id,
        'frame_processor_p10_ms': _percentile(times, 10),
        'frame_processor_p50_ms': _percentile(times, 50),
        'frame_wall_p50_ms': _percentile(walls, 50),
        'resident_mb': round(memory_mb(backbone)),
        'context_tokens': backbone.length(stream.lanes[0].slot),
    }


class StoredPictures(Sequence[NDArray[np.uint8]]):
    """Pictures that are read when they are asked for: as a node does, one is in memory at a time.

    Args:
        folder: holds each as an array.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = sorted(folder.glob('*.npy'))

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, number: Any) -> Any:
        return np.load(self._paths[number])


def pictures(video: Path) -> list[NDArray[np.uint8]]:
    """A few frames of a video."""
    from streamo_ros.sources.open import open_source

    source = open_source(video)
    try:
        records = islice(source.records(), 0, _PICTURES * _APART, _APART)
        return [record.image() for record in records]
    finally:
        source.close()


def _percentile(values: list[float], percent: int) -> float:
    return round(float(np.percentile(values[_WARMUP:], percent)), 1)


if __name__ == '__main__':
    raise SystemExit(main())
