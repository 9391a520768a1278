# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""E.T. Bench's dense captions (DVC) and step captions (SLC): intervals, each with a sentence.

Rule: dvc_eval of the benchmark's compute_metrics.py, as it is kept in interlive-team/STRIDE,
eval/task/etbench. F1 at a threshold is that of the mean share of truths that some caption overlaps
by more, and of captions that some truth does, both times the share of videos with any readable
caption. Similarity compares the sentences of every caption and truth that overlap by at least the
threshold, and a caption without such a truth with random letters. Official sentences go through
Stanford's tokenizer first; here only case and punctuation are removed, so that similarities agree
to about two digits and not to the last.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from streamo_ros.evaluation.benchmarks.benchmark import Encoder
from streamo_ros.evaluation.benchmarks.benchmark import Figures
from streamo_ros.evaluation.benchmarks.benchmark import Rows
from streamo_ros.evaluation.metrics import Span

TASKS = ('dvc', 'slc')
THRESHOLDS = (0.1, 0.3, 0.5, 0.7)
DIGITS = 5
SIMILARITIES = 'caption_similarities'
"""Key of a row: its mean similarity at each threshold."""
Caption = tuple[Span, str]
_SHORTEST, _SHORTEST_LINE = 6, 8
"""Characters that a caption, or a line with a time, must have."""
_AROUND = 20.0
"""Seconds before and after a single time that is named."""
_EPSILON = 1e-8
_RANDOM_LENGTH = (10, 20)
_TIME = r'\d+\.*\d*'
_DASH = re.compile(rf'({_TIME})\s*-\s*({_TIME})')
_CLOCK = re.compile(rf'{_TIME}:{_TIME}')
_REFUSED = re.compile(rf'start time {_TIME}, end time {_TIME}')
"""Theirs means to read these, and fails."""
_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation, ' '))


def captions(text: str) -> list[Caption]:
    """The intervals and sentences that a text names, as the benchmark reads them.

    First 'a - b' with what follows each, else 'start time: a', 'end time: b' and descriptions,
    else the first line (or sentence) that begins with a time.
    """
    lower = text.lower()
    spans, sentences = _dashed(lower) or _labeled(lower)
    if not spans and _REFUSED.search(lower):
        return []
    sentences = [s.strip().strip(', ').rstrip() for s in sentences if len(s) >= _SHORTEST]
    captioned = list(zip(spans, sentences, strict=False)) or _first_line(text)
    return [((min(span), max(span)), sentence) for span, sentence in captioned]


def _dashed(text: str) -> tuple[list[Span], list[str]] | None:
    matches = list(_DASH.finditer(text))
    if not matches:
        return None
    rest = text
    for match in matches:
        rest = rest.replace(match[0], '\n')
    spans = [(float(match[1]), float(match[2])) for match in matches]
    return spans, rest.replace('seconds', '').split('\n')


def _labeled(text: str) -> tuple[list[Span], list[str]]:
    starts = re.findall(rf'start(?:ing)? time: ({_TIME})', text)
    ends = re.findall(rf'end(?:ing)? time: ({_TIME})', text)
    spans = [(float(a), float(b)) for a, b in zip(starts, ends, strict=False)]
    return spans, re.findall(r'description: (.*)', text) or re.findall(r'\*\s*(.*)', text)


def _first_line(text: str) -> list[Caption]:
    """The first line with a time, where no interval was found."""
    if '\n' in text:
        lines = [line for line in text.split('\n') if len(line) >= _SHORTEST_LINE]
    else:
        parts = [part for part in text.split('.') if len(part) >= _SHORTEST_LINE]
        lines = [part + '.' for part in parts]
    for line in lines:
        parts = [part.strip(',') for part in line.split('seconds')]
        # Numbers that are no times, such as 1.2.3, make a line unreadable, there as here.
        with suppress(ValueError):
            span = _span(parts[0])
            if span is not None:
                return [(span, parts[-1].strip())]
    return []


def _span(text: str) -> Span | None:
    """The interval of a line: 'a - b', one or two times of day, or one or two numbers."""
    dashed = _DASH.search(text)
    if dashed:
        return round(float(dashed[1]), 2), round(float(dashed[2]), 2)
    clocks = [_seconds(clock) for clock in _CLOCK.findall(text)]
    colons = text.count(':')
    if colons in (1, 2):
        if len(clocks) < colons:
            return None
        return _around(clocks[0]) if colons == 1 else (clocks[0], clocks[1])
    numbers = [float(number) for number in re.findall(rf'{_TIME}(?!\.)', text)]
    if len(numbers) == 1:
        return _around(numbers[0])
    return (round(numbers[0], 2), round(numbers[1], 2)) if len(numbers) == 2 else None


