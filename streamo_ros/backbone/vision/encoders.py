# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Creates vision encoders: with torch only, or with torch until a TensorRT engine is ready.

The swap happens between two frames: a thread loads the engine (or has another process build it)
and checks it, and the next frame goes through it. No frame waits, and TensorRT is not imported
here.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from weakref import WeakSet

import torch
from torch import nn

from streamo_ros.backbone.checkpoint import fingerprint
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import Family
from streamo_ros.backbone.options import find_device
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.products import pack_products
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import StatusCallback
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision import VisionEncoders
from streamo_ros.backbone.vision import VisionState
from streamo_ros.core.interface import BackboneError
from streamo_ros.packages import describe_missing

LoadEngine = Callable[[Grid, StatusCallback], tuple[VisionEncoder, VisionState]]
"""Loads the engine of a grid; raises BackboneError if there is none that can be used."""

MAX_STATES = 16
"""Number of grids whose state is remembered; more than a camera has modes."""

_log = logging.getLogger(__name__)


def make_encoders(
    family: Family, model: Any, options: Options, path: Path | None
) -> VisionEncoders:
    """The factory of a checkpoint's vision encoders.

    Args:
        family: the checkpoint's family.
        model: the transformers model, on its device.
        options: how it is run; `vision` is one of `options.VISION`.
        path: the checkpoint's folder; None = it has none, and so no engines.

    Raises:
        BackboneError: ONNX Runtime is demanded and is not installed, or the device is a GPU.
    """
    device, dtype = find_device(options)
    vision = options.vision
    if vision == 'onnxruntime' or (vision == 'auto' and device.type == 'cpu'):
        required = vision == 'onnxruntime'
        if required and device.type != 'cpu':
            raise BackboneError(
                'model.vision is onnxruntime, which runs on the CPU: set model.device to cpu'
            )
        if required and find_spec('onnxruntime') is None:
            raise BackboneError(describe_missing('onnxruntime'))
        if find_spec('onnxruntime') is not None:
            return OnnxEncoders(family, model, path, required)
    if path is None or vision == 'torch' or (vision == 'auto' and device.type != 'cuda'):
        return TorchEncoders(family, model)
    from streamo_ros.backbone.vision.engine.loader import EngineLoader

    required = vision == 'tensorrt'
    reload = partial(read_checkpoint(path).model, device, dtype, layers=False)
    load_engine = EngineLoader(path, device, dtype, build=required)
    level = logging.WARNING if required else logging.INFO
    return SwappingEncoders(TorchEncoders(family, model, reload), load_engine, level, options.wait)


class TorchEncoders:
    """Creates torch encoders from a checkpoint's own tower; see `vision.VisionEncoders`.

    Args:
        family: the checkpoint's family.
        model: the transformers model.
        reload: loads the tower again after `release`; None = it cannot be released.
    """

    def __init__(
        self, family: Family, model: Any, reload: Callable[[], Any] | None = None
    ) -> None:
        self._family = family
        self._model = model
        self._reload = reload

    def __call__(self, grid: Grid) -> VisionEncoder:
        """The encoder of a grid; loads the weights first if they were released (seconds)."""
        if self._model is None and self._reload is not None:
            self._model = self._reload()
        return _tower(self._family, self._model, grid)

    def renew(self, encoder: VisionEncoder) -> VisionEncoder:
        """The same encoder."""
        return encoder

    def holds_weights(self, encoder: VisionEncoder) -> bool:
        """They share the checkpoint's."""
        del encoder
        return False

    def state(self, grid: Grid) -> VisionState:
        """Torch, always."""
        del grid
        return VisionState('torch', torch.__version__)

    def release(self) -> None:
        """Release the weights: with shared memory, an engine would be a second copy."""
        if self._reload is not None:
            self._model = None


def _tower(family: Family, model: Any, grid: Grid) -> VisionEncoder:
    tower = family.tower(model, grid)
    if isinstance(tower, nn.Module):
        pack_products(tower)
    return tower


