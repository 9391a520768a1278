# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Draws four videos of discs that cross a table, and annotates them.

python examples/overfit/make_data.py DIR
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

Event = tuple[str, int, int]
"""Color, start and end in seconds."""
QUESTION = 'Describe every event as soon as it is over.'
COLORS = {'red': (40, 40, 220), 'blue': (220, 60, 30), 'green': (60, 170, 40)}
"""OpenCV's order: blue, green, red."""
VIDEOS = {
    'a': [('red', 2, 5), ('blue', 8, 11)],
    'b': [('green', 3, 7)],
    'c': [('blue', 1, 4), ('red', 6, 8)],
    'd': [('green', 2, 4), ('blue', 7, 10)],
}
SECONDS, RATE, SIZE = 13, 10, (140, 112)


def picture(events: Sequence[Event], time: float) -> np.ndarray:
    """What is seen at a time."""
    image = np.full((SIZE[1], SIZE[0], 3), (150, 190, 210), np.uint8)
    for color, start, end in events:
        if start <= time < end:
            x = round(15 + (SIZE[0] - 30) * (time - start) / (end - start))
            cv2.circle(image, (x, SIZE[1] // 2), 14, COLORS[color], -1)
    return image


def main(folder: Path) -> None:
    """Write the videos and `raw.json`."""
    write(folder, VIDEOS, SECONDS)


def write(
    folder: Path,
    videos: Mapping[str, Sequence[Event]],
    seconds: int,
    asked: Mapping[str, int] | None = None,
) -> None:
    """Write videos of one length and `raw.json`.

    Args:
        folder: where; it is made.
        videos: the events of each.
        seconds: their length.
        asked: the second in which the question is asked, where that is not the first one; what was
            over before is not due.
    """
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for name, events in videos.items():
        path = folder / f'{name}.mp4'
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), RATE, SIZE)
        for frame in range(seconds * RATE):
            writer.write(picture(events, frame / RATE))
        writer.release()
        begin = (asked or {}).get(name, 0)
        answers = [
            {'content': f'A {color} disc.', 'st_time': start, 'end_time': end, 'time': ''}
            for color, start, end in events
            if start >= begin
        ]
        records.append(
            {
                'video_name': name,
                'video_path': path.name,
                'task_type': 'event_caption',
                'source': 'drawn',
                'question': [{'content': QUESTION, 'time': str(begin)}],
                'response': answers,
            }
        )
    (folder / 'raw.json').write_text(json.dumps(records, indent=2))


if __name__ == '__main__':
    main(Path(sys.argv[1]))
