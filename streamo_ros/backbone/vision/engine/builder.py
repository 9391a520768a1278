# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builds a checkpoint's engine from start to end: load, export, build, test and store.

This takes minutes and gigabytes, so it runs in a process of its own, see `loader`; the node never
calls `make_engine`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timezone
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch import Tensor

from streamo_ros.backbone.checkpoint import Checkpoint
from streamo_ros.backbone.checkpoint import fingerprint
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.plan import FrameSizes
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import DTYPES
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import Gpu
from streamo_ros.backbone.vision.engine.binding import Binding
from streamo_ros.backbone.vision.engine.cache import CachedEngine
from streamo_ros.backbone.vision.engine.cache import EngineCache
from streamo_ros.backbone.vision.engine.cache import REFERENCE
from streamo_ros.backbone.vision.engine.export import export
from streamo_ros.backbone.vision.engine.export import GRAPH
from streamo_ros.backbone.vision.engine.key import EngineKey
from streamo_ros.backbone.vision.engine.plan import build_plan
from streamo_ros.backbone.vision.engine.plan import BuildOptions
from streamo_ros.backbone.vision.engine.plan import Progress
from streamo_ros.backbone.vision.engine.resource_check import check_memory
from streamo_ros.backbone.vision.engine.resource_check import disk_need
from streamo_ros.backbone.vision.engine.runner import EngineEncoder
from streamo_ros.backbone.vision.engine.selftest import Agreement
from streamo_ros.backbone.vision.engine.selftest import compare
from streamo_ros.backbone.vision.engine.selftest import load_reference
from streamo_ros.backbone.vision.engine.selftest import record
from streamo_ros.backbone.vision.engine.selftest import run_exact
from streamo_ros.backbone.vision.engine.selftest import run_own


@dataclass(frozen=True)
class BuildContext:
    """What engines are built with.

    Attributes:
        binding: TensorRT.
        gpu: the GPU that they are for.
        device: that GPU in this machine; None = it is in another machine.
        cache: where they are stored.
        options: options of the TensorRT builder.
        force: build an engine even if there is one.
    """

    binding: Binding
    gpu: Gpu
    device: torch.device | None
    cache: EngineCache
    options: BuildOptions = field(default_factory=BuildOptions)
    force: bool = False

    def key(self, path: Path, grid: Grid, dtype: str) -> EngineKey:
        """Identity of a checkpoint's engine."""
        return EngineKey.make(
            path.resolve().name,
            fingerprint(path),
            grid,
            dtype,
            self.binding.flavor,
            self.binding.version,
            self.gpu,
        )


def find_grid(checkpoint: Checkpoint, width: int, height: int, max_pixels: int) -> Grid:
    """The grid of a camera's frames, as the node would choose it.

    Args:
        checkpoint: the checkpoint.
        width: of the frames in pixels.
        height: of the frames in pixels.
        max_pixels: the node's model.max_pixels; 0 = what the checkpoint asks for.
    """
    config = checkpoint.config()
    family = find_family(checkpoint.architecture)
    pixels = max_pixels or checkpoint.settings.max_pixels
    return FrameSizes(family, config, checkpoint.processor, pixels)(height, width)


def load_tower(checkpoint: Checkpoint, grid: Grid, dtype: str) -> Any:
    """A checkpoint's torch tower on the CPU, without its text model."""
    model = checkpoint.model(torch.device('cpu'), DTYPES[dtype], layers=False)
    return find_family(checkpoint.architecture).tower(model, grid)


def weight_bytes(tower: nn.Module) -> int:
    """Bytes of a tower's weights and constants."""
    tensors = [*tower.parameters(), *tower.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def make_engine(
    path: Path, grid: Grid, dtype: str, context: BuildContext, progress: Progress
) -> CachedEngine:
    """Build a checkpoint's engine, or find one in the cache.

    Args:
        path: the checkpoint's folder.
        grid: the grid of its frames.
        dtype: 'float16', 'bfloat16' or 'float32', the same as the node's model.dtype.
        context: what it is built with.
        progress: receives the progress.

    Returns:
        The engine in the cache; it has passed its self-test if its GPU is in this machine.

    Raises:
        BackboneError: it cannot be built; nothing is left behind.
    """
    checkpoint = read_checkpoint(path)
    key = context.key(path, grid, dtype)
    with context.cache.lock(key, lambda: progress('waiting for another builder', 0.0)):
        if not context.force and (cached := context.cache.find(key)) is not None:
            return cached
        context.binding.check(context.gpu)
        progress('reading the weights', 0.0)
        tower = load_tower(checkpoint, grid, dtype)
        weights = weight_bytes(tower)
        check_memory(weights, context.options.workspace, context.device)
        with context.cache.scratch_dir(disk_need(weights)) as scratch:
            progress('running torch', 0.0)
            own = run_own(tower, DTYPES[dtype])
            progress('exporting', 0.0)
            graph = export(tower, grid, DTYPES[dtype], scratch / GRAPH)
            # One tower at a time, and none during the build.
            del tower
            record_test(checkpoint, grid, dtype, own, scratch / REFERENCE)
            plan = build_plan(context.binding, graph.path, context.gpu, context.options, progress)
            reference = scratch / REFERENCE
            if context.device is not None:
                progress('self-test', 0.0)
                self_test(open_plan(context, plan, grid, DTYPES[dtype]), reference, key.name)
            progress('writing', 0.0)
            made = datetime.now(timezone.utc).isoformat(timespec='seconds')
            return context.cache.store(
                scratch, key, plan, reference, graph.outputs, made, context.force
            )


def record_test(
    checkpoint: Checkpoint, grid: Grid, dtype: str, own: Mapping[str, Tensor], file: Path
) -> None:
    """Write what an engine of this checkpoint is tested against; loads the tower in float32.

    Args:
        checkpoint: the checkpoint.
        grid: of the tower.
        dtype: number format of the engine.
        own: what torch gives in that format, see `selftest.run_own`.
        file: the file to write.
    """
    number = DTYPES[dtype]
    exact = own
    if number != torch.float32:
        exact = run_exact(load_tower(checkpoint, grid, 'float32'), number)
    record(grid, number, exact, own, file)


def open_plan(context: BuildContext, plan: Any, grid: Grid, dtype: torch.dtype) -> EngineEncoder:
    """An encoder that runs a plan.

    Raises:
        EngineError: TensorRT rejects the plan, or its GPU is not in this machine.
    """
    if context.device is None:
        raise EngineError(
            f'there is no {context.gpu} in this machine: copy the cache folder to the machine '
            'that has it'
        )
    return EngineEncoder(context.binding, plan, grid, context.device, dtype)


def open_entry(context: BuildContext, entry: CachedEngine) -> tuple[EngineEncoder, Agreement]:
    """An encoder that runs an engine from the cache, after its self-test.

    Raises:
        EngineError: the engine was modified, is not for this machine, or does not reproduce
            torch's numbers.
    """
    encoder = open_plan(context, entry.plan(), entry.key.grid, DTYPES[entry.key.dtype])
    return encoder, self_test(encoder, entry.reference, entry.key.name)


def self_test(encoder: EngineEncoder, reference: Path, name: str) -> Agreement:
    """Run the self-test.

    Raises:
        EngineError: the engine does not reproduce torch's numbers.
    """
    agreement = compare(encoder, load_reference(reference))
    if not agreement.good:
        raise EngineError(
            f"the engine {name} does not reproduce torch's numbers (errors against float32, and "
            f"twice torch's own: {agreement}): build it in another format, or set model.vision to "
            'torch'
        )
    return agreement
