# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From an ONNX graph to a plan: parse, configure, build. Minutes on a robot, so never in the node.

One path for TensorRT 10.3 to 11 and TensorRT-RTX: a strongly typed network, whose precision
stands in the graph. No precision flag is ever set: with weak typing this tower was reported to
give a cosine of 0.14 in fp16 (NVIDIA/TensorRT-LLM issue 3223).
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

Progress = Callable[[str, float], None]
"""Told a phase and the part of it that is done, 0..1."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BuildOptions:
    """How TensorRT searches.

    Attributes:
        workspace: bytes that a kernel may use beside its inputs.
        level: 0..5, TensorRT's builder optimization level; more is slower to build.
        timings: file that keeps measured kernel times from build to build; None = keep none.
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
        options: how.
        progress: told how far it is.

    Returns:
        The plan, an object with the buffer interface.

    Raises:
        EngineError: the graph has an operator that TensorRT does not know (named), or TensorRT
            cannot build it here.
    """
    options = options or BuildOptions()
    complaints = TensorRTLog(binding, _log.debug)
    builder = _builder(binding, complaints)
    network = builder.create_network(binding.network_flags())
    parser = binding.module.OnnxParser(network, complaints.logger)
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
        raise EngineError(f'{binding} cannot build for {gpu}: {complaints.reason}')
    if timings is not None and options.timings is not None:
        options.timings.write_bytes(timings.serialize())
    return plan


def _builder(binding: Binding, complaints: TensorRTLog) -> Any:
    try:
        return binding.module.Builder(complaints.logger)
    except TypeError as error:
        # The bindings raise this when the library gives no builder.
        raise EngineError(f'{binding} cannot be opened: {complaints.reason}') from error


def _parser_errors(parser: Any) -> str:
    """All that the parser says, each error once, with the operator's name."""
    found: dict[str, None] = {}
    for at in range(parser.num_errors):
        error = parser.get_error(at)
        what = ' '.join(str(error.desc()).split())
        found[f'operator {error.node_operator()} ({error.node_name()}): {what}'] = None
    return '; '.join(found) or 'it gives no reason'


def _load_timings(config: Any, file: Path | None) -> Any:
    if file is None:
        return None
    known = file.read_bytes() if file.is_file() else b''
    cache = config.create_timing_cache(known) or config.create_timing_cache(b'')
    # Of another version or GPU: TensorRT says so and does not take it; then nothing is kept.
    return cache if config.set_timing_cache(cache, False) else None


def _monitor(trt: Any, progress: Progress) -> Any:
    """TensorRT's kind of progress monitor; only the outermost phases are told on."""
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
