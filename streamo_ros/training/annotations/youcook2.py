# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""YouCook2: `database` of video id to recipe_type, duration and annotations (segment, sentence).

Source: Zhou et al., 'Towards Automatic Learning of Procedures from Web Instructional Videos', AAAI
2018; file youcookii_annotations_trainval.json. Videos are
stored as SUBSET/RECIPE_TYPE/ID, where SUBSET is training or validation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import ACTION_CAPTION
from streamo_ros.training.annotations.instructions import caption_record
from streamo_ros.training.annotations.instructions import grounding_record

SOURCE = 'YouCook2'


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Videos of the file, labeled by id."""
    yield from json.loads(path.read_text(encoding='utf-8'))['database'].items()


def raw(label: str, entry: Any) -> list[dict[str, Any]]:
    """One caption record for all steps, and one grounding record per step."""
    video, duration = f'{entry["subset"]}/{entry["recipe_type"]}/{label}', entry['duration']
    events = [(step['sentence'], *step['segment']) for step in entry['annotations']]
    caption = caption_record(video, SOURCE, 'action_caption', ACTION_CAPTION, events, duration)
    grounding = [
        grounding_record(video, SOURCE, f'{label}/{number}', sentence, start, end, duration)
        for number, (sentence, start, end) in enumerate(events)
    ]
    return [caption, *grounding]
