# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Shot2Story: a list of video, video_names, captions and audio_captions, one per shot.

Source: Han et al., 'Shot2Story: A New Benchmark for Comprehensive Understanding of Multi-shot
Videos', arXiv 2312.10300; files 43k_human_train.json, 20k_{train,val,test}.json,
134k_full_train.json. A shot's name ends in its first and last frame: CLIP_FIRST_LAST.mp4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import caption_record
from streamo_ros.training.annotations.instructions import EVENT_CAPTION

SOURCE = 'Shot2Story'
_FRAMES = re.compile(r'_(\d+)_(\d+)(?:\.\w+)?$')


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Videos of the file, labeled by name."""
    for number, entry in enumerate(json.loads(path.read_text(encoding='utf-8')), 1):
        yield str(entry.get('video', f'entry {number}')), entry


def raw(_label: str, entry: Any) -> list[dict[str, Any]]:
    """One caption record for all shots with a caption; its times are frame numbers."""
    events = []
    for name, caption in zip(entry['video_names'], entry['captions'], strict=True):
        match = _FRAMES.search(name)
        if match is None:
            raise ValueError(f'the shot name {name} does not end in its first and last frame')
        events.append((caption, float(match[1]), float(match[2]) + 1))
    told = [event for event in events if event[0].strip()]
    if not told:
        raise ValueError('no shot has a caption')
    record = caption_record(entry['video'], SOURCE, 'event_caption', EVENT_CAPTION, told, None)
    return [{**record, 'frames': max(end for _, _, end in events)}]
