# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawn worlds as training data in files: labeled dialogues, and a folder of frames for each.

python -m streamo_ros.tiny.drawn_data DIR --count 1000

The frames have the size at which the embedded model sees them, so nothing is resized later. Seeds
are those of training (`worlds.episode.SEEDS`), or with --part validation those of validation.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.frame_size import smart_size
from streamo_ros.backbone.vision.resizer import Resizer
from streamo_ros.core.frame import SECOND
from streamo_ros.files import write_bytes
from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.video_frames import FRAME_TABLE
from streamo_ros.worlds.episode import draw_episode
from streamo_ros.worlds.episode import Episode
from streamo_ros.worlds.episode import EpisodeSampling
from streamo_ros.worlds.episode import SEEDS
from streamo_ros.worlds.phrasing import FAMILIES

DIALOGUES = 'dialogues.jsonl'
EDGE, LEAST_PIXELS, MOST_PIXELS = 28, 12544, 18816
"""Of the frames that models/streamo-tiny sees: side of a token, and limits of the area."""
BICUBIC = 3
NEVER = 'never'


def main(argv: Sequence[str] | None = None) -> int:
    """Write the data; returns 0."""
    options = _parser().parse_args(argv)
    seeds = SEEDS[options.part]
    output = options.output
    lines = []
    for number in range(options.count):
        folder = output / f'{number:05d}'
        episode = draw(seeds[options.first + number], number, options.frames, options.rate)
        if not (folder / FRAME_TABLE).is_file():
            write_frames(episode, folder)
        lines.append(json.dumps(dialogue(episode, folder.name).to_json()) + '\n')
    write_text(output / DIALOGUES, ''.join(lines))
    print(f'{len(lines)} dialogues in {output / DIALOGUES}')
    return 0


def draw(seed: int, number: int, frames: int, rate: float) -> Episode:
    """An episode; families come in turn, and with them waiting for what never happens.

    Args:
        seed: of the world.
        number: of the episode, which selects the family.
        frames: how many are sampled, those included that the camera loses.
        rate: frames per second.
    """
    families = (*FAMILIES, NEVER)
    return draw_episode(seed, families[number % len(families)], EpisodeSampling(frames, rate))


def dialogue(episode: Episode, video: str) -> LabeledDialogue:
    """An episode as a labeled dialogue of one video."""
    seconds = frame_times(episode)
    rows = zip(episode.ticks, seconds, episode.states, episode.texts, strict=True)
    turns = [
        LabeledTurn(
            tick.start, tick.end, state, text, '' if number else episode.instruction, 0, time
        )
        for number, (tick, time, state, text) in enumerate(rows)
    ]
    return LabeledDialogue(video, episode.family, 'drawn', (video,), tuple(turns))


def frame_times(episode: Episode) -> list[Fraction]:
    """Seconds of each frame since the first one."""
    first = episode.ticks[0].stamp
    return [Fraction(tick.stamp - first, SECOND) for tick in episode.ticks]


def write_frames(episode: Episode, folder: Path) -> None:
    """Write the frames and then the table of their times, so that a table means completeness."""
    table = ['seconds,file']
    for number, time in enumerate(frame_times(episode)):
        name = f'{number:06d}.png'
        write_bytes(folder / name, _encoded(episode.render(number)))
        nanoseconds = round(time * SECOND)
        table.append(f'{nanoseconds // SECOND}.{nanoseconds % SECOND:09d},{name}')
    write_text(folder / FRAME_TABLE, '\n'.join(table) + '\n')


def _encoded(picture: NDArray[np.uint8]) -> bytes:
    tall, wide = picture.shape[:2]
    height, width = smart_size(tall, wide, EDGE, LEAST_PIXELS, MOST_PIXELS)
    small = Resizer(BICUBIC)(picture, height, width)
    _, data = cv2.imencode('.png', cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return data.tobytes()


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog='python -m streamo_ros.tiny.drawn_data', description=__doc__)
    add = parser.add_argument
    add('output', type=Path, metavar='DIR', help='folder for the dialogues and their frames')
    add('--count', type=int, default=100, help='number of dialogues; default %(default)s')
    add('--first', type=int, default=0, help='number of the first seed; default %(default)s')
    add('--part', choices=('training', 'validation'), default='training')
    add('--frames', type=int, default=24, help='frames of each; default %(default)s')
    add('--rate', type=float, default=1.0, help='frames per second; default %(default)s')
    return parser


if __name__ == '__main__':
    sys.exit(run_program('streamo_ros.tiny.drawn_data', main))
