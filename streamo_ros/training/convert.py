# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo convert`: turns annotations of any known format into per-second dialogues.

What was left out or changed is reported. The labeling rules are in `labels` (and, for comparison,
in `released`); the dataset formats are in `annotations`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any
from typing import get_args

from rich.console import Console
from rich.progress import track

from streamo_ros.core.errors import ExitCode
from streamo_ros.files import LineWriter
from streamo_ros.files import replacing
from streamo_ros.files import write_text
from streamo_ros.program import CommandParser
from streamo_ros.training.annotations import FORMATS
from streamo_ros.training.annotations import read_annotations
from streamo_ros.training.annotations.instructions import narration_records
from streamo_ros.training.frame_cache import FrameCache
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labels import label
from streamo_ros.training.labels import LabelTimeline
from streamo_ros.training.labels import Rule
from streamo_ros.training.labels import sampled_timeline
from streamo_ros.training.labels import timeline
from streamo_ros.training.record import Annotation
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.record import Problem
from streamo_ros.training.record import read_record
from streamo_ros.training.released import container_length
from streamo_ros.training.released import released_dialogue
from streamo_ros.training.released import released_text
from streamo_ros.training.released import turn_count
from streamo_ros.training.source_paths import locate_video
from streamo_ros.training.stream_it import StreamIt
from streamo_ros.training.video_frames import find_video
from streamo_ros.training.video_frames import part_of
from streamo_ros.training.video_frames import sample_video


def main(argv: Sequence[str] | None = None) -> int:
    """Run `streamo convert`; FAILED when there was no dialogue, and nothing is written then."""
    options = _parser().parse_args(argv)
    findings: list[Problem] = []
    count = _convert(options, findings)
    report = {
        'dialogues': count,
        'output': str(options.output),
        'findings': dict(Counter(finding.kind for finding in findings)),
    }
    if options.report:
        details = {**report, 'details': [asdict(finding) for finding in findings]}
        write_text(options.report, json.dumps(details, indent=2, ensure_ascii=False) + '\n')
    _print(report, findings, options.json)
    return ExitCode.OK if count else ExitCode.FAILED


def _parser() -> argparse.ArgumentParser:
    formats = '\n'.join(f'  {name:13} {layout.title}' for name, layout in FORMATS.items())
    parser = CommandParser(
        prog='streamo convert',
        description=f'{__doc__}\nformats:\n{formats}',
    )
    add = parser.add_argument
    add('source', type=Path, nargs='+', help='annotation files, or a folder of Streamo-Instruct')
    add('--output', '-o', type=Path, required=True, help='JSON-lines file to write')
    add(
        '--format',
        choices=list(FORMATS),
        default='streamo',
        help='annotation format (default %(default)s)',
    )
    add('--videos', type=Path, help='folder that video paths are relative to')
    add(
        '--frames',
        type=Path,
        metavar='DIR',
        help='store the frames as images in folders there, and refer to these instead of videos',
    )
    add(
        '--quality',
        type=int,
        default=0,
        help='with --frames: JPEG of this quality, 1 to 100 (default PNG, which loses nothing)',
    )
    _add_turns(parser)
    _add_made(parser)
    add('--report', type=Path, help='write the drop report to this JSON file')
    add('--json', action='store_true', help='print the figures as JSON')
    return parser


def _add_turns(parser: argparse.ArgumentParser) -> None:
    """How annotations become turns."""
    add = parser.add_argument
    add('--fps', default='1', help='turns per second, such as 1, 2 or 29.97 (default 1)')
    add(
        '--without-videos',
        action='store_true',
        help='take video durations from the annotations',
    )
    add(
        '--rule',
        choices=get_args(Rule),
        default='causal',
        help="when an event is due: at the first frame that can show it, or by the paper's rule, "
        'up to one turn earlier (default %(default)s)',
    )
    add('--compat', choices=['released'], help="reproduce the authors' converter, byte for byte")


def _add_made(parser: argparse.ArgumentParser) -> None:
    """Dialogues that are made of others."""
    add = parser.add_argument
    add(
        '--narration',
        action='store_true',
        help='make a narration and a question that is answered anew whenever something else '
        'begins of every record of captioned events',
    )
    add(
        '--stream-it',
        type=int,
        default=0,
        metavar='CLIPS',
        help='concatenate up to CLIPS similar clips per dialogue, drop and shift questions',
    )
    add('--drop', type=float, default=0.2, help='with --stream-it: fraction of questions to drop')
    add(
        '--shift',
        type=int,
        default=5,
        help='with --stream-it: most turns by which a question moves',
    )
    add('--seed', type=int, default=0, help='random seed of --stream-it')