def _seconds(clock: str) -> float:
    minutes, seconds = clock.split(':')
    return 60.0 * int(minutes) + int(seconds)


def _around(time: float) -> Span:
    if time > _AROUND:
        return round(time - _AROUND, 2), round(time + _AROUND, 2)
    return round(time, 2), round(time + 2 * _AROUND, 2)


def score(results: Rows, name: str) -> Figures:
    """F1 of captions, at each threshold and as the mean, and the similarity if it was graded.

    Args:
        results: rows of one task and one source, at least one.
        name: begins the name of each figure.
    """
    read = _by_video(results)
    share = len(read) / len(results)
    figures: Figures = {}
    values = []
    for threshold in THRESHOLDS:
        pairs = [_covered(row, said, threshold) for row, said in read.values()]
        sums = [sum(part) for part in zip(*pairs, strict=True)] or [0.0, 0.0]
        recall, precision = (share * part / max(1, len(pairs)) for part in sums)
        both = recall + precision
        values.append(2 * precision * recall / both if both else 0.0)
        figures[f'{name} F1@{threshold:g}'] = round(values[-1], DIGITS)
    figures[f'{name} F1'] = round(sum(values) / len(values), DIGITS)
    graded = [row[SIMILARITIES] for row, _ in read.values() if SIMILARITIES in row]
    if graded:
        means = [sum(part) / len(part) for part in zip(*graded, strict=True)]
        figures[f'{name} Sim'] = round(sum(means) / len(means), DIGITS)
    return figures


def _by_video(results: Rows) -> dict[str, tuple[dict[str, Any], list[Caption]]]:
    """Rows with any readable caption; of several about one video the last, as there."""
    read = {str(row['video']): (row, captions(row['a'])) for row in results}
    return {video: pair for video, pair in read.items() if pair[1]}


def _covered(row: dict[str, Any], said: Sequence[Caption], threshold: float) -> Span:
    """The shares of truths and of captions that overlap by more than the threshold."""
    near = [[_overlap(span, due) > threshold for span, _ in said] for due in row['tgt']]
    recall = sum(any(line) for line in near) / len(near)
    return recall, sum(any(column) for column in zip(*near, strict=True)) / len(said)


def _overlap(a: Sequence[float], b: Sequence[float]) -> float:
    common = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    union = min(max(a[1], b[1]) - min(a[0], b[0]), a[1] - a[0] + b[1] - b[0])
    return common / (union + _EPSILON)


def with_similarities(results: Rows, encoder: Encoder) -> Rows:
    """The rows of captions with the mean similarity at each threshold; others as they are.

    The letters for captions that overlap nothing are drawn with a seed, so that a second run says
    the same.
    """
    rng = random.Random(0)
    return [
        {**row, SIMILARITIES: _similarities(row, encoder, rng)} if row['task'] in TASKS else row
        for row in results
    ]


def _similarities(row: dict[str, Any], encoder: Encoder, rng: random.Random) -> list[float]:
    said = captions(row['a'])
    means = []
    for threshold in THRESHOLDS:
        pairs = [pair for caption in said for pair in _compared(row, caption, threshold, rng)]
        if not pairs:
            means.append(0.0)
            continue
        ours, theirs = (
            encoder([_plain(text) for text in part]) for part in zip(*pairs, strict=True)
        )
        means.append(float((ours * theirs).sum(-1).mean()))
    return means


def _compared(
    row: dict[str, Any], caption: Caption, threshold: float, rng: random.Random
) -> list[tuple[str, str]]:
    """A caption with the sentence of each truth that it overlaps, else with random letters."""
    span, sentence = caption
    near = [
        (sentence, str(true))
        for due, true in zip(row['tgt'], row['g'], strict=True)
        if _overlap(span, due) >= threshold
    ]
    if near:
        return near
    return [
        (sentence, ''.join(rng.choices(string.ascii_lowercase, k=rng.randint(*_RANDOM_LENGTH))))
    ]


def _plain(text: str) -> str:
    """A sentence without case and punctuation, in ASCII."""
    kept = ''.join(letter if ord(letter) < 128 else ' ' for letter in text)
    return ' '.join(kept.translate(_PUNCTUATION).lower().split())
