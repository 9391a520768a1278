# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Charades-STA: lines of `video start end##sentence`.

Source: Gao et al., 'TALL: Temporal Activity Localization via Language Query', ICCV 2017; files
charades_sta_{train,test}.txt. Other datasets in this format are read by the same module.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import grounding_record

SOURCE = 'Charades-STA'


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Lines of the file, labeled by number."""
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        if line.strip():
            yield f'line {number}', line


def raw(label: str, entry: Any) -> list[dict[str, Any]]:
    """One grounding record."""
    where, separator, sentence = entry.partition('##')
    if not separator:
        raise ValueError("'##' is missing between the times and the sentence")
    video, start, end = where.split()
    return [
        grounding_record(
            video, SOURCE, f'{video} {label}', sentence, float(start), float(end), None
        )
    ]
