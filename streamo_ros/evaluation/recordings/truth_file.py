# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads truth files: YAML, lines of JSON, and clips with tracks (`clip_truth`).

Whatever is wrong is named by file and line.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from streamo_ros.core.errors import one_line
from streamo_ros.documents import LINE
from streamo_ros.documents import load_json
from streamo_ros.documents import load_yaml
from streamo_ros.evaluation.metrics import Span
from streamo_ros.evaluation.recordings.clip_truth import clip_truths
from streamo_ros.evaluation.recordings.truth import check_truths
from streamo_ros.evaluation.recordings.truth import Event
from streamo_ros.evaluation.recordings.truth import Truth
from streamo_ros.evaluation.recordings.truth import TruthError

_KEYS = ('recording', 'instruction', 'from', 'events', 'unsure')
_EVENT_KEYS = ('start', 'end', 'words')


def read_truth(path: Path) -> list[Truth]:
    """Read a truth file, or all clips of a folder.

    Args:
        path: YAML (a list), JSON lines, a JSON file with tracks, or a folder of such.

    Raises:
        TruthError: it is not one, or something in it is wrong.
    """
    truths = list(_truths(path))
    if not truths:
        raise TruthError(f'{path} has no instruction: see docs/evaluation.md for the format')
    check_truths(truths)
    return truths


def _truths(path: Path) -> Iterator[Truth]:
    if path.is_dir():
        files = sorted(path.glob('*.json'))
        if not files:
            raise TruthError(f'{path} has no .json file with tracks: give a truth file')
        for file in files:
            yield from clip_truths(file)
    elif path.suffix == '.json':
        yield from clip_truths(path)
    else:
        for row, line in _lines(path) if path.suffix == '.jsonl' else _documents(path):
            yield _truth(row, _Place(path, line))


class _Place:
    """A line of a file, for messages."""

    def __init__(self, path: Path, line: int) -> None:
        self.path, self.line = path, line

    def __str__(self) -> str:
        return f'{self.path}, line {self.line}'

    def of(self, row: Mapping[Any, Any]) -> _Place:
        """The place of a mapping within; JSON lines have but one."""
        return _Place(self.path, row.get(LINE, self.line))

    def fail(self, problem: str) -> TruthError:
        return TruthError(f'{self}: {problem}')


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise TruthError(f'{path} cannot be read: {one_line(error)}') from error


def _lines(path: Path) -> Iterator[tuple[Any, int]]:
    for number, line in enumerate(_text(path).splitlines(), 1):
        if line.strip():
            try:
                yield load_json(line), number
            except ValueError as error:
                raise TruthError(f'{path}, line {number}: not JSON ({error})') from error


def _documents(path: Path) -> Iterator[tuple[Any, int]]:
    try:
        rows = load_yaml(_text(path), lines=True)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 1
        raise TruthError(f'{path}, line {line}: not YAML ({error.problem})') from error
    except yaml.YAMLError as error:
        raise TruthError(f'{path}: not YAML ({one_line(error)})') from error
    if not isinstance(rows, list):
        raise TruthError(f'{path} is not a list: begin each instruction with "- instruction:"')
    for row in rows:
        yield row, row.get(LINE, 1) if isinstance(row, dict) else 1


def _truth(row: Any, place: _Place) -> Truth:
    if not isinstance(row, dict):
        raise place.fail(f'{row!r} is not a mapping with an instruction')
    _check_keys(row, _KEYS, place)
    instruction = row.get('instruction')
    if not isinstance(instruction, str) or not instruction.strip():
        raise place.fail('instruction is missing: say what is watched for')
    events = tuple(_event(event, place) for event in _list(row, 'events', place))
    return Truth(
        str(row.get('recording') or ''),
        instruction,
        _seconds(row.get('from', 0), 'from', place),
        events,
        tuple(_span(pair, place) for pair in _list(row, 'unsure', place)),
        str(place),
    )


def _event(row: Any, place: _Place) -> Event:
    if not isinstance(row, dict):
        start = _seconds(row, 'an event', place)
        return Event(start, start, place=str(place))
    place = place.of(row)
    _check_keys(row, _EVENT_KEYS, place)
    if 'start' not in row:
        raise place.fail('the event has no start')
    start = _seconds(row['start'], 'start', place)
    end = _seconds(row.get('end', row['start']), 'end', place)
    if end < start:
        raise place.fail(f'the event ends at {end:g} s, before it starts at {start:g} s')
    words = row.get('words') or []
    words = [words] if isinstance(words, str) else words
    if not all(isinstance(word, str) and word.strip() for word in words):
        raise place.fail(f'words is {words!r}: give a list of words, in quotation marks')
    return Event(start, end, tuple(words), str(place))


def _span(pair: Any, place: _Place) -> Span:
    if not isinstance(pair, list) or len(pair) != 2:
        raise place.fail(f'unsure has {pair!r}: give pairs such as [20, 25]')
    start, end = (_seconds(time, 'unsure', place) for time in pair)
    if end < start:
        raise place.fail(f'unsure has {start:g} to {end:g}: the first must not be the larger')
    return start, end


def _list(row: Mapping[Any, Any], key: str, place: _Place) -> list[Any]:
    value = row.get(key) or []
    if not isinstance(value, list):
        raise place.fail(f'{key} is {value!r}: give a list')
    return value


def _seconds(value: Any, what: str, place: _Place) -> float:
    """A number of seconds, or 'MM:SS' (which YAML has already converted) or 'H:MM:SS'."""
    try:
        if isinstance(value, bool):
            raise ValueError
        parts = [float(part) for part in str(value).split(':')]
        seconds = float(sum(part * 60**power for power, part in enumerate(reversed(parts))))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float('inf'):
        raise place.fail(f'{what} is {value!r}: give seconds since the first frame, 0 or more')
    return seconds


def _check_keys(row: Mapping[Any, Any], known: tuple[str, ...], place: _Place) -> None:
    for key in row:
        if key is not LINE and key not in known:
            raise place.fail(f'unknown key {key!r}: known are {", ".join(known)}')
