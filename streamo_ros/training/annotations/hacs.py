# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""HACS Segments: `database` of video id to duration, subset and annotations (segment, label).

Source: Zhao et al., 'HACS: Human Action Clips and Segments Dataset for Recognition and Temporal
Localization', ICCV 2019; file HACS_segments_v1.1.1.json. Videos lie at LABEL/v_ID, as the authors'
download script stores them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import ACTION_CAPTION
from streamo_ros.training.annotations.instructions import caption_record
from streamo_ros.training.annotations.instructions import grounding_records

SOURCE = 'HACS'


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Videos of the file, labeled by id; the test subset has no annotations and is left out."""
    database = json.loads(path.read_text(encoding='utf-8'))['database']
    yield from ((key, entry) for key, entry in database.items() if entry['subset'] != 'testing')


def raw(label: str, entry: Any) -> list[dict[str, Any]]:
    """One caption record for all actions, and one grounding record per kind of action."""
    events = [
        (part['label'].lower(), *map(float, part['segment'])) for part in entry['annotations']
    ]
    if not events:
        raise ValueError('annotations is empty')
    video = f'{entry["annotations"][0]["label"].replace(" ", "_")}/v_{label}'
    duration = entry['duration']
    caption = caption_record(video, SOURCE, 'action_caption', ACTION_CAPTION, events, duration)
    grounding = [
        grounding_records(
            video,
            SOURCE,
            f'{label}/{name}',
            name,
            [(start, end) for other, start, end in events if other == name],
            duration,
        )
        for name in dict.fromkeys(name for name, *_ in events)
    ]
    return [caption, *grounding]
