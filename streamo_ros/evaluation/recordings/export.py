# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes evaluation cases as recordings with their truth, so that `streamo score` can read them.

A recording is a folder of images with a table of times. What is due is a moment: the frame at
which the case expects its answer, with the whole text as the words that are accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case import Case
from streamo_ros.files import write_bytes
from streamo_ros.files import write_text

TRUTH, TIMES = 'truth.jsonl', 'times.csv'


class ExportError(StreamoError, ValueError):
    """Cases cannot be written; the message says why."""


def write_recordings(cases: Iterable[Case], folder: Path) -> list[Path]:
    """Write each case as a folder, and `truth.jsonl` about all of them.

    Args:
        cases: with images; drawn only as they are written.
        folder: takes them; must not hold a truth already.

    Returns:
        The folders of the recordings.

    Raises:
        ExportError: the folder holds recordings of an earlier export.
    """
    if (folder / TRUTH).exists():
        raise ExportError(f'{folder} holds exported cases already: give another folder')
    written, rows = [], []
    for case in cases:
        recording = folder / case.name.replace(':', '_')
        _write_images(case, recording)
        written.append(recording)
        rows.append(json.dumps(truth_of(case, recording.name), ensure_ascii=False) + '\n')
    write_text(folder / TRUTH, ''.join(rows))
    return written


def truth_of(case: Case, recording: str) -> dict[str, Any]:
    """A line of a truth file about a case.

    Args:
        case: its moments say what is due.
        recording: the name of its folder.
    """
    first = case.moments[0].seconds
    events = [
        {
            'start': round(moment.seconds - first, 3),
            'words': [moment.text] if moment.text else [],
        }
        for moment in case.moments
        if moment.state is State.RESPONSE and moment.scored
    ]
    return {'recording': recording, 'instruction': case.instruction, 'events': events}


def _write_images(case: Case, folder: Path) -> None:
    lines = []
    for number, (moment, image) in enumerate(zip(case.moments, case.images(), strict=True)):
        name = f'{number:06d}.png'
        _, coded = cv2.imencode('.png', cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        write_bytes(folder / name, coded.tobytes())
        stamp = moment.tick.stamp
        # As text: a float would round the nanoseconds.
        lines.append(f'{stamp // 10**9}.{stamp % 10**9:09d},{name}\n')
    write_text(folder / TIMES, ''.join(lines))