def _convert(options: argparse.Namespace, findings: list[Problem]) -> int:
    rate = _rate(options.fps)
    raws = [
        entry
        for source in options.source
        for entry in read_annotations(source, options.format, findings.append)
    ]
    if options.narration:
        raws += [
            (file, f'{name} ({more["task_type"]})', more)
            for file, name, raw in raws
            for more in narration_records(raw)
        ]
    console = Console(stderr=True)
    entries = track(raws, 'converting', console=console, disable=not console.is_terminal)
    if options.frames and (options.compat or options.without_videos):
        raise AnnotationError(
            '--frames needs the videos and our own labels: remove --compat and --without-videos'
        )
    cache = FrameCache(options.frames, options.quality) if options.frames else None
    if options.compat:
        if options.without_videos:
            raise AnnotationError('--compat released needs the videos: remove --without-videos')
        released = list(_released(entries, options, rate, findings))
        if released:
            write_text(options.output, released_text(released))
        return len(released)
    dialogues = _constructed(_labeled(entries, options, cache, findings), options)
    first = next(dialogues, None)
    if first is None:
        # An older file stays: what is there may be all that there is.
        return 0
    count = 0
    with replacing(options.output) as new, LineWriter(new, options.output) as lines:
        for dialogue in chain((first,), dialogues):
            lines.write(json.dumps(dialogue.to_json(), ensure_ascii=False))
            count += 1
    return count


def _labeled(
    entries: Any,
    options: argparse.Namespace,
    cache: FrameCache | None,
    findings: list[Problem],
) -> Iterator[LabeledDialogue]:
    rate = _rate(options.fps)
    for file, name, raw in entries:
        record, problems = read_record(raw, file, name)
        findings += problems
        if record is None:
            continue
        try:
            record, line, start = _lengths(record, options, rate)
            if cache and line.times:
                shown = [start + time for time in (*line.times.values(), line.last)]
                record = replace(record, video=str(cache.folder(Path(record.video), shown)))
        except AnnotationError as error:
            findings.append(Problem(file, name, 'record', str(error)))
            continue
        dialogue, problems = label(record, line, file, name)
        findings += problems
        if dialogue is not None:
            turns = tuple(replace(turn, time=start + turn.time) for turn in dialogue.turns)
            yield replace(dialogue, turns=turns)


def _constructed(
    dialogues: Iterator[LabeledDialogue], options: argparse.Namespace
) -> Iterator[LabeledDialogue]:
    """Apply Stream-IT if asked for; dialogues whose answers name seconds are left as they are."""
    if not options.stream_it:
        yield from dialogues
        return
    construct = StreamIt(options.stream_it, options.drop, options.shift, options.seed)
    short = []
    for dialogue in dialogues:
        if 'grounding' in dialogue.task.lower():
            yield dialogue
        else:
            short.append(dialogue)
    yield from construct(short)


def _lengths(
    record: Annotation, options: argparse.Namespace, rate: Fraction
) -> tuple[Annotation, LabelTimeline, Fraction]:
    """The record with its video, its turns, and where in the video they begin."""
    if options.without_videos:
        if not record.duration:
            raise AnnotationError('its annotation has no duration: remove --without-videos')
        line = timeline(record.duration, rate, rule=options.rule)
        return record.in_seconds(record.duration), line, Fraction(0)
    place = locate_video(record.video, record.source, options.videos)
    video = sample_video(place.path, rate)
    if place.start or place.end is not None:
        video = part_of(video, place.start, place.end, rate)
    line = sampled_timeline(video, rate, options.rule)
    placed = replace(record.in_seconds(video.duration), video=str(place.path))
    return placed, line, place.start


def _released(
    entries: Any, options: argparse.Namespace, rate: Fraction, findings: list[Problem]
) -> Iterator[dict[str, Any]]:
    for file, name, raw in entries:
        try:
            path = find_video(raw['video_path'], options.videos)
            turns = turn_count(*container_length(path), float(rate))
            yield released_dialogue(raw, str(path), turns, float(rate))
        except AnnotationError as error:
            findings.append(Problem(file, name, 'record', str(error)))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            why = f'it does not match the raw schema: {type(error).__name__} {error}'
            findings.append(Problem(file, name, 'record', why))


def _rate(text: str) -> Fraction:
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise AnnotationError(f'--fps {text} is not a number') from error
    if not 0 < rate <= 120:
        raise AnnotationError(f'--fps {text} is not between 0 and 120')
    return rate


def _print(report: dict[str, Any], findings: Sequence[Problem], as_json: bool) -> None:
    if as_json:
        print(json.dumps(report))
        return
    for finding in findings[:20]:
        # What is wrong with a whole file is of no record.
        parts = finding.file, finding.record, finding.record and finding.kind, finding.why
        print(': '.join(part for part in parts if part), file=sys.stderr)
    if len(findings) > 20:
        print(f'and {len(findings) - 20} more: use --report to get all of them', file=sys.stderr)
    counts = ', '.join(f'{count} {kind}' for kind, count in report['findings'].items())
    written = f'{report["dialogues"]} dialogues in {report["output"]}'
    if not report['dialogues']:
        written = f'no dialogue; {report["output"]} was not written'
    print(f'{written}; reported: {counts or "nothing"}')
