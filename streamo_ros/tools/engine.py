# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo engine`: build, verify, list and export TensorRT engines of the vision tower."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import Progress as Bar

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision.engine import DTYPES
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import find_gpu
from streamo_ros.backbone.vision.engine import Gpu
from streamo_ros.backbone.vision.engine.binding import find_binding
from streamo_ros.backbone.vision.engine.builder import BuildContext
from streamo_ros.backbone.vision.engine.builder import find_grid
from streamo_ros.backbone.vision.engine.builder import load_tower
from streamo_ros.backbone.vision.engine.builder import make_engine
from streamo_ros.backbone.vision.engine.builder import open_entry
from streamo_ros.backbone.vision.engine.builder import record_test
from streamo_ros.backbone.vision.engine.cache import CachedEngine
from streamo_ros.backbone.vision.engine.cache import EngineCache
from streamo_ros.backbone.vision.engine.export import export
from streamo_ros.backbone.vision.engine.plan import BuildOptions
from streamo_ros.backbone.vision.engine.plan import Progress
from streamo_ros.backbone.vision.engine.selftest import compare
from streamo_ros.backbone.vision.engine.selftest import load_reference
from streamo_ros.backbone.vision.engine.selftest import run_own
from streamo_ros.backbone.vision.onnx_encoder import OnnxEncoder
from streamo_ros.core.errors import ExitCode
from streamo_ros.tools.engine_options import engine_parser

DEVICE = torch.device('cuda')
_PASSES = 50


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; FAILED when an engine failed its check."""
    arguments = engine_parser(build, verify, show, write_graph).parse_args(argv)
    code: int = arguments.run(arguments)
    return code


def build(arguments: argparse.Namespace) -> int:
    """Build an engine, or find the existing one."""
    context, grid = _context(arguments), _grid(arguments)
    with _progress(arguments.json) as progress:
        entry = make_engine(Path(arguments.path), grid, arguments.dtype, context, progress)
    if arguments.json:
        print(json.dumps({'engine': entry.key.name, 'folder': str(entry.folder)}), flush=True)
    else:
        print(f'{entry.folder}  {entry.plan_bytes / 2**20:.0f} MiB')
        if context.device is None:
            print(f'not tested: run `streamo engine verify` on {context.gpu}')
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Run the self-test of each engine that is for this machine, and time it."""
    gpu = find_gpu()
    binding = find_binding(gpu, arguments.tensorrt)
    if gpu is None:
        raise EngineError('torch sees no CUDA device: an engine can only be verified on its GPU')
    context = BuildContext(binding, gpu, DEVICE, EngineCache(_folder(arguments)))
    named = [entry for entry in context.cache.entries() if _matches(entry, arguments.name)]
    usable = [entry for entry in named if isinstance(entry, EngineError) or _fits(entry, context)]
    if not usable:
        raise EngineError(
            f'{context.cache.folder} has no engine for {gpu} and {binding}: build one with '
            '`streamo engine build`'
        )
    rows = [_verified(context, entry) for entry in usable]
    for row in rows:
        print(json.dumps(row) if arguments.json else f'{row["verdict"]}  {row["engine"]}')
    return ExitCode.OK if all(row['passed'] for row in rows) else ExitCode.FAILED


def show(arguments: argparse.Namespace) -> int:
    """List the engines in the cache, broken ones too."""
    cache = EngineCache(_folder(arguments))
    rows = [_row(entry) for entry in cache.entries()]
    for row in rows:
        if arguments.json:
            print(json.dumps(row))
        elif 'error' in row:
            print(row['error'])
        else:
            print(f'{row["engine"]}  {row["mib"]:.0f} MiB  {row["gpu"]}  {row["made"]}')
    if not rows and not arguments.json:
        print(f'no engines in {cache.folder}')
    return 0


def write_graph(arguments: argparse.Namespace) -> int:
    """Write the tower as ONNX; with --check compare it with torch in ONNX Runtime."""
    path, grid, output = Path(arguments.path), _grid(arguments), Path(arguments.output)
    if output.suffix != '.onnx':
        raise EngineError(
            f'the graph cannot be written as {output}: choose a name that ends in .onnx'
        )
    if not output.parent.is_dir():
        raise EngineError(f'there is no folder {output.parent}: create it first')
    with _progress(arguments.json) as progress:
        progress('reading the weights', 0.0)
        checkpoint = read_checkpoint(path)
        tower = load_tower(checkpoint, grid, arguments.dtype)
        progress('exporting', 0.0)
        graph = export(tower, grid, DTYPES[arguments.dtype], output)
        row: dict[str, Any] = {'graph': str(output), 'mib': round(graph.bytes / 2**20, 1)}
        if arguments.check:
            progress('comparing with torch', 0.0)
            reference = output.with_suffix('.selftest.safetensors')
            own = run_own(tower, DTYPES[arguments.dtype])
            del tower
            record_test(checkpoint, grid, arguments.dtype, own, reference)
            agreement = compare(OnnxEncoder(output, grid), load_reference(reference))
            row.update(errors=agreement.errors, passed=agreement.good)
    print(json.dumps(row) if arguments.json else ', '.join(f'{k} {v}' for k, v in row.items()))
    return ExitCode.OK if row.get('passed', True) else ExitCode.FAILED


