# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Models that see and speak: `load` makes one from a path.

Importing this package imports no torch; `load` does, unless the model is a script or behind a
server.
"""

from __future__ import annotations

from pathlib import Path

from streamo_ros.backbone.options import Options
from streamo_ros.backbone.options import RUNTIMES
from streamo_ros.backbone.preload import preload_torch
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.packages import describe_missing

__all__ = ['Options', 'is_script', 'is_url', 'load']


def load(path: str | Path, options: Options | None = None) -> Backbone:
    """Load a model.

    Args:
        path: a transformers folder with safetensors weights, a .yaml script, or the URL of an
            OpenAI-compatible server.
        options: how to run it; None = `Options()`.

    Raises:
        BackboneError: the model cannot be loaded as asked.
    """
    options = options or Options()
    if options.runtime not in RUNTIMES:
        raise BackboneError(
            f'the runtime {options.runtime!r} is not known: use {", ".join(RUNTIMES)}'
        )
    if options.runtime == 'vllm' and (is_url(path) or is_script(Path(path))):
        raise BackboneError(
            f'model.runtime vllm runs the folder of a checkpoint, and {path} is none: set it to '
            'torch'
        )
    if options.gate:
        from streamo_ros.backbone.gate import with_gate

        return with_gate(str(path), options, load)
    if is_url(path):
        from streamo_ros.backbone.served import load_served

        return load_served(str(path), options)
    path = Path(path).expanduser()
    if is_script(path):
        from streamo_ros.backbone.scripted import load_script

        scripted = load_script(path)
        scripted.lanes = options.lanes
        scripted.capacity = options.capacity or scripted.capacity
        return scripted
    preload_torch()
    try:
        if options.runtime == 'vllm':
            from streamo_ros.backbone.session import load_session

            return load_session(path, options)
        from streamo_ros.backbone.build import load_checkpoint

        return load_checkpoint(path, options)
    except ModuleNotFoundError as error:
        # Also later than at the first import: transformers is imported where it is needed.
        raise BackboneError(describe_missing(error.name or '') or str(error)) from error


def is_script(path: str | Path) -> bool:
    """Whether the path is that of a script and not of a checkpoint."""
    return not is_url(path) and Path(path).suffix in ('.yaml', '.yml')


def is_url(path: str | Path) -> bool:
    """Whether it is not a path at all but the URL of a server."""
    return isinstance(path, str) and path.startswith(('http://', 'https://'))
