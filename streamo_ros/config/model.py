# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From parameters to a loaded model.

Knows which parameters mean which argument of `backbone.load`; imports torch only through it, and
only for a checkpoint: a script needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streamo_ros.backbone.scripted import load_script
from streamo_ros.config.parameters import Value
from streamo_ros.core.interface import Backbone
from streamo_ros.share import EMBEDDED
from streamo_ros.share import share_path


def load_model(values: Mapping[str, Value], *, wait: bool = False) -> Backbone:
    """Load what the parameters ask for.

    Args:
        values: the parameters.
        wait: the first frame waits for a vision engine, see `backbone.load`.

    Raises:
        BackboneError: it cannot be loaded.
        ShareError: there is no embedded model.
    """
    path = find_model(str(values['model.path']))

    def whole(name: str) -> int:
        return int(values[name])  # type: ignore[arg-type]

    if path.suffix in ('.yaml', '.yml'):
        scripted = load_script(path)
        scripted.lanes = whole('instructions.capacity')
        scripted.capacity = whole('context.capacity') or scripted.capacity
        return scripted
    from streamo_ros.backbone.load import load

    return load(
        path,
        device=str(values['model.device']),
        dtype=str(values['model.dtype']),
        protocol=str(values['model.protocol']),
        max_pixels=whole('model.max_pixels'),
        lanes=whole('instructions.capacity'),
        capacity=whole('context.capacity'),
        frames=whole('context.max_frames'),
        vision=str(values['model.vision']),
        wait=wait,
    )


def find_model(path: str | Path = '') -> Path:
    """The path of a model; '' = of the embedded one.

    Raises:
        ShareError: the package was installed without it.
    """
    return Path(path).expanduser() if path else share_path('models', EMBEDDED)