def _verified(context: BuildContext, entry: CachedEngine | EngineError) -> dict[str, Any]:
    if isinstance(entry, EngineError):
        return {'engine': '', 'passed': False, 'verdict': f'FAILED: {entry}'}
    try:
        encoder, agreement = open_entry(context, entry)
    except EngineError as error:
        return {'engine': entry.key.name, 'passed': False, 'verdict': f'FAILED: {error}'}
    milliseconds = _milliseconds(encoder, load_reference(entry.reference)['patches'].to(DEVICE))
    return {
        'engine': entry.key.name,
        'passed': True,
        'errors': agreement.errors,
        'milliseconds': milliseconds,
        'verdict': f'passed: off by {agreement}, {milliseconds:.2f} ms per frame',
    }


def _milliseconds(encoder: VisionEncoder, patches: torch.Tensor) -> float:
    """Mean time of a pass; the copy to the host at the end waits for the last pass."""
    encoder(patches)[0].cpu()
    begin = time.perf_counter()
    for _ in range(_PASSES):
        outputs = encoder(patches)
    outputs[0].cpu()
    return (time.perf_counter() - begin) / _PASSES * 1e3


def _row(entry: CachedEngine | EngineError) -> dict[str, Any]:
    if isinstance(entry, EngineError):
        return {'error': str(entry)}
    return {
        'engine': entry.key.name,
        'model': entry.key.model,
        'gpu': entry.key.gpu,
        'mib': entry.plan_bytes / 2**20,
        'made': entry.made,
        'folder': str(entry.folder),
    }


def _matches(entry: CachedEngine | EngineError, name: str | None) -> bool:
    return name is None or isinstance(entry, EngineError) or name in entry.key.name


def _fits(entry: CachedEngine, context: BuildContext) -> bool:
    key = entry.key
    machine = (context.binding.flavor, context.binding.version, context.gpu.name)
    return (key.flavour, key.version, key.gpu) == machine


def _context(arguments: argparse.Namespace) -> BuildContext:
    gpu = find_gpu()
    binding = find_binding(gpu, arguments.tensorrt)
    device = DEVICE if gpu is not None else None
    if arguments.for_gpu is not None:
        if binding.flavor != 'tensorrt_rtx':
            raise EngineError(
                '--for-gpu needs TensorRT-RTX: plain TensorRT builds only for the GPU it runs on, '
                'so build on the robot'
            )
        gpu, device = _parse_gpu(arguments.for_gpu), None
    if gpu is None:
        raise EngineError(
            'torch sees no CUDA device: build on the machine that will run the engine, or name '
            "its GPU with --for-gpu 'NAME:MAJOR.MINOR' (TensorRT-RTX)"
        )
    cache = EngineCache(_folder(arguments))
    timings = None
    if binding.flavor == 'tensorrt' and cache.folder.is_dir():
        timings = cache.folder / f'.timings-{binding.version}'
    options = BuildOptions(arguments.workspace << 20, arguments.level, timings)
    return BuildContext(binding, gpu, device, cache, options, arguments.force)


def _parse_gpu(text: str) -> Gpu:
    name, _, number = text.rpartition(':')
    major, _, minor = number.partition('.')
    if not (name and major.isdigit() and minor.isdigit()):
        raise EngineError(
            f"--for-gpu {text!r} is invalid: give it as 'NVIDIA GeForce RTX 4090:8.9'"
        )
    return Gpu(name, (int(major), int(minor)))


def _grid(arguments: argparse.Namespace) -> Grid:
    checkpoint = read_checkpoint(Path(arguments.path))
    if arguments.grid is None:
        width, height = _pair(arguments.size, '--size', '640x480')
        grid = find_grid(checkpoint, width, height, arguments.max_pixels)
        return replace(grid, depth=arguments.depth)
    rows, columns = _pair(arguments.grid, '--grid', '9x13')
    default = find_grid(checkpoint, 640, 480, 0)
    return replace(default, rows=rows, columns=columns, depth=arguments.depth)


def _pair(text: str, option: str, example: str) -> tuple[int, int]:
    first, _, second = text.partition('x')
    if not (first.isdigit() and second.isdigit() and int(first) and int(second)):
        raise EngineError(f'{option} {text!r} is invalid: give it as {example}')
    return int(first), int(second)


def _folder(arguments: argparse.Namespace) -> Path | None:
    return Path(arguments.cache).expanduser() if arguments.cache else None


@contextmanager
def _progress(as_json: bool) -> Iterator[Progress]:
    """Report progress: lines of JSON for a program, a bar or lines of text for a person."""

    def print_json(phase: str, part: float) -> None:
        print(json.dumps({'phase': phase, 'part': round(part, 4)}), flush=True)

    def print_text(phase: str, part: float) -> None:
        if part in (0.0, 1.0):
            print(f'{phase} {100 * part:.0f} %', file=sys.stderr, flush=True)

    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield print_json if as_json else print_text
        return
    with Bar(console=console) as bar:
        task = bar.add_task('', total=1.0)
        yield lambda phase, part: bar.update(task, description=phase, completed=part)
