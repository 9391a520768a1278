# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who makes a frame's encoder: torch alone, or torch until an engine is ready.

The swap happens between two frames: a thread opens (or has another process build) the engine and
checks it, and the next frame goes through it. Nothing here waits, and no TensorRT is imported.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from streamo_ros.backbone.face import BackboneError
from streamo_ros.backbone.family import Family
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionEncoder
from streamo_ros.backbone.vision import VisionState

Say = Callable[[str], None]
"""Told in one sentence what is under way."""

Open = Callable[[Grid, Say], tuple[VisionEncoder, VisionState]]
"""Opens the engine of a grid; raises BackboneError with a sentence where there is none to use."""

_log = logging.getLogger(__name__)


class TorchTowers:
    """Makes torch encoders from a checkpoint's own tower; see `vision.Towers`.

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

    def state(self, encoder: VisionEncoder) -> VisionState:
        """Torch."""
        del encoder
        return VisionState('torch', torch.__version__)

    def release(self) -> None:
        """Let the weights go: on a board with shared memory they and an engine would be double."""
        if self._reload is not None:
            self._model = None


class SwappingTowers:
    """Makes encoders that start on torch and go over to an engine; see `vision.Towers`.

    Args:
        torch_towers: makes the torch encoders.
        open_engine: opens the engine of a grid; called in a thread of its own.
        level: at which it is logged that there is no engine.
    """

    def __init__(
        self, torch_towers: TorchTowers, open_engine: Open, level: int = logging.INFO
    ) -> None:
        self._torch = torch_towers
        self._open = open_engine
        self._level = level
        # One at a time: two builds at once would want twice the memory.
        self._opening = threading.Lock()

    def __call__(self, grid: Grid) -> VisionEncoder:
        """The encoder of a grid: torch now, an engine as soon as one is ready."""
        tower = self._torch(grid)
        encoder = SwappingEncoder(tower, self._torch.state(tower), self._swapped)
        threading.Thread(
            target=self._prepare, args=(encoder,), name='vision-engine', daemon=True
        ).start()
        return encoder

    def state(self, encoder: VisionEncoder) -> VisionState:
        """What runs an encoder now."""
        return encoder.state if isinstance(encoder, SwappingEncoder) else self._torch.state(encoder)

    def _prepare(self, encoder: SwappingEncoder) -> None:
        try:
            with self._opening:
                engine, state = self._open(encoder.grid, encoder.note)
        except BackboneError as error:
            encoder.note(f'{error}; torch is used')
            _log.log(self._level, '%s; torch is used', error)
            return
        except RuntimeError as error:  # of CUDA: out of memory, a driver that is too old
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            encoder.note(f'the engine cannot be opened ({reason}); torch is used')
            _log.warning('the engine cannot be opened (%s); torch is used', reason)
            return
        encoder.offer(engine, state)

    def _swapped(self, state: VisionState) -> None:
        self._torch.release()
        _log.info('vision runs on %s from here on', state.version)


class SwappingEncoder:
    """Runs one tower until another is offered; see `vision.VisionEncoder`.

    Attributes:
        grid: of both.
        state: what runs now.

    Args:
        tower: the one to begin with.
        state: what it is.
        swapped: told when the other one took over.
    """

    def __init__(
        self, tower: VisionEncoder, state: VisionState, swapped: Callable[[VisionState], None]
    ) -> None:
        self.grid = tower.grid
        self.state = state
        self._tower = tower
        self._told = swapped
        self._offered: tuple[VisionEncoder, VisionState] | None = None

    def note(self, text: str) -> None:
        """Say what is under way; may be called from any thread."""
        self.state = replace(self.state, note=text)

    def offer(self, tower: VisionEncoder, state: VisionState) -> None:
        """Take over with the next frame; may be called from any thread."""
        self._offered = (tower, state)

    def __call__(self, patches: Tensor) -> tuple[Tensor, ...]:
        """One pass."""
        if self._offered is not None:
            (self._tower, self.state), self._offered = self._offered, None
            self._told(self.state)
        return self._tower(patches)
