# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""COIN: `database` of video id to class, duration and annotation (segment, label).

Source: Tang et al., 'COIN: A Large-scale Dataset for Comprehensive Instructional Video Analysis',
CVPR 2019; file COIN.json. Segment times are relative to the start of the whole video.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import ACTION_CAPTION
from streamo_ros.training.annotations.instructions import caption_record

SOURCE = 'COIN'


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Videos of the file, labeled by id."""
    yield from json.loads(path.read_text(encoding='utf-8'))['database'].items()


def raw(label: str, entry: Any) -> list[dict[str, Any]]:
    """One caption record for all steps.

    Step labels repeat within a class, so a label alone does not identify an event: there are no
    grounding records.
    """
    events = [(step['label'], *step['segment']) for step in entry['annotation']]
    return [
        caption_record(label, SOURCE, 'action_caption', ACTION_CAPTION, events, entry['duration'])
    ]
