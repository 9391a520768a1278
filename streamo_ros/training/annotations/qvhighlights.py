# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""QVHighlights: JSON lines of qid, query, duration, vid and relevant_windows [[start, end]].

Source: Lei et al., 'QVHighlights: Detecting Moments and Highlights in Videos via Natural Language
Queries', NeurIPS 2021; files highlight_{train,val}_release.jsonl. A query may have many windows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import grounding_record

SOURCE = 'QVHighlight'


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Queries of the file, labeled by qid."""
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        entry = json.loads(line)
        yield f'qid {entry.get("qid", f"of line {number}")}', entry


def raw(label: str, entry: Any) -> list[dict[str, Any]]:
    """One grounding record with one answer per window."""
    windows = entry['relevant_windows']
    records = [
        grounding_record(
            entry['vid'], SOURCE, label, entry['query'], start, end, entry['duration']
        )
        for start, end in windows
    ]
    if not records:
        raise ValueError('relevant_windows is empty')
    first, *others = records
    return [{**first, 'response': [r for record in (first, *others) for r in record['response']]}]
