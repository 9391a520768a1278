# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The headers of safetensors files: names, formats and shapes of tensors. Imports no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamo_ros.core.interface import BackboneError


def read_headers(folder: Path) -> dict[str, dict[str, Any]]:
    """Each tensor's entry: `dtype` in the names of safetensors, and `shape`.

    Args:
        folder: holds safetensors files, of which only the headers are read.

    Raises:
        BackboneError: a file is not one.
    """
    entries: dict[str, dict[str, Any]] = {}
    for file in folder.glob('*.safetensors'):
        entries |= _header(file)
    entries.pop('__metadata__', None)
    return entries


def _header(file: Path) -> dict[str, Any]:
    with file.open('rb') as stream:
        length = int.from_bytes(stream.read(8), 'little')
        if not 0 < length < file.stat().st_size:
            raise BackboneError(f'{file} is no safetensors file: copy the checkpoint again')
        try:
            return dict(json.loads(stream.read(length)))
        except ValueError as error:
            raise BackboneError(f'{file} is damaged ({error}): copy it again') from error
