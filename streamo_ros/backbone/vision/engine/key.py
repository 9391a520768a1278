# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The identity of an engine: everything that it depends on, and the folder name made of it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import Gpu

RECIPE = 1
"""Incremented when a change to this package makes older engines wrong."""


@dataclass(frozen=True)
class EngineKey:
    """Identity of an engine.

    Attributes:
        model: name of the checkpoint's folder, for humans.
        fingerprint: fingerprint of the checkpoint's weights and configuration.
        rows: merged token rows.
        columns: merged token columns.
        patch: pixels along a patch's edge.
        merge: patches along a merged token's edge.
        dtype: 'float16', 'bfloat16' or 'float32'.
        flavour: 'tensorrt' or 'tensorrt_rtx'; spelled as in the sidecars of existing engines.
        version: exact version of TensorRT.
        gpu: name of the GPU.
        capability: its compute capability, as in '8.7'.
        recipe: `RECIPE` at build time.
        depth: frames that a patch holds.
        pooled: vision tokens, where they are not one for each row and column.
    """

    model: str
    fingerprint: str
    rows: int
    columns: int
    patch: int
    merge: int
    dtype: str
    flavour: str
    version: str
    gpu: str
    capability: str
    recipe: int = RECIPE
    depth: int = 1
    pooled: int = 0

    @classmethod
    def make(
        cls,
        model: str,
        fingerprint: str,
        grid: Grid,
        dtype: str,
        flavor: str,
        version: str,
        gpu: Gpu,
    ) -> EngineKey:
        """Make a key from the types used in the rest of the package."""
        return cls(
            model,
            fingerprint,
            grid.rows,
            grid.columns,
            grid.patch,
            grid.merge,
            dtype,
            flavor,
            version,
            gpu.name,
            '.'.join(map(str, gpu.capability)),
            depth=grid.depth,
            pooled=grid.pooled,
        )

    @classmethod
    def parse(cls, content: Any) -> EngineKey:
        """Make a key from JSON.

        Raises:
            EngineError: it is not a valid key.
        """
        try:
            key = cls(**content)
        except TypeError as error:
            raise EngineError(f'invalid engine key: {error}') from error
        for name, kind in cls.__annotations__.items():
            if type(getattr(key, name)).__name__ != kind:
                raise EngineError(f'invalid engine key: {name} is not of type {kind}')
        return key

    @property
    def grid(self) -> Grid:
        """The grid that it is built for."""
        return Grid(self.rows, self.columns, self.patch, self.merge, self.depth, self.pooled)

    @property
    def name(self) -> str:
        """Folder name: readable, and unique for each key (except for the model's name)."""
        parts = asdict(self)
        del parts['model']
        # Engines from before there were others keep their name.
        for name, usual in (('depth', 1), ('pooled', 0)):
            if parts[name] == usual:
                del parts[name]
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:10]
        model = re.sub(r'[^A-Za-z0-9._]+', '-', self.model).strip('-.') or 'model'
        return (
            f'{model[:40]}-{self.rows}x{self.columns}-{self.dtype}-{self.flavour}-{self.version}'
            f'-sm{self.capability.replace(".", "")}-{digest}'
        )
