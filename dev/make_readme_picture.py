# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Draws the animation of README.md from a replay of the demo's drawn tabletop.

    .venv/bin/python dev/make_readme_picture.py docs/images/demo.webp

What it shows is what the embedded model decided and answered: camera, states, answers. Shown at
three times the speed of the recording.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFont

from streamo_ros.replay.command import main as replay
from streamo_ros.worlds import World

SEED, SIZE, RATE = 2, (640, 480), 4
FIRST, LAST, SPEED = 18, 49, 3
"""Seconds of the recording that are shown, and how fast."""
INSTRUCTIONS = (
    'tell me when a red star appears',
    'tell me when the yellow ball leaves',
    'read the number whenever it changes',
    'say when anything changes its colour',
)
WIDTH, HEIGHT, MARGIN = 1040, 336, 18
CAMERA = (400, 300)
LEFT = MARGIN + CAMERA[0] + 28
CELL, GAP, TALL = 16, 2, 16
VISIBLE = 31
"""Cells of a row."""
BACKGROUND, PANEL, TEXT, FAINT = '#0f1623', '#1c2638', '#e8edf5', '#8592a8'
COLORS = {'SILENCE': '#43537a', 'STANDBY': '#f2a93b', 'RESPONSE': '#2fbf71', 'UNKNOWN': '#c0392b'}
SHOWN = 8
"""Seconds that an answer stays."""
Picture = NDArray[np.uint8]


@dataclass
class Row:
    """What was decided and answered for one instruction, by second."""

    text: str
    states: dict[int, str] = field(default_factory=dict)
    answers: dict[int, str] = field(default_factory=dict)

    def answer_at(self, second: float) -> str:
        """The newest answer, while it is shown."""
        recent = [at for at in self.answers if at <= second < at + SHOWN]
        return self.answers[max(recent)] if recent else ''


def record(folder: Path) -> tuple[list[Picture], list[Row]]:
    """Draw the world, replay it, and read what came of it."""
    world, pictures = World(SEED, *SIZE), []
    (folder / 'frames').mkdir()
    for number in range(LAST * RATE):
        picture = world.render(number / RATE)
        pictures.append(picture)
        name = f'{1 + number / RATE:.3f}.png'  # the name is the capture time; 0 means none
        cv2.imwrite(str(folder / 'frames' / name), picture[:, :, ::-1])
    options = [part for text in INSTRUCTIONS for part in ('--instruction', text)]
    if replay([str(folder / 'frames'), '--output', str(folder / 'out'), *options]):
        raise SystemExit('the replay failed')
    return pictures, list(rows(folder / 'out' / 'events.jsonl'))


def rows(events: Path) -> Iterator[Row]:
    """The rows of an event log, by instruction."""
    found = {number: Row(text) for number, text in enumerate(INSTRUCTIONS, 1)}
    for line in events.read_text(encoding='utf-8').splitlines():
        event = json.loads(line)
        row = found.get(event.get('instruction_id', 0))
        if row is not None and event['row'] == 'decision':
            row.states[round(event['seconds'])] = event['state']
        elif row is not None and event['row'] == 'response':
            row.answers[round(event['seconds'])] = event['text']
    yield from found.values()


class Canvas:
    """Draws one image of the animation."""

    def __init__(self) -> None:
        self.fonts = {size: ImageFont.load_default(size) for size in (13, 15, 16)}

    def draw(self, picture: Picture, rows: list[Row], second: float) -> Image.Image:
        """The camera's picture with states and answers up to a second."""
        image = Image.new('RGB', (WIDTH, HEIGHT), BACKGROUND)
        image.paste(Image.fromarray(picture).resize(CAMERA), (MARGIN, MARGIN))
        pen = ImageDraw.Draw(image)
        for number, row in enumerate(rows):
            self._row(pen, row, MARGIN + number * 66, second)
        self._legend(pen, MARGIN + len(rows) * 66 + 16, second)
        return image

    def _row(self, pen: ImageDraw.ImageDraw, row: Row, top: int, second: float) -> None:
        pen.text((LEFT, top), row.text, TEXT, self.fonts[16])
        newest = int(second)
        first = max(FIRST, newest - VISIBLE + 1)
        for cell in range(VISIBLE):
            at = first + cell
            color = COLORS[row.states[at]] if at <= newest and at in row.states else PANEL
            x, y = LEFT + cell * (CELL + GAP), top + 28
            pen.rounded_rectangle((x, y, x + CELL - 1, y + TALL - 1), 3, color)
        answer = row.answer_at(second)
        if answer:
            self._bubble(pen, answer, top - 4)

    def _bubble(self, pen: ImageDraw.ImageDraw, text: str, top: int) -> None:
        right = LEFT + VISIBLE * (CELL + GAP) - GAP
        left = right - pen.textlength(text, self.fonts[15]) - 24
        pen.rounded_rectangle((left, top, right, top + 27), 13, COLORS['RESPONSE'])
        pen.text((left + 12, top + 5), text, '#06140c', self.fonts[15])

    def _legend(self, pen: ImageDraw.ImageDraw, top: int, second: float) -> None:
        x: float = LEFT
        for state in ('SILENCE', 'STANDBY', 'RESPONSE'):
            pen.rounded_rectangle((x, top + 2, x + 11, top + 13), 3, COLORS[state])
            pen.text((x + 18, top), state.capitalize(), FAINT, self.fonts[13])
            x += 34 + pen.textlength(state.capitalize(), self.fonts[13])
        note = f'one frame a second   {second:4.1f} s'
        right = LEFT + VISIBLE * (CELL + GAP) - GAP
        pen.text((right - pen.textlength(note, self.fonts[13]), top), note, FAINT, self.fonts[13])


def main() -> int:
    """Write the animation to the path given."""
    (path,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        pictures, decided = record(Path(folder))
    canvas = Canvas()
    images = [
        canvas.draw(picture, decided, number / RATE)
        for number, picture in enumerate(pictures)
        if number >= FIRST * RATE
    ]
    images[0].save(
        path,
        save_all=True,
        append_images=images[1:],
        duration=[1000 // (RATE * SPEED)] * (len(images) - 1) + [2000],
        loop=0,
        quality=45,
        method=4,
    )
    print(f'{path}: {len(images)} images, {Path(path).stat().st_size / 1e3:.0f} kB')
    return 0


if __name__ == '__main__':
    sys.exit(main())
