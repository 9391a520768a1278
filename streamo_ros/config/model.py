# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loads the model that the parameters ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.config.parameter import Value
from streamo_ros.core.interface import Backbone
from streamo_ros.share import EMBEDDED
from streamo_ros.share import share_path
from streamo_ros.share import TINY


def load_model(values: Mapping[str, Value], *, wait: bool = False) -> Backbone:
    """Load the model that the parameters ask for.

    Args:
        values: the parameters.
        wait: the first frame waits for a vision engine, see `Options`.

    Raises:
        BackboneError: it cannot be loaded.
        ShareError: there is no embedded model.
    """

    def whole(name: str) -> int:
        return int(values[name])  # type: ignore[arg-type]

    options = Options(
        device=str(values['model.device']),
        dtype=str(values['model.dtype']),
        protocol=str(values['model.protocol']),
        max_pixels=whole('model.max_pixels'),
        # One more answers questions about the past.
        lanes=whole('max_instructions') + bool(values['memory.path']),
        capacity=whole('context.capacity'),
        frames=whole('context.max_frames'),
        vision=str(values['model.vision']),
        wait=wait,
    )
    return load(find_model(str(values['model.path'])), options)


def find_model(path: str | Path = '') -> Path:
    """The path of a model.

    Args:
        path: of its folder or script, or the name of an embedded model; '' = tiny.

    Raises:
        ShareError: the package was installed without it.
    """
    name = EMBEDDED.get(str(path) or TINY)
    return share_path('models', name) if name else Path(path).expanduser()
