# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo ask`: questions about the past, offline; what a store has; export and erasure.

Exit codes: 0 answered, 1 the record has no answer, 2 bad input.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streamo_ros.core.errors import ExitCode
from streamo_ros.files import write_bytes
from streamo_ros.memory.ask import Answer
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.ask import AskError
from streamo_ros.memory.clock_times import find_zone
from streamo_ros.memory.erasure import erase
from streamo_ros.memory.erasure import erase_all
from streamo_ros.memory.export import export
from streamo_ros.memory.opening import set_aside
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.schema import DATABASE
from streamo_ros.memory.time_words import read_times


def run(arguments: argparse.Namespace) -> int:
    """Answer from a store, or tell what it has, export or erase it.

    Args:
        arguments: those of `parser`; the store is one, or does not exist.

    Returns:
        The exit code.
    """
    check(arguments)
    if arguments.erase == 'all':
        return _erased(arguments, erase_all(arguments.store.expanduser()))
    with closing(StoreReader(arguments.store)) as reader:
        asker = Asker(reader, find_zone(arguments.time_zone))
        if arguments.erase or arguments.export:
            return _rights(arguments, reader, asker)
        if not arguments.question:
            return _overview(arguments, reader, asker)
        answers = [_ask(arguments, reader, asker, text) for text in arguments.question]
    return ExitCode.OK if all(answer.text for answer in answers) else ExitCode.FAILED


def parser() -> argparse.ArgumentParser:
    """The arguments of `streamo ask`."""
    parser = argparse.ArgumentParser(
        prog='streamo ask',
        description='Ask about the past; without a question, tell what the store has.',
        epilog='Exit codes: 0 answered, 1 the record has no answer, 2 bad input.',
    )
    add = parser.add_argument
    add(
        'store',
        type=Path,
        help='folder that memory.path or `streamo replay --memory` named; or a '
        'bag or video, which is watched first',
    )
    add('question', nargs='*', help='in plain English; later ones may follow up on earlier ones')
    add('--frames', type=int, default=8, metavar='N', help='most pictures; default %(default)s')
    add(
        '--time-zone',
        default='',
        metavar='ZONE',
        help='such as Europe/Berlin; default: that of this machine',
    )
    add('--pictures', type=Path, metavar='DIR', help='copy the pictures that were found there')
    act = parser.add_mutually_exclusive_group().add_argument
    act('--export', type=Path, metavar='DIR', help='write everything as plain files there')
    act(
        '--erase',
        metavar='TIME',
        help="erase a time: 'today', 'between 14:00 and 15:00 yesterday', or 'all'",
    )
    add('--json', action='store_true', help='print the result as JSON')
    return parser


def check(arguments: argparse.Namespace) -> None:
    """Refuse arguments that contradict each other.

    Raises:
        AskError: they do.
        TimeError: there is no such time zone.
    """
    find_zone(arguments.time_zone)
    if arguments.question and (arguments.erase or arguments.export):
        raise AskError('a question cannot be combined with --export or --erase: leave one out')
    if not 1 <= arguments.frames <= 64:
        raise AskError(f'--frames must be 1 to 64, not {arguments.frames}')


def _ask(arguments: argparse.Namespace, reader: StoreReader, asker: Asker, text: str) -> Answer:
    recall = asker.recall(text, limit=arguments.frames)
    answer = asker.from_record(recall)
    clock = asker.clock()
    files = []
    if arguments.pictures is not None:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
        for frame in recall.frames:
            file = arguments.pictures / f'{frame.stamp}.jpg'
            write_bytes(file, reader.pictures.read(frame.id))
            files.append(str(file))
    if arguments.json:
        row = asdict(answer) | {
            'question': text,
            'outcome': answer.outcome.name,
            'from': recall.span[0],
            'to': recall.span[1],
            'recalled': [frame.stamp for frame in recall.frames],
            'pictures': files,
        }
        print(json.dumps(row, ensure_ascii=False))
        return answer
    print(answer.text or f'Not found: {answer.message}.')
    if answer.text and answer.message:
        print(f'  note: {answer.message}')
    if answer.evidence:
        print(f'  evidence: {", ".join(map(clock.say, answer.evidence))}')
    for name in files:
        print(f'  picture: {name}')
    return answer


def _overview(arguments: argparse.Namespace, reader: StoreReader, asker: Asker) -> int:
    counts: dict[str, Any] = reader.counts()
    first, last = reader.span()
    size = sum(file.stat().st_size for file in reader.folder.glob(f'{DATABASE}*')) + int(
        counts['picture_bytes']
    )
    if arguments.json:
        print(json.dumps({**counts, 'bytes': size, 'from': first, 'to': last}))
        return ExitCode.OK
    if not counts['frames']:
        print(f'{reader.folder} is empty: nothing was watched yet')
        return ExitCode.OK
    clock = asker.clock()
    print(f'{reader.folder}: {clock.say_span(first, last)}, {size / 1e6:,.1f} MB')
    print(
        f'  {counts["frames"]:,} frames, {counts["pictures"]:,} pictures, '
        f'{counts["answers"]:,} answers, {counts["streams"]:,} streams'
    )
    for text in reader.instructions():
        print(f'  watched for: {text}')
    return ExitCode.OK


def _rights(arguments: argparse.Namespace, reader: StoreReader, asker: Asker) -> int:
    if arguments.export:
        counts = export(reader, arguments.export)
        print(
            f'{counts["frames"]:,} frames, {counts["pictures"]:,} pictures and '
            f'{counts["answers"]:,} answers are in {arguments.export}'
        )
        return ExitCode.OK
    times = read_times(arguments.erase, asker.clock())
    if not times.given or times.anchor or times.rest:
        raise AskError(
            f'{arguments.erase!r} is no time: give one such as "today", "between 14:00 and '
            '15:00" or "all"'
        )
    code = _erased(arguments, erase(reader.folder, (times.start, times.end)))
    if aside := set_aside(reader.folder):
        print(
            f'note: {aside[-1][1]}, set aside with a damaged database, is left: --erase all '
            'deletes it',
            file=sys.stderr,
        )
    return code


def _erased(arguments: argparse.Namespace, frames: int) -> int:
    if sys.stdout.isatty() or not arguments.json:
        print(f'{frames:,} frames and all that was said of them are erased')
    else:
        print(json.dumps({'erased': frames}))
    return ExitCode.OK
