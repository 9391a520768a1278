# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who makes a frame's encoder: torch alone, or torch until an engine is ready.

The swap happens between two frames: a thread opens (or has another process build) the engine and
checks it, and the next frame goes through it. Nothing here waits, and no TensorRT is imported.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import Family
from streamo_ros.backbone.options import find_device
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import Say
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision import VisionEncoders
from streamo_ros.backbone.vision import VisionState
from streamo_ros.core.interface import BackboneError

Open = Callable[[Grid, Say], tuple[VisionEncoder, VisionState]]
"""Opens the engine of a grid; raises BackboneError with a sentence where there is none to use."""

MAX_STATES = 16
"""Grids whose state is remembered; more than a camera has modes."""

_log = logging.getLogger(__name__)


def make_encoders(
    family: Family, model: Any, options: Options, path: Path | None
) -> VisionEncoders:
    """What makes the encoders: torch, or torch until an engine is ready.

    Args:
        family: the checkpoint's family.
        model: the transformers model, on its device.
        options: how it is run; `vision` is 'torch', 'auto', which on a GPU takes an engine that
            is there, or 'tensorrt', which has one built if there is none.
        path: the checkpoint's folder; None = it has none, and so no engines.
    """
    device, dtype = find_device(options)
    vision = options.vision
    if path is None or vision == 'torch' or (vision == 'auto' and device.type != 'cuda'):
        return TorchEncoders(family, model)
    from streamo_ros.backbone.vision.engine.loader import EngineLoader

    wanted = vision == 'tensorrt'
    reload = partial(read_checkpoint(path).model, device, dtype, layers=False)
    opener = EngineLoader(path, device, dtype, build=wanted)
    level = logging.WARNING if wanted else logging.INFO
    return SwappingEncoders(TorchEncoders(family, model, reload), opener, level, options.wait)


class TorchEncoders:
    """Makes torch encoders from a checkpoint's own tower; see `vision.VisionEncoders`.

    Args:
        family: the checkpoint's family.
        model: the transformers model.
        reload: reads the tower again after `release`; None = it cannot be released.
    """

    def __init__(
        self, family: Family, model: Any, reload: Callable[[], Any] | None = None
    ) -> None:
        self._family = family
        self._model = model
        self._reload = reload

    def __call__(self, grid: Grid) -> VisionEncoder:
        """The encoder of a grid; reads the weights first if they were released (seconds)."""
        if self._model is None and self._reload is not None:
            self._model = self._reload()
        return self._family.tower(self._model, grid)

    def renew(self, encoder: VisionEncoder) -> VisionEncoder:
        """That very one."""
        return encoder

    def state(self, grid: Grid) -> VisionState:
        """Torch."""
        del grid
        return VisionState('torch', torch.__version__)

    def release(self) -> None:
        """Let the weights go: on a board with shared memory they and an engine would be double."""
        if self._reload is not None:
            self._model = None


class SwappingEncoders:
    """Makes encoders that start on torch and go over to an engine; see `vision.VisionEncoders`.

    Args:
        torch_towers: makes the torch encoders.
        open_engine: opens the engine of a grid; called in a thread of its own.
        level: at which it is logged that there is no engine.
        wait: open the engine at once instead of in a thread; the first frame waits for it.
    """

    def __init__(
        self,
        torch_towers: TorchEncoders,
        open_engine: Open,
        level: int = logging.INFO,
        wait: bool = False,
    ) -> None:
        self._torch = torch_towers
        self._open = open_engine
        self._level = level
        self._wait = wait
        self._offers: dict[Grid, tuple[VisionEncoder, VisionState]] = {}
        self._states: OrderedDict[Grid, VisionState] = OrderedDict()
        # One at a time: two builds at once would want twice the memory.
        self._opening = threading.Lock()

    def __call__(self, grid: Grid) -> VisionEncoder:
        """A torch encoder; from here on an engine is looked for in its place."""
        self._note(grid, '')
        tower = self._torch(grid)
        if self._wait:
            self._prepare(grid)
        else:
            threading.Thread(
                target=self._prepare, args=(grid,), name='vision-engine', daemon=True
            ).start()
        return tower

    def renew(self, encoder: VisionEncoder) -> VisionEncoder:
        """The engine once it is ready, else the same."""
        offer = self._offers.pop(encoder.grid, None)
        if offer is None:
            return encoder
        engine, self._states[encoder.grid] = offer
        self._torch.release()
        _log.info('vision runs on %s from here on', self._states[encoder.grid].version)
        return engine

    def state(self, grid: Grid) -> VisionState:
        """What runs a grid now."""
        return self._states.get(grid) or self._torch.state(grid)

    def _prepare(self, grid: Grid) -> None:
        try:
            with self._opening:
                self._offers[grid] = self._open(grid, partial(self._note, grid))
        except BackboneError as error:
            self._refuse(grid, str(error), self._level)
        except RuntimeError as error:  # of CUDA: out of memory, a driver that is too old
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            self._refuse(grid, f'the engine cannot be opened ({reason})', logging.WARNING)

    def _refuse(self, grid: Grid, why: str, level: int) -> None:
        self._note(grid, f'{why}; torch is used')
        _log.log(level, '%s; torch is used', why)

    def _note(self, grid: Grid, text: str) -> None:
        """Say what is under way while torch runs; may be called from any thread."""
        self._states[grid] = replace(self._torch.state(grid), note=text)
        while len(self._states) > MAX_STATES:
            self._states.popitem(last=False)
