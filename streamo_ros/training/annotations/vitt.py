# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ViTT: a list of id and annotations (timestamp in milliseconds, tag), a section's start and name.

Source: Huang et al., 'Multimodal Pretraining for Dense Video Captioning', AACL-IJCNLP 2020; file
ViTT-annotations.json. A video may be annotated several times. Ids are those of YouTube-8M.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import ACTION_CAPTION
from streamo_ros.training.annotations.instructions import caption_record

SOURCE = 'ViTT'


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Annotations of the file, labeled by number and id."""
    for number, entry in enumerate(json.loads(path.read_text(encoding='utf-8')), 1):
        yield f'{number} ({entry.get("id", "no id")})', entry


def raw(_label: str, entry: Any) -> list[dict[str, Any]]:
    """One caption record: a section ends where the next one begins.

    Where the last one ends is not annotated, so it is left out.
    """
    starts = sorted(
        (part['timestamp'] / 1000, part['tag'].strip().lower()) for part in entry['annotations']
    )
    events = [(tag, start, end) for (start, tag), (end, _) in pairwise(starts)]
    if not events:
        raise ValueError('annotations has fewer than two sections')
    return [caption_record(entry['id'], SOURCE, 'action_caption', ACTION_CAPTION, events, None)]
