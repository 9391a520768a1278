# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A plan as a vision encoder: fixed buffers, named tensors, one enqueue, no host in between.

All buffers are allocated once, so their addresses stay what a captured CUDA graph has seen. What
is handed out is a copy: vision tokens may wait in a lane's queue while the next frame is encoded.
Knows no files and no models.
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
from streamo_ros.backbone.vision.engine.export import patch_shape


class DeviceStream(Protocol):
    """A stream of work beside the caller's."""

    handle: int
    """The CUDA stream as a number."""

    def begin(self) -> None:
        """What is put in from here waits for what the caller's stream has been given."""

    def end(self) -> None:
        """What the caller's stream is given from here waits for this one."""


class CudaStream:
    """A stream of its own on a CUDA device, joined to the caller's by events.

    TensorRT synchronises when it is given the default stream; and joined by events it takes part
    in a capture of the caller's stream.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._given, self._done = torch.cuda.Event(), torch.cuda.Event()
        self.handle = int(self._stream.cuda_stream)

    def begin(self) -> None:
        """See `DeviceStream`."""
        self._given.record(torch.cuda.current_stream(self._device))
        self._stream.wait_event(self._given)

    def end(self) -> None:
        """See `DeviceStream`."""
        self._done.record(self._stream)
        torch.cuda.current_stream(self._device).wait_event(self._done)


class EngineEncoder:
    """A vision encoder on TensorRT; see `vision.VisionEncoder`.

    Args:
        binding: TensorRT.
        plan: a plan that was built by it, for a GPU like this one.
        grid: the grid that it was built for.
        device: where it runs.
        dtype: of the vision tokens that are handed out.
        make_stream: makes the stream that it runs on.

    Raises:
        EngineError: TensorRT refuses the plan, or its tensors are not those of such an encoder.
    """

    def __init__(
        self,
        binding: Binding,
        plan: bytes,
        grid: Grid,
        device: torch.device,
        dtype: torch.dtype,
        make_stream: Callable[[torch.device], DeviceStream] = CudaStream,
    ) -> None:
        self.grid = grid
        self._binding = binding
        self._dtype = dtype
        self._complaints = TensorRTLog(binding)
        # The runtime must outlive the engine, and the engine its context.
        self._runtime = self._open_runtime()
        self._engine = self._load(plan)
        self._context = self._engine.create_execution_context()
        if self._context is None:
            raise EngineError(
                f'{binding} has no room to run the engine: {self._complaints.reason}'
            )
        shapes = self._tensors()
        self._check(shapes)
        self._buffers = {
            name: torch.empty(shape, dtype=kind, device=device)
            for name, (shape, kind) in shapes.items()
        }
        self._outputs = [self._buffers[name] for name in output_names(len(shapes) - 1)]
        for name, buffer in self._buffers.items():
            if not self._context.set_tensor_address(name, buffer.data_ptr()):
                raise EngineError(
                    f'{binding} does not take tensor {name}: {self._complaints.reason}'
                )
        self._stream = make_stream(device)

    def __call__(self, patches: Tensor) -> tuple[Tensor, ...]:
        """One pass, put into the current stream without waiting for it.

        Raises:
            EngineError: the patches are not of this grid, or TensorRT refuses to run.
        """
        given = self._buffers[INPUT]
        if patches.shape != given.shape:
            raise EngineError(
                f'the engine is for patches of shape {tuple(given.shape)}, got '
                f'{tuple(patches.shape)}: build one for this size with `streamo engine build`'
            )
        given.copy_(patches, non_blocking=True)
        self._stream.begin()
        taken = self._context.execute_async_v3(self._stream.handle)
        self._stream.end()
        if not taken:
            raise EngineError(f'{self._binding} failed to run: {self._complaints.reason}')
        return tuple(output.to(self._dtype, copy=True) for output in self._outputs)

    def _open_runtime(self) -> Any:
        try:
            return self._binding.module.Runtime(self._complaints.logger)
        except TypeError as error:
            # The bindings raise this when the library gives no runtime.
            raise EngineError(
                f'{self._binding} cannot be opened: {self._complaints.reason}'
            ) from error

    def _load(self, plan: bytes) -> Any:
        engine = self._runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise EngineError(
                f'{self._binding} refuses the engine ({self._complaints.reason}): build it on '
                'this machine with `streamo engine build --force`'
            )
        return engine

    def _tensors(self) -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
        """Shape and format of each tensor by name."""
        trt, engine = self._binding.module, self._engine
        kinds = {
            trt.DataType.FLOAT: torch.float32,
            trt.DataType.HALF: torch.float16,
            trt.DataType.BF16: torch.bfloat16,
        }
        found = {}
        for at in range(engine.num_io_tensors):
            name = engine.get_tensor_name(at)
            given = engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT
            kind = kinds.get(engine.get_tensor_dtype(name))
            on_device = engine.get_tensor_location(name) == trt.TensorLocation.DEVICE
            if given != (name == INPUT) or kind is None or not on_device:
                raise EngineError(
                    f'the engine has a tensor {name} that no vision encoder has: it is not one '
                    'of ours, build it with `streamo engine build`'
                )
            found[name] = (tuple(engine.get_tensor_shape(name)), kind)
        return found

    def _check(self, shapes: dict[str, tuple[tuple[int, ...], torch.dtype]]) -> None:
        outputs = {name: shape for name, (shape, _) in shapes.items() if name != INPUT}
        expected = {INPUT, *output_names(len(outputs))}
        if set(shapes) != expected or len(outputs) < 1:
            raise EngineError(
                f'the engine has tensors {", ".join(sorted(shapes))}, not those of a vision '
                'encoder: build it with `streamo engine build`'
            )
        given = shapes[INPUT][0]
        wrong = [n for n, s in outputs.items() if len(s) != 2 or s[0] != self.grid.tokens]
        if given != patch_shape(self.grid) or wrong:
            raise EngineError(
                f'the engine takes patches of shape {given}, and a frame of this grid has '
                f'{patch_shape(self.grid)}: build one for it with `streamo engine build`'
            )
