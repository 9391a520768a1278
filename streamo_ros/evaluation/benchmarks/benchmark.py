# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every benchmark offers: its questions, and its official rule.

Rows are records in the layout in which the official scorer reads results, so that a file of theirs
can be scored here, and one of ours there.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.errors import StreamoError
from streamo_ros.documents import load_json
from streamo_ros.evaluation.benchmarks.judge import Judge

Rows: TypeAlias = list[dict[str, Any]]
Answer: TypeAlias = tuple[float, str]
"""Seconds of the video, and text."""
Replies: TypeAlias = Mapping[str, Sequence[Answer]]
"""What was said to each question, by its key; a question without an entry was not asked."""
Encoder: TypeAlias = Callable[[Sequence[str]], NDArray[np.float32]]
"""Embeds sentences: shape (sentences, width), each of length 1."""
Figures: TypeAlias = dict[str, float]
"""Values by name, in the order of the table; shares in percent where the paper has them so."""


class BenchmarkError(StreamoError, ValueError):
    """A benchmark cannot be run or scored; the message names the file and what to do."""


@dataclass(frozen=True)
class Graders:
    """What judges what cannot be counted; None where none was given.

    Attributes:
        judge: a model on a server that compares texts.
        encoder: embeds sentences.
        window: seconds around a due time within which an answer counts, where the benchmark leaves
            it open.
    """

    judge: Judge | None = None
    encoder: Encoder | None = None
    window: float | None = None


@dataclass(frozen=True)
class BenchmarkQuestion:
    """One question about one video.

    Attributes:
        key: names it among all of the benchmark.
        task: its group in the table.
        video: path of the video below the folder of videos; of several, the first that exists.
        text: what the model is asked.
        begin: seconds of the video at which it is asked, and from which on it is watched.
        end: seconds of the video at which it ends; None = with the video.
    """

    key: str
    task: str
    video: tuple[str, ...]
    text: str
    begin: float = 0.0
    end: float | None = None


@dataclass(frozen=True)
class Benchmark:
    """A benchmark.

    Attributes:
        title: its name in print.
        read: the records of its folder or file.
        questions: what is asked.
        rows: fills in what was said, in the official layout; records without a reply are left out.
        score: the official figures of rows.
        headline: the figure that papers compare.
        rule: where the rule comes from, in one line.
        grade: adds to rows what graders say of them, so that `score` needs no grader; None where
            everything can be counted.
    """

    title: str
    read: Callable[[Path], Rows]
    questions: Callable[[Rows], list[BenchmarkQuestion]]
    rows: Callable[[Rows, Replies], Rows]
    score: Callable[[Rows], Figures]
    headline: str
    rule: str
    grade: Callable[[Rows, Graders], Rows] | None = None


def read_list(path: Path, name: str) -> list[Any]:
    """What a file with a list holds.

    Args:
        path: the file, or the folder that holds it.
        name: of the file within a folder.

    Raises:
        BenchmarkError: there is no such file, or it holds no list.
    """
    file = path / name if path.is_dir() else path
    if not file.is_file():
        raise BenchmarkError(f"{file} does not exist: give the benchmark's folder with --data")
    text = file.read_text(encoding='utf-8')
    try:
        records = (
            [load_json(line) for line in text.splitlines() if line.strip()]
            if file.suffix == '.jsonl'
            else load_json(text)
        )
    except ValueError as error:
        raise BenchmarkError(f'{file} is not JSON: {error}') from error
    if not isinstance(records, list) or not records:
        raise BenchmarkError(f'{file} is not a list of records: give another folder with --data')
    return records


def read_json(path: Path, name: str, keys: Sequence[str]) -> Rows:
    """The records of a file with a list.

    Args:
        path: the file, or the folder that holds it.
        name: of the file within a folder.
        keys: what each record must have.

    Raises:
        BenchmarkError: there is no such file, or it is not that of this benchmark.
    """
    records = read_list(path, name)
    for number, record in enumerate(records, 1):
        missing = [key for key in keys if not isinstance(record, dict) or key not in record]
        if missing:
            raise BenchmarkError(
                f'{path}, record {number}: {missing[0]!r} is missing, so this is another '
                'benchmark or version: give its folder with --data'
            )
    return records


def last_text(answers: Sequence[Answer]) -> str | None:
    """The text of the last answer; None if there was none."""
    return answers[-1][1] if answers else None


def percent(values: Sequence[float]) -> float:
    """Mean in percent; 0 without any."""
    return 100 * sum(values) / len(values) if values else 0.0


def seconds_of(clock: str) -> float:
    """'0:01:30' in seconds.

    Raises:
        BenchmarkError: it is not a time.
    """
    try:
        parts = [float(part) for part in clock.split(':')]
    except ValueError as error:
        raise BenchmarkError(f'{clock!r} is not a time such as 0:01:30') from error
    return float(sum(part * 60**power for power, part in enumerate(reversed(parts))))
