# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Streamo-Instruct-465K as released: JSON files in the raw schema, one folder per task.

Source: dataset maifoundations/Streamo-Instruct-465K (folders such as `qa`, `event_grounding`) and
dataset/example/raw_data.json of the authors' repository.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def files(path: Path) -> list[Path]:
    """The file itself, or every JSON file below the folder, sorted."""
    return sorted(path.rglob('*.json')) if path.is_dir() else [path]


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Records of one file, labeled by number and name; a single record needs no list."""
    data = json.loads(path.read_text(encoding='utf-8'))
    for number, record in enumerate(data if isinstance(data, list) else [data], 1):
        name = record.get('video_name') if isinstance(record, dict) else None
        yield (f'{number} ({name})' if name else str(number)), record


def raw(_label: str, entry: Any) -> list[Any]:
    """The entry itself: it already is in the raw schema."""
    return [entry]
