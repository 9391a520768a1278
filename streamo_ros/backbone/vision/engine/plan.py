# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builds a plan from an ONNX graph, which takes minutes on a robot and never runs in the node.

The same steps serve TensorRT 10.3 to 11 and TensorRT-RTX: the network is strongly typed, and the
graph defines its precision. No precision flag is ever set: with weak typing this tower was
reported to give a cosine of 0.14 in fp16 (NVIDIA/TensorRT-LLM issue 3223).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import Gpu
from streamo_ros.backbone.vision.engine.binding import Binding
from streamo_ros.backbone.vision.engine.binding import TensorRTLog
from streamo_ros.files import write_bytes

Progress = Callable[[str, float], None]
"""Receives the name of a phase and its completed part, 0..1."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildOptions:
    """Options of the TensorRT builder.

    Attributes:
        workspace: bytes that a kernel may use in addition to its inputs.
        level: TensorRT's builder optimization level, 0..5; higher levels build more slowly.
        timings: file that caches measured kernel times between builds; None = no cache.
    """

    workspace: int = 1 << 30
    level: int = 3
    timings: Path | None = None


def build_plan(
    binding: Binding,
    graph: Path,
    gpu: Gpu,
    options: BuildOptions | None = None,
    progress: Progress = lambda _phase, _part: None,
) -> Any:
    """Build a graph.

    Args:
        binding: TensorRT.
        graph: an ONNX file.
        gpu: the GPU that it is for.
        options: options of the builder.
        progress: receives the progress.

    Returns:
        The plan, an object with the buffer interface.

    Raises:
        EngineError: the graph has an operator that TensorRT does not know (which is named), or
            TensorRT cannot build it here.
    """
    options = options or BuildOptions()
    log = TensorRTLog(binding, _log.debug)
    builder = _builder(binding, log)
    network = builder.create_network(binding.network_flags())
    parser = binding.module.OnnxParser(network, log.logger)
    if not parser.parse_from_file(str(graph)):
        raise EngineError(f'{binding} cannot read the graph: {_parser_errors(parser)}')
    config = builder.create_builder_config()
    config.set_memory_pool_limit(binding.module.MemoryPoolType.WORKSPACE, options.workspace)
    config.builder_optimization_level = options.level
    config.progress_monitor = _monitor(binding.module, progress)
    binding.target(config, gpu)
    timings = _load_timings(config, options.timings)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise EngineError(f'{binding} cannot build for {gpu}: {log.reason}')
    if timings is not None and options.timings is not None:
        write_bytes(options.timings, timings.serialize())
    return plan


def _builder(binding: Binding, log: TensorRTLog) -> Any:
    try:
        return binding.module.Builder(log.logger)
    except TypeError as error:
        # The bindings raise this if the library returns no builder.
        raise EngineError(f'{binding} cannot be initialized: {log.reason}') from error


def _parser_errors(parser: Any) -> str:
    """All errors of the parser without duplicates, with the names of the operators."""
    errors: dict[str, None] = {}
    for index in range(parser.num_errors):
        error = parser.get_error(index)
        description = ' '.join(str(error.desc()).split())
        errors[f'operator {error.node_operator()} ({error.node_name()}): {description}'] = None
    return '; '.join(errors) or 'it gives no reason'


def _load_timings(config: Any, file: Path | None) -> Any:
    if file is None:
        return None
    content = file.read_bytes() if file.is_file() else b''
    cache = config.create_timing_cache(content) or config.create_timing_cache(b'')
    # TensorRT rejects a cache of another version or GPU; then there is none.
    return cache if config.set_timing_cache(cache, False) else None


def _monitor(trt: Any, progress: Progress) -> Any:
    """A TensorRT progress monitor that reports only the outermost phases."""
    base: Any = trt.IProgressMonitor

    class Monitor(base):
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}

        def phase_start(self, phase: str, parent: str | None, steps: int) -> None:
            if not parent:
                self._steps[phase] = max(1, steps)
                progress(phase, 0.0)

        def step_complete(self, phase: str, step: int) -> bool:
            if phase in self._steps:
                progress(phase, min(1.0, (step + 1) / self._steps[phase]))
            return True

        def phase_finish(self, phase: str) -> None:
            if self._steps.pop(phase, None):
                progress(phase, 1.0)

    return Monitor()
