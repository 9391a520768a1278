# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""EgoTimeQA: a list of video_id, question, answer and the frames in which the answer is seen.

Source: Di and Xie, 'Grounded Question-Answering in Long Egocentric Videos', CVPR 2024; file
annotations.EgoTimeQA.json. Frames are those of Ego4D's canonical 30 per second; `video_id` is a
clip of Ego4D.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamo_ros.training.annotations.instructions import question_record

SOURCE = 'ego_timeqa'
FRAME_RATE = 30


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Questions of the file, labeled by number and video."""
    for number, entry in enumerate(json.loads(path.read_text(encoding='utf-8')), 1):
        yield f'{number} ({entry.get("video_id", "no video_id")})', entry


def raw(_label: str, entry: Any) -> list[dict[str, Any]]:
    """One question, asked at the start and answered when the moment that shows it is over."""
    question = _sentence(entry['question'])
    start, end = (
        round(entry[name] / FRAME_RATE, 3) for name in ('moment_start_frame', 'moment_end_frame')
    )
    answer = (_sentence(entry['answer']), start, end)
    return [question_record(entry['video_id'], SOURCE, 'QA', question, [answer], None)]


def _sentence(text: str) -> str:
    """With a capital letter; the narrator's I was often read as l."""
    text = re.sub(r'\bl\b', 'I', text.strip())
    return text[:1].upper() + text[1:]
