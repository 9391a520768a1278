# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Asks a model the questions of a benchmark, through the engine of the node.

Every reply is written as soon as it is there, so that a run that was stopped goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.benchmarks.benchmark import Answer
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkError
from streamo_ros.evaluation.benchmarks.benchmark import BenchmarkQuestion
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import FIRST_STAMP
from streamo_ros.evaluation.case import Moment
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.workers import EvalConfig
from streamo_ros.evaluation.workers import Processes
from streamo_ros.evaluation.workers import run_cases
from streamo_ros.evaluation.workers import THIS_PROCESS
from streamo_ros.files import write_text
from streamo_ros.training.video_frames import frames_at
from streamo_ros.training.video_frames import sample_video


@dataclass(frozen=True)
class Asked:
    """A question with its video.

    Attributes:
        times: of the frames that are watched, seconds of the video.
    """

    question: BenchmarkQuestion
    path: Path
    times: tuple[Fraction, ...]

    def case(self) -> Case:
        """What the engine watches; nothing is known of what is due."""
        first = self.times[0]
        gaps = [*self.times[1:], self.times[-1] + 1]
        moments = tuple(
            Moment(
                Tick(
                    FIRST_STAMP + round((at - first) * SECOND), at - first, gaps[n] - first, n, 1
                ),
                State.SILENCE,
                '',
            )
            for n, at in enumerate(self.times)
        )
        images = partial(frames_at, self.path, self.times)
        question = self.question
        return Case(question.key, question.task, question.text.strip(), moments, images)

    def answers(self, result: CaseResult) -> list[Answer]:
        """What was said, by the time of the frame that it is about, in seconds of the video."""
        return [(float(self.times[answer.moment]), answer.text) for answer in result.answers]


def find_videos(
    questions: Sequence[BenchmarkQuestion], folder: Path
) -> tuple[list[tuple[BenchmarkQuestion, Path]], list[str]]:
    """The questions whose video is there, and the names of the videos that are not."""
    available, missing = [], []
    for question in questions:
        # Absolute: another machine or process may open it.
        paths = [(folder / name).resolve() for name in question.video]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            missing.append(question.video[0])
        else:
            available.append((question, path))
    return available, list(dict.fromkeys(missing))


def ask(
    questions: Sequence[tuple[BenchmarkQuestion, Path]],
    config: EvalConfig,
    rate: Fraction,
    file: Path,
    where: Processes = THIS_PROCESS,
    progress: Callable[[Iterable[Any], int], Iterable[Any]] = lambda steps, _: steps,
) -> dict[str, list[Answer]]:
    """What a model says to questions about videos.

    Args:
        questions: with the paths of their videos.
        config: the model.
        rate: frames per second.
        file: takes the replies, and holds those of an earlier run.
        where: in which processes.
        progress: shows how far it has got.

    Raises:
        BackboneError: the model cannot be loaded.
        AnnotationError: a video cannot be read.
        BenchmarkError: `file` was made in another way.
    """
    header = {'model': str(config.model), 'rate': str(rate), 'max_frames': config.max_frames}
    replies = _kept(file, header)
    left = [pair for pair in questions if pair[0].key not in replies]
    asked = [_sample(question, path, rate) for question, path in left]
    if not asked:
        return replies
    if not file.exists():
        write_text(file, json.dumps(header) + '\n')
    with file.open('a', encoding='utf-8') as lines:

        def keep(results: Iterable[CaseResult]) -> Iterator[CaseResult]:
            for entry, result in zip(asked, progress(results, len(asked)), strict=True):
                replies[entry.question.key] = answers = entry.answers(result)
                row = {'key': entry.question.key, 'answers': answers}
                lines.write(json.dumps(row, ensure_ascii=False) + '\n')
                lines.flush()
                yield result

        run_cases(config, [entry.case() for entry in asked], where, keep)
    return replies


def _sample(question: BenchmarkQuestion, path: Path, rate: Fraction) -> Asked:
    video = sample_video(path, rate)
    end = float(video.duration) if question.end is None else question.end
    times = tuple(at for at in video.times.values() if question.begin <= at <= end)
    if not times:
        raise BenchmarkError(
            f'{path} has no frame between {question.begin:g} s and {end:g} s, where question '
            f'{question.key} is asked: is it the right video?'
        )
    return Asked(question, path, times)


def _kept(file: Path, header: Mapping[str, Any]) -> dict[str, list[Answer]]:
    """The replies of an earlier run; its last line may be cut off."""
    if not file.exists():
        return {}
    rows = []
    for line in file.read_text(encoding='utf-8').splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    if not rows or rows[0] != header:
        raise BenchmarkError(
            f'{file} was made with another model or other options: give another --output'
        )
    write_text(file, ''.join(json.dumps(row, ensure_ascii=False) + '\n' for row in rows))
    return {row['key']: [(at, text) for at, text in row['answers']] for row in rows[1:]}
