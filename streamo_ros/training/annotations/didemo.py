# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""DiDeMo: a list of annotation_id, description, video and times [[first, last]] in 5 s segments.

Source: Hendricks et al., 'Localizing Moments in Video with Natural Language', ICCV 2017; files
{train,val,test}_data.json. Several annotators marked each moment: the most frequent interval is
used, the earliest in a tie. Videos are cut to 30 s, so num_segments is at most 6.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import grounding_record

SOURCE = 'DiDeMo'
SEGMENT = 5.0


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Moments of the file, labeled by annotation_id."""
    for number, entry in enumerate(json.loads(path.read_text(encoding='utf-8')), 1):
        yield f'annotation_id {entry.get("annotation_id", f"of entry {number}")}', entry


def raw(label: str, entry: Any) -> list[dict[str, Any]]:
    """One grounding record."""
    votes = Counter((first, last) for first, last in entry['times'])
    first, last = min(votes, key=lambda span: (-votes[span], span))
    segments = entry.get('num_segments')
    duration = None if segments is None else SEGMENT * segments
    return [
        grounding_record(
            entry['video'],
            SOURCE,
            label,
            entry['description'],
            SEGMENT * first,
            SEGMENT * (last + 1),
            duration,
        )
    ]
