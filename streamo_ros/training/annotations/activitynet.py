# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ActivityNet Captions: video id to duration, timestamps [[start, end]] and sentences.

Source: Krishna et al., 'Dense-Captioning Events in Videos', ICCV 2017;
files train.json, val_1.json, val_2.json.
Yields one event caption per video and one grounding question per event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import caption_record
from streamo_ros.training.annotations.instructions import EVENT_CAPTION
from streamo_ros.training.annotations.instructions import grounding_record

SOURCE = 'ActivityNet'


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Videos of the file, labeled by id."""
    yield from json.loads(path.read_text(encoding='utf-8')).items()


def raw(label: str, entry: Any) -> list[dict[str, Any]]:
    """One caption record for all events, and one grounding record per event."""
    duration = entry['duration']
    pairs = zip(entry['timestamps'], entry['sentences'], strict=True)
    events = [(sentence, start, end) for (start, end), sentence in pairs]
    caption = caption_record(label, SOURCE, 'event_caption', EVENT_CAPTION, events, duration)
    grounding = [
        grounding_record(label, SOURCE, f'{label}/{number}', sentence, start, end, duration)
        for number, (sentence, start, end) in enumerate(events)
    ]
    return [caption, *grounding]
