# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An exported graph run by ONNX Runtime on the CPU: the oracle that the graph is right.

Not meant for a robot. Runs float32 and float16; the CPU has no bfloat16 kernels for most
operators.
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
    """A vision encoder on ONNX Runtime.

    Args:
        file: an exported graph.
        grid: the grid that it was exported for.
        threads: of the CPU.

    Raises:
        EngineError: ONNX Runtime is missing, or cannot run the graph.
    """

    def __init__(self, file: Path, grid: Grid, threads: int = 1) -> None:
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            raise EngineError(describe_missing('onnxruntime')) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.grid = grid
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=['CPUExecutionProvider']
            )
        except Exception as error:  # its error classes share no base but this
            reason = str(error).strip().splitlines()[0]
            raise EngineError(f'ONNX Runtime cannot run {file}: {reason}') from error

    def __call__(self, patches: Tensor) -> tuple[Tensor, ...]:
        """See `vision.VisionEncoder`; on a CPU."""
        outputs = self._session.run(None, {INPUT: patches.numpy()})
        return tuple(torch.from_numpy(output) for output in outputs)
