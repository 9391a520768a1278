# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the graph of a vision tower with ONNX Runtime on the CPU.

This is how a robot without a GPU runs a tower of convolutions, see `onnx_graph`, and how an
exported graph is checked before TensorRT sees it. Supports float32 and float16; ONNX Runtime has
no bfloat16 kernels for most operators on the CPU.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import INPUT
from streamo_ros.packages import describe_missing


class OnnxEncoder:
    """A vision encoder that runs in ONNX Runtime.

    Args:
        graph: the file of a graph, or its content.
        grid: the grid that it was made for.
        threads: number of CPU threads.

    Raises:
        EngineError: ONNX Runtime is missing, or cannot run the graph.
    """

    def __init__(self, graph: Path | bytes, grid: Grid, threads: int = 1) -> None:
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            raise EngineError(describe_missing('onnxruntime')) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # The arena doubles as it grows and gives nothing back: 14 MB more for a small detector.
        options.enable_cpu_mem_arena = False
        self.grid = grid
        self.version = str(onnxruntime.__version__)
        try:
            self._session = onnxruntime.InferenceSession(
                str(graph) if isinstance(graph, Path) else graph,
                options,
                providers=['CPUExecutionProvider'],
            )
        except Exception as error:  # its error classes share no other base class
            reason = str(error).strip().splitlines()[0]
            name = graph if isinstance(graph, Path) else 'the vision tower'
            raise EngineError(f'ONNX Runtime cannot run {name}: {reason}') from error

    def __call__(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`; patches and outputs are on the CPU."""
        outputs = self._session.run(None, {INPUT: patches.numpy()})
        return tuple(torch.from_numpy(output) for output in outputs)
