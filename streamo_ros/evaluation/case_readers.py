# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cases from files: labeled dialogues with their videos, and videos in which nothing is due."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path

from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.case import moments
from streamo_ros.evaluation.case import VIDEO
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.labeled_dialogue import lane_spans
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.video_frames import find_video
from streamo_ros.training.video_frames import frames_at
from streamo_ros.training.video_frames import sample_video


def dialogue_cases(path: Path, videos: Path | None = None) -> Iterator[Case]:
    """One case per instruction of each dialogue in a JSON-lines file.

    A lane has one instruction: a case starts with it and ends before the next one.

    Args:
        path: written by `streamo convert`.
        videos: folder that video paths are relative to.

    Raises:
        AnnotationError: the file or one of its videos is missing or broken.
    """
    for number, dialogue in enumerate(read_dialogues(path), 1):
        for start, stop in lane_spans(dialogue.turns):
            turns = dialogue.turns[start:stop]
            yield Case(
                f'{path.name}:{number}:{start}',
                dialogue.task or 'unnamed',
                turns[0].instruction,
                moments(turns),
                _reader(dialogue, turns, videos),
            )


def _reader(
    dialogue: LabeledDialogue, turns: Sequence[LabeledTurn], root: Path | None
) -> partial[Iterator[Image]]:
    paths = [find_video(video, root) for video in dialogue.videos]
    return partial(_frames, paths, turns)


def _frames(paths: Sequence[Path], turns: Sequence[LabeledTurn]) -> Iterator[Image]:
    for number in sorted({turn.video for turn in turns}):
        yield from frames_at(paths[number], [turn.time for turn in turns if turn.video == number])


def video_cases(path: Path, instructions: Sequence[str], rate: Fraction) -> Iterator[Case]:
    """One case per instruction, none of which the video ever answers.

    Args:
        path: a video.
        instructions: things that do not happen in the video.
        rate: frames per second.

    Raises:
        EvaluationError: no instruction is given.
        AnnotationError: the video cannot be read.
    """
    if not instructions:
        raise EvaluationError('--video needs --instruction: something that does not happen in it')
    video = sample_video(path, rate)
    turns = [
        LabeledTurn(k / rate, (k + 1) / rate, State.SILENCE, time=time)
        for k, time in sorted(video.times.items())
    ]
    times = [turn.time for turn in turns]
    for text in instructions:
        images = partial(frames_at, path, times)
        yield Case(f'{path.name}: {text}', VIDEO, text, moments(turns), images)
