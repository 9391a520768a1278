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
from streamo_ros.core.interface import BackboneError

EMBEDDED = 'streamo-tiny'


def load_model(values: Mapping[str, Value], *, wait: bool = False) -> Backbone:
    """Load what the parameters ask for.

    Args:
        values: the parameters.
        wait: the first frame waits for a vision engine, see `backbone.load`.

    Raises:
        BackboneError: it cannot be loaded; the message says what mends it.
    """
    path = Path(str(values['model.path'])).expanduser() if values['model.path'] else embedded()

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


def embedded() -> Path:
    """The folder of the model that comes with the package.

    Raises:
        BackboneError: the package was installed without it.
    """
    from ament_index_python.packages import get_package_share_path
    from ament_index_python.packages import PackageNotFoundError

    beside = Path(__file__).parents[2] / 'models' / EMBEDDED
    if beside.is_dir():
        return beside
    try:
        installed: Path = get_package_share_path('streamo_ros') / 'models' / EMBEDDED
    except PackageNotFoundError:
        installed = beside
    if not installed.is_dir():
        raise BackboneError(
            f'the embedded model is not at {installed}: install the package again, or set '
            'model.path to the folder of a checkpoint'
        )
    return installed
