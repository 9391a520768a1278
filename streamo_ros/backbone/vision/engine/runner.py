# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a plan as a vision encoder: fixed buffers, one enqueue per frame, no wait on the host.

All buffers are allocated once, so that their addresses stay valid in captured CUDA graphs. The
outputs are copied: vision tokens may wait in a lane's queue while the next frame is encoded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import Protocol

import torch
from torch import Tensor

from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import INPUT
from streamo_ros.backbone.vision.engine import output_names
from streamo_ros.backbone.vision.engine.binding import Binding
from streamo_ros.backbone.vision.engine.binding import TensorRTLog


class DeviceStream(Protocol):
    """A stream of work in addition to the caller's."""

    handle: int
    """The handle of the CUDA stream."""

    def begin(self) -> None:
        """Make later work on this stream wait for earlier work on the caller's stream."""

    def end(self) -> None:
        """Make later work on the caller's stream wait for earlier work on this stream."""


class CudaStream:
    """A separate stream on a CUDA device, joined to the caller's by events.

    On the default stream TensorRT would synchronize; joined by events, the separate stream takes
    part in a graph capture of the caller's stream.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._submitted, self._done = torch.cuda.Event(), torch.cuda.Event()
        self.handle = int(self._stream.cuda_stream)

    def begin(self) -> None:
        """See `DeviceStream`."""
        self._submitted.record(torch.cuda.current_stream(self._device))
        self._stream.wait_event(self._submitted)

    def end(self) -> None:
        """See `DeviceStream`."""
        self._done.record(self._stream)
        torch.cuda.current_stream(self._device).wait_event(self._done)


class EngineEncoder:
    """A vision encoder that runs in TensorRT; see `vision.VisionEncoder`.

    Args:
        binding: TensorRT.
        plan: a plan built by the same TensorRT for the same kind of GPU, an object with the buffer
            interface; not kept.
        grid: the grid that it was built for.
        device: the device that it runs on.
        dtype: dtype of the vision tokens.
        make_stream: creates the stream that it runs on.

    Raises:
        EngineError: TensorRT rejects the plan, or its tensors are not those of a vision encoder.
    """

    def __init__(
        self,
        binding: Binding,
        plan: Any,
        grid: Grid,
        device: torch.device,
        dtype: torch.dtype,
        make_stream: Callable[[torch.device], DeviceStream] = CudaStream,
    ) -> None:
        self.grid = grid
        self._binding = binding
        self._dtype = dtype
        self._log = TensorRTLog(binding)
        # The runtime must outlive the engine, and the engine its context.
        self._runtime = self._open_runtime()
        self._engine = self._load(plan)
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise EngineError(
                f'{binding} does not have enough memory to run the engine: {self._log.reason}'
            )
        shapes = self._tensors()
        self._check(shapes)
        self._buffers = {
            name: torch.empty(shape, dtype=tensor_dtype, device=device)
            for name, (shape, tensor_dtype) in shapes.items()
        }
        self._outputs = [self._buffers[name] for name in output_names(len(shapes) - 1)]
        for name, buffer in self._buffers.items():
            if not self._context.set_tensor_address(name, buffer.data_ptr()):
                raise EngineError(f'{binding} rejects the tensor {name}: {self._log.reason}')
        self._stream = make_stream(device)

    def __call__(self, patches: Tensor) -> tuple[Tensor, ...]:
        """Enqueue one pass on the current stream without waiting for it.

        Raises:
            EngineError: the patches are not of this grid, or TensorRT fails to run.
        """
        buffer = self._buffers[INPUT]
        if patches.shape != buffer.shape:
            raise EngineError(
                f'the engine is for patches of shape {tuple(buffer.shape)}, got '
                f'{tuple(patches.shape)}: build one for this size with `streamo engine build`'
            )
        buffer.copy_(patches, non_blocking=True)
        self._stream.begin()
        enqueued = self._context.execute_async_v3(self._stream.handle)
        self._stream.end()
        if not enqueued:
            raise EngineError(f'{self._binding} failed to run: {self._log.reason}')
        return tuple(output.to(self._dtype, copy=True) for output in self._outputs)

    def _open_runtime(self) -> Any:
        try:
            return self._binding.module.Runtime(self._log.logger)
        except TypeError as error:
            # The bindings raise this if the library returns no runtime.
            raise EngineError(
                f'{self._binding} cannot be initialized: {self._log.reason}'
            ) from error

    def _load(self, plan: Any) -> Any:
        engine = self._runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise EngineError(
                f'{self._binding} rejects the engine ({self._log.reason}): build it on '
                'this machine with `streamo engine build --force`'
            )
        return engine

    def _tensors(self) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
        """Shape and dtype of each tensor by name."""
        trt, engine = self._binding.module, self._engine
        dtypes = {
            trt.DataType.FLOAT: torch.float32,
            trt.DataType.HALF: torch.float16,
            trt.DataType.BF16: torch.bfloat16,
        }
        tensors = {}
        for index in range(engine.num_io_tensors):
            name = engine.get_tensor_name(index)
            is_input = engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT
            dtype = dtypes.get(engine.get_tensor_dtype(name))
            on_device = engine.get_tensor_location(name) == trt.TensorLocation.DEVICE
            if is_input != (name == INPUT) or dtype is None or not on_device:
                raise EngineError(
                    f'the engine has a tensor {name}, which vision encoders do not have: build an '
                    'engine with `streamo engine build`'
                )
            tensors[name] = (tuple(engine.get_tensor_shape(name)), dtype)
        return tensors

    def _check(self, shapes: dict[str, tuple[tuple[int, ...], torch.dtype]]) -> None:
        outputs = {name: shape for name, (shape, _) in shapes.items() if name != INPUT}
        expected = {INPUT, *output_names(len(outputs))}
        if set(shapes) != expected or len(outputs) < 1:
            raise EngineError(
                f'the engine has tensors {", ".join(sorted(shapes))}, not those of a vision '
                'encoder: build it with `streamo engine build`'
            )
        patches = shapes[INPUT][0]
        fits = all(len(shape) == 2 and shape[0] == self.grid.tokens for shape in outputs.values())
        if patches != self.grid.patch_shape or not fits:
            raise EngineError(
                f'the engine takes patches of shape {patches}, and a frame of this grid has '
                f'{self.grid.patch_shape}: build one for it with `streamo engine build`'
            )
