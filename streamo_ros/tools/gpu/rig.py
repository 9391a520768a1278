# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models that are alive while rows are measured: at most one engine and one stock model.

Weights are drawn on the device from one seed, so both have the same ones. Knows how they are made
and freed, and nothing of what is measured on them.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

from streamo_ros.core.interface import BackboneError
from streamo_ros.tools.gpu import machine
from streamo_ros.tools.gpu.clock import Effort
from streamo_ros.tools.gpu.engine import Engine
from streamo_ros.tools.gpu.plan import FOUR_BIT
from streamo_ros.tools.gpu.plan import Job
from streamo_ros.tools.gpu.plan import WINDOWS
from streamo_ros.tools.gpu.roofline import Anatomy
from streamo_ros.tools.gpu.roofline import dissect
from streamo_ros.tools.gpu.roofline import NumberSizes

_SPARE = 4 * machine.GIB
_MANY = 1 << 20
"""Numbers of a large matrix."""
_COMPANION = 1_024
"""Tokens of the engine of one layer that prepares frames for the stock model."""


class SkippedError(Exception):
    """A row that cannot be measured here; the message says why."""


class Rig:
    """Makes models when they are asked for, and lets go those that are not.

    Args:
        device: 'cuda' or 'cpu'.
        dtype: of the weights.
        ceilings: of the device; see `machine.ceilings`.
        effort: how often things are measured.
    """

    def __init__(
        self, device: str, dtype: str, ceilings: Mapping[str, Any], effort: Effort
    ) -> None:
        self.effort = effort
        self.device = device
        self.dtype = dtype
        self.ceilings = ceilings
        self.wait = machine.waiter(device)
        self._bodies: dict[str, Anatomy] = {}
        self._engine: tuple[object, Engine] | None = None
        self._stock: tuple[object, Any, Any] | None = None

    @property
    def number_size(self) -> int:
        """Bytes of a number."""
        return 4 if self.dtype == 'float32' else 2

    def sizes(self, job: Job) -> NumberSizes:
        """Bytes of the numbers that a job's engine reads."""
        from streamo_ros.backbone.attention.storage import FORMATS
        from streamo_ros.backbone.attention.storage import row_bytes
        from streamo_ros.backbone.four_bit.weight import packed_bytes
        from streamo_ros.backbone.four_bit.weight import USUAL_GROUP

        plain, dim = self.number_size, self.body(job.shape).dim
        packed = job.kind == FOUR_BIT and self.device != 'cpu'
        window = FORMATS.get(WINDOWS.get(job.kind, ''))
        return NumberSizes(
            plain,
            packed_bytes(_MANY, USUAL_GROUP) / _MANY if packed else plain,
            row_bytes(dim, window) / dim if window else plain,
        )

    def body(self, shape: str) -> Anatomy:
        """What a shape consists of."""
        if shape not in self._bodies:
            self._bodies[shape] = dissect(shape)
        return self._bodies[shape]

    def engine(self, job: Job) -> Engine:
        """The engine of a job; the stock model goes, so that memory is the engine's alone.

        Where the asked lanes do not fit, it is built with as many as do.

        Raises:
            BackboneError: not even one lane fits.
        """
        key = job.shape, job.view, job.capacity, job.variant
        self._stock = None
        if self._engine is None or self._engine[0] != key:
            self.free()
            self._engine = key, self._build(job)
        self._collect()
        return self._engine[1]

    def stock(self, job: Job) -> tuple[Any, Any]:
        """The transformers model of a job's shape, and a small engine that prepares frames."""
        key = job.shape, job.view
        if self._stock is None or self._stock[0] != key:
            self._stock = None
            self._make_room(job.shape)
            self._stock = key, *self._make_stock(job)
        return self._stock[1], self._stock[2]

    def free(self) -> None:
        """Let everything go."""
        self._engine = self._stock = None
        self._collect()

    def _options(self, job: Job, lanes: int, capacity: int) -> Any:
        from streamo_ros.backbone.options import Options

        return Options(
            device=self.device,
            dtype=self.dtype,
            max_pixels=job.view.max_pixels,
            lanes=lanes,
            capacity=capacity,
            vision='torch',
            wait=True,
            window=WINDOWS.get(job.kind, 'auto'),
        )

    def _build(self, job: Job) -> Engine:
        from streamo_ros.backbone.random_weights import random_backbone
        from streamo_ros.backbone.random_weights import random_model

        lanes = job.slots
        while True:
            try:
                options = self._options(job, lanes, job.capacity)
                model = random_model(job.shape, options, four_bit=job.kind == FOUR_BIT)
                backbone = random_backbone(job.shape, options, model)
                return Engine(backbone, job.view)
            except (BackboneError, RuntimeError) as error:
                if lanes == 1 or not is_memory(error):
                    raise
            lanes //= 2
            self._collect()

    def _make_stock(self, job: Job) -> tuple[Any, Any]:
        from streamo_ros.backbone.random_weights import random_backbone
        from streamo_ros.backbone.random_weights import random_model

        options = self._options(job, 1, _COMPANION)
        companion = random_backbone(job.shape, options, random_model(job.shape, options, layers=1))
        return random_model(job.shape, options), companion

    def _make_room(self, shape: str) -> None:
        """Free the engine where both models do not fit beside each other."""
        if self.device == 'cpu' or self._engine is None:
            return
        import torch

        self._collect()
        body = self.body(shape)
        parameters = body.layers * body.layer + 2 * body.head + body.blocks + body.merger
        need = self.number_size * (parameters + 2 * body.head + body.blocks) + _SPARE
        if torch.cuda.mem_get_info()[0] < need:
            self.free()

    def _collect(self) -> None:
        gc.collect()
        if self.device != 'cpu':
            import torch

            torch.cuda.empty_cache()


def is_memory(error: BaseException) -> bool:
    """Whether an error says that memory does not suffice."""
    text = f'{type(error).__name__} {error}'.lower()
    return any(word in text for word in ('out of memory', 'outofmemory', 'gib are free'))
