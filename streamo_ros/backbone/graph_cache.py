# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Passes that are captured once and replayed: what launching hundreds of kernels costs is saved.

On CUDA a pass is captured as a CUDA graph when its shapes are first seen; afterwards its inputs
are copied into the captured buffers and the graph is replayed. On a CPU a pass simply runs. Knows
functions of tensors and nothing of what they compute.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Hashable

import torch
from torch import Tensor

Tensors = tuple[Tensor, ...]
Function = Callable[..., Tensors]
Replay = Callable[[], None]
Capture = Callable[[Function, Tensors], tuple[Replay, Tensors]]
"""Captures a function over its inputs: what runs it again, and where its outputs are found."""

MAX_CAPTURED = 64
"""Captured passes kept: grids, turn lengths, lanes at work and looked-at rows vary little."""
_WARM_UP = 2


class GraphCache:
    """Runs functions of tensors, by replay where that is possible.

    Args:
        capture: captures a function; None runs every pass as it comes.
        most: captured passes kept; the one not used for longest goes first.
    """

    def __init__(self, capture: Capture | None, most: int = MAX_CAPTURED) -> None:
        self._capture = capture
        self._most = most
        self._captured: OrderedDict[Hashable, tuple[Replay, Tensors, Tensors]] = OrderedDict()

    def __call__(self, key: Hashable, function: Function, *inputs: Tensor) -> Tensors:
        """Run a pass.

        Args:
            key: says everything that the function depends on but its inputs' values.
            function: launches the same work at each call with this key.
            inputs: of the same shapes at each call with this key.

        Returns:
            The outputs; a later pass may overwrite them.
        """
        if self._capture is None:
            return function(*inputs)
        if key not in self._captured:
            buffers = tuple(tensor.clone() for tensor in inputs)
            replay, outputs = self._capture(function, buffers)
            self._captured[key] = replay, buffers, outputs
            if len(self._captured) > self._most:
                self._captured.popitem(last=False)
        self._captured.move_to_end(key)
        replay, buffers, outputs = self._captured[key]
        for buffer, tensor in zip(buffers, inputs, strict=True):
            buffer.copy_(tensor)
        replay()
        return outputs

    def forget(self, key: Hashable) -> None:
        """Let a captured pass go, with all that it holds."""
        self._captured.pop(key, None)


class CudaGraphs:
    """Captures CUDA graphs; all share one memory pool, because one runs at a time."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, function: Function, inputs: Tensors) -> tuple[Replay, Tensors]:
        """See `Capture`. Runs the function a few times first: libraries set themselves up then."""
        aside = torch.cuda.Stream(self._device)
        aside.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UP):
                function(*inputs)
        torch.cuda.current_stream(self._device).wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        # Another thread may be opening a vision engine meanwhile: that is none of this capture.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode='thread_local'):
            outputs = function(*inputs)
        return graph.replay, outputs


def find_capture(device: torch.device) -> Capture | None:
    """How passes are captured on a device."""
    return CudaGraphs(device) if device.type == 'cuda' else None