class OnnxEncoders:
    """Creates encoders that run in ONNX Runtime; see `vision.VisionEncoders`.

    Args:
        family: the checkpoint's family.
        model: the transformers model.
        path: the checkpoint's folder; None = it has none.
        required: whether a tower that ONNX Runtime does not run is refused.
    """

    def __init__(self, family: Family, model: Any, path: Path | None, required: bool) -> None:
        self._family = family
        self._model = model
        self._path = path
        self._required = required
        self._state = VisionState('torch', torch.__version__)

    def __call__(self, grid: Grid) -> VisionEncoder:
        """An encoder of a grid.

        Raises:
            BackboneError: ONNX Runtime does not run the tower, and was demanded.
        """
        tower = _tower(self._family, self._model, grid)
        graph = self._family.graph(tower)
        if graph is None and self._required:
            raise BackboneError(
                'model.vision is onnxruntime, which does not run the vision tower of this '
                'checkpoint: set it to auto or torch'
            )
        if graph is None:
            return tower
        # Imported here: ONNX Runtime takes half a second, and most checkpoints do without.
        from streamo_ros.backbone.vision.onnx_encoder import OnnxEncoder

        encoder = OnnxEncoder(graph, grid, torch.get_num_threads())
        version = f'ONNX Runtime {encoder.version}'
        identity = fingerprint(self._path, version) if self._path else ''
        self._state = VisionState('onnxruntime', version, model_id=identity)
        return encoder

    def renew(self, encoder: VisionEncoder) -> VisionEncoder:
        """The same encoder."""
        return encoder

    def holds_weights(self, encoder: VisionEncoder) -> bool:
        """They share the checkpoint's."""
        del encoder
        return False

    def state(self, grid: Grid) -> VisionState:
        """ONNX Runtime, or torch where it does not run the tower."""
        del grid
        return self._state


class SwappingEncoders:
    """Creates encoders that start with torch and switch to an engine; see `vision.VisionEncoders`.

    Args:
        torch_encoders: creates the torch encoders.
        load_engine: loads the engine of a grid; called in a thread of its own.
        level: log level of the message that there is no engine.
        wait: load the engine before the first frame instead of in a thread.
    """

    def __init__(
        self,
        torch_encoders: TorchEncoders,
        load_engine: LoadEngine,
        level: int = logging.INFO,
        wait: bool = False,
    ) -> None:
        self._torch = torch_encoders
        self._load_engine = load_engine
        self._level = level
        self._wait = wait
        self._ready: dict[Grid, tuple[VisionEncoder, VisionState]] = {}
        self._states: OrderedDict[Grid, VisionState] = OrderedDict()
        self._engines: WeakSet[VisionEncoder] = WeakSet()
        # One at a time: two concurrent builds would need twice the memory.
        self._loading = threading.Lock()

    def __call__(self, grid: Grid) -> VisionEncoder:
        """A torch encoder; loading the engine that will replace it starts now."""
        self._set_note(grid, '')
        encoder = self._torch(grid)
        if self._wait:
            self._load(grid)
        else:
            threading.Thread(
                target=self._load, args=(grid,), name='vision-engine', daemon=True
            ).start()
        return encoder

    def renew(self, encoder: VisionEncoder) -> VisionEncoder:
        """The engine once it is ready, until then the same encoder."""
        ready = self._ready.pop(encoder.grid, None)
        if ready is None:
            return encoder
        engine, self._states[encoder.grid] = ready
        self._engines.add(engine)
        self._torch.release()
        _log.info('vision now runs on %s', self._states[encoder.grid].version)
        return engine

    def holds_weights(self, encoder: VisionEncoder) -> bool:
        """An engine does; torch encoders share the checkpoint's."""
        return encoder in self._engines

    def state(self, grid: Grid) -> VisionState:
        """What runs the vision tower of a grid now."""
        return self._states.get(grid) or self._torch.state(grid)

    def _load(self, grid: Grid) -> None:
        try:
            with self._loading:
                self._ready[grid] = self._load_engine(grid, partial(self._set_note, grid))
        except BackboneError as error:
            self._fall_back(grid, str(error), self._level)
        except RuntimeError as error:  # CUDA: out of memory, or a driver that is too old
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            self._fall_back(grid, f'the engine cannot be loaded ({reason})', logging.WARNING)

    def _fall_back(self, grid: Grid, reason: str, level: int) -> None:
        self._set_note(grid, f'{reason}; torch is used')
        _log.log(level, '%s; torch is used', reason)

    def _set_note(self, grid: Grid, text: str) -> None:
        """Set the note of a grid's state while torch runs; may be called from any thread."""
        self._states[grid] = replace(self._torch.state(grid), note=text)
        while len(self._states) > MAX_STATES:
            self._states.popitem(last=False)
