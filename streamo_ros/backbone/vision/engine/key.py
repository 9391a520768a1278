# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an engine is of: everything that would make another engine, and a folder name from it."""

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
"""Raised when a change of ours makes older engines wrong."""


@dataclass(frozen=True)
class EngineKey:
    """Identity of an engine.

    Attributes:
        model: the checkpoint folder's name, for people.
        fingerprint: of the checkpoint's weights and configuration.
        rows: merged token rows.
        columns: merged token columns.
        patch: pixels along a patch's edge.
        merge: patches along a merged token's edge.
        dtype: 'float16', 'bfloat16' or 'float32'.
        flavour: 'tensorrt' or 'tensorrt_rtx'.
        version: of TensorRT, exact.
        gpu: the GPU's name.
        capability: its compute capability, as in '8.7'.
        recipe: `RECIPE` of the time.
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

    @classmethod
    def make(
        cls,
        model: str,
        fingerprint: str,
        grid: Grid,
        dtype: str,
        flavour: str,
        version: str,
        gpu: Gpu,
    ) -> EngineKey:
        """From the parts that the rest of the package has."""
        return cls(
            model,
            fingerprint,
            grid.rows,
            grid.columns,
            grid.patch,
            grid.merge,
            dtype,
            flavour,
            version,
            gpu.name,
            '.'.join(map(str, gpu.capability)),
        )

    @classmethod
    def parse(cls, found: Any) -> EngineKey:
        """From JSON.

        Raises:
            EngineError: it is not a key.
        """
        try:
            key = cls(**found)
        except TypeError as error:
            raise EngineError(f'this is no identity of an engine: {error}') from error
        for name, kind in cls.__annotations__.items():
            if type(getattr(key, name)).__name__ != kind:
                raise EngineError(f'this is no identity of an engine: {name} is no {kind}')
        return key

    @property
    def grid(self) -> Grid:
        """The grid that it is made for."""
        return Grid(self.rows, self.columns, self.patch, self.merge)

    @property
    def name(self) -> str:
        """Folder name: readable, and different for different keys (the model's name aside)."""
        parts = asdict(self)
        del parts['model']
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:10]
        model = re.sub(r'[^A-Za-z0-9._]+', '-', self.model).strip('-.') or 'model'
        return (
            f'{model[:40]}-{self.rows}x{self.columns}-{self.dtype}-{self.flavour}-{self.version}'
            f'-sm{self.capability.replace(".", "")}-{digest}'
        )
