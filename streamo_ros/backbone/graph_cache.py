# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Passes captured once and replayed, which saves the cost of launching hundreds of kernels.

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

MAX_CAPTURED = 24
"""Captured passes kept. A steady day needs less than eight: the tower, one or two sizes of a turn,
what begins an answer, and one token of one lane or of all."""
MAX_SEEN = 256
"""Keys remembered that were seen once."""


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
        self._seen: OrderedDict[Hashable, None] = OrderedDict()

    def __call__(self, key: Hashable, function: Function, *inputs: Tensor) -> Tensors:
        """Run a pass.

        Args:
            key: says everything that the function depends on but its inputs' values.
            function: launches the same work at each call with this key.
            inputs: of the same shapes at each call with this key.

        Returns:
            The outputs; a later pass may overwrite them.
        """
        if key in self._captured:
            return self._replay(key, inputs)
        if self._capture is None or not self._seen_before(key):
            return function(*inputs)
        buffers = tuple(tensor.clone() for tensor in inputs)
        replay, outputs = self._capture(function, buffers)
        self._captured[key] = replay, buffers, outputs
        if len(self._captured) > self._most:
            self._captured.popitem(last=False)
        return self._replay(key, inputs)

    def _replay(self, key: Hashable, inputs: Tensors) -> Tensors:
        self._captured.move_to_end(key)
        replay, buffers, outputs = self._captured[key]
        for buffer, tensor in zip(buffers, inputs, strict=True):
            buffer.copy_(tensor)
        replay()
        return outputs

    def _seen_before(self, key: Hashable) -> bool:
        """Whether a key has been seen before: a pass that runs once is not worth capturing."""
        if key in self._seen:
            del self._seen[key]
            return True
        self._seen[key] = None
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        return False

    def forget(self, key: Hashable) -> None:
        """Drop a captured pass and all that it holds."""
        self._captured.pop(key, None)
        self._seen.pop(key, None)

    @property
    def captured(self) -> int:
        """Number of captured passes."""
        return len(self._captured)


class CudaGraphs:
    """Captures CUDA graphs; all share one memory pool, because one runs at a time.

    `torch.cuda.graph` would collect garbage and empty torch's cache at each capture, which takes
    hundreds of milliseconds in the middle of a stream; here nothing is emptied.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()
        self._stream: torch.cuda.Stream | None = None

    def __call__(self, function: Function, inputs: Tensors) -> tuple[Replay, Tensors]:
        """See `Capture`. Runs the function once before: libraries set themselves up then."""
        if self._stream is None:
            self._stream = torch.cuda.Stream(self._device)
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.stream(self._stream):
            function(*inputs)
            # Another thread may load a vision engine meanwhile, which is not part of this capture.
            graph.capture_begin(pool=self._pool, capture_error_mode='thread_local')
            try:
                outputs = function(*inputs)
            finally:
                graph.capture_end()
        current.wait_stream(self._stream)
        return graph.replay, outputs


def find_capture(device: torch.device) -> Capture | None:
    """How passes are captured on a device; None if they are not."""
    return CudaGraphs(device) if device.type == 'cuda' else None
