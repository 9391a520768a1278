# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the embedded model notes of drawn worlds, and what can be asked about it later.

It watches tables for many times its window, told to describe what happens; then the store is asked
when, how often and whether things happened, and what happened after, before and between them. The
truth is the worlds' own. What a question is about counts as in the record when the notes about it
are all that happened and only that, each at its frame or the next one; the other questions show
what is lost before anything is asked.

    python -m benchmarks.past --output benchmarks/past.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timezone
from fractions import Fraction
from pathlib import Path

import numpy as np

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SamplerCounts
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.sink import StepMaker
from streamo_ros.evaluation.case_runner import settings_for
from streamo_ros.memory.ask import Answer
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.sink import MemorySink
from streamo_ros.memory.store import Store
from streamo_ros.memory.writer import StoreWriter
from streamo_ros.share import share_path
from streamo_ros.worlds.episode import PICTURES
from streamo_ros.worlds.episode import SEEDS
from streamo_ros.worlds.phrasing import article
from streamo_ros.worlds.scene import COLORS
from streamo_ros.worlds.scene import SHAPES
from streamo_ros.worlds.tasks import label_views
from streamo_ros.worlds.world import World

FIRST_SEED = 700_000
"""From here on within the seeds of evaluation, which no training uses."""
START = 1_790_000_000 * SECOND
INSTRUCTION = 'describe what happens'
TOLERANCE = 1
"""Frames that a note may be late."""
_LISTED = 8
"""Events that an answer lists at most."""

Events = dict[int, str]
"""What happened, by the number of the frame that shows it first."""


@dataclass(frozen=True)
class AskedPast:
    """A question and its truth.

    Attributes:
        kind: what is asked for.
        text: the question.
        frames: frames of the events that it is about.
        answer: what the answer must contain.
        about: what a note must say to be about the same, whether true or not.
        span: frames among which the notes count; None = all.
    """

    kind: str
    text: str
    frames: tuple[int, ...]
    answer: str = ''
    about: str = ''
    span: tuple[int, int] | None = None


def watch(backbone: Backbone, folder: Path, seed: int, frames: int) -> Events:
    """Let the model watch a world at one frame a second; what truly happened."""
    world = World(seed, *PICTURES['4:3'])
    book = InstructionBook(1)
    book.add(INSTRUCTION)
    assistant = Assistant(backbone, book, settings_for(backbone))
    steps = StepMaker(book, SamplerCounts())
    writer = StoreWriter(Store(folder), waits=True)
    sink = MemorySink(writer, lambda: backbone.info.model_id)
    for second in range(frames):
        tick = Tick(START + second * SECOND, Fraction(second), Fraction(second + 1), second, 1)
        frame = Frame(tick, world.render(float(second)))
        events = assistant.observe(frame)
        while assistant.busy:
            events += assistant.speak(64)
        sink.take(steps.step(events, frame, vision=assistant.vision))
    writer.flush(60)
    writer.close()
    views = [world.view(float(second)) for second in range(frames)]
    labels = label_views('narrate', ('', ''), views, ['0'] * frames)
    return {number: label.text for number, label in enumerate(labels) if label.text}


def noted(reader: StoreReader) -> Events:
    """What the model noted of what happened."""
    facts = reader.answers((START, 2**62))
    return {(fact.end - START) // SECOND: fact.text.strip() for fact in facts}


def questions(
    truth: Events, rng: np.random.Generator, frames: int, seen: set[str]
) -> Iterator[AskedPast]:
    """Questions about what happened to each thing, and about what did not."""
    happened: dict[str, list[int]] = defaultdict(list)
    for frame, text in truth.items():
        happened[text].append(frame)
    for text, at in happened.items():
        yield from _about_event(text, tuple(at))
    yield from _about_times(truth, rng, frames)
    things = [f'{color} {shape}' for color in COLORS for shape in SHAPES]
    for thing in rng.permutation([thing for thing in things if thing not in seen])[:8]:
        one = f'{article(thing)} {thing}'
        yield AskedPast('never there', f'Was there {one}?', (), about=thing)
        yield AskedPast('never there', f'When did {one} arrive?', (), about=thing)
        yield AskedPast('never there', f'How often was the {thing} moved?', (), about=thing)
    for thing in things:
        moved, left = f'The {thing} was moved.', f'The {thing} has left.'
        if thing in seen and moved not in happened:
            yield AskedPast('never happened', f'When was the {thing} moved?', (), about=moved)
        if thing in seen and left not in happened:
            yield AskedPast('never happened', f'When did the {thing} leave?', (), about=left)


def _about_event(text: str, at: tuple[int, ...]) -> Iterator[AskedPast]:
    """When, how often and whether an event happened."""
    often = {1: 'once', 2: 'twice'}.get(len(at), f'{len(at)} times')
    *subject, verb = text.rstrip('.').split()
    thing = ' '.join(subject[:-1]).lower()
    when, how_often, last = {
        'arrived': (
            f'When did {thing} arrive?',
            f'How often did {thing} come in?',
            f'When did {thing} arrive last?',
        ),
        'left': (
            f'When did {thing} leave?',
            f'How often did {thing} go away?',
            f'When was the last time that {thing} left?',
        ),
        'moved': (
            f'When was {thing} moved?',
            f'How many times did somebody move {thing}?',
            f'When was {thing} last moved?',
        ),
    }.get(
        verb,
        (
            f'When did {" ".join(subject[:2]).lower()} turn {verb}?',
            f'How often did {" ".join(subject[:2]).lower()} become {verb}?',
            f'When did {" ".join(subject[:2]).lower()} last turn {verb}?',
        ),
    )
    yield AskedPast('when', when, at, about=text)
    yield AskedPast('how often', how_often, at, often, about=text)
    yield AskedPast('when last', last, at[-1:], about=text)
    if verb == 'arrived':
        yield AskedPast('was there', f'Was there {thing}?', at, about=text)


def _about_times(truth: Events, rng: np.random.Generator, frames: int) -> Iterator[AskedPast]:
    """What happened after and before an event that happened once, and between two times."""
    texts = list(truth.values())
    once = [frame for frame, text in truth.items() if texts.count(text) == 1]
    for frame in once:
        text = truth[frame]
        event = text[0].lower() + text[1:].rstrip('.')
        later = tuple(at for at in truth if at > frame)
        if 0 < len(later) <= _LISTED:
            question = f'What happened after {event}?'
            yield AskedPast('after', question, later, about=text, span=(frame + 1, frames))
        earlier = tuple(at for at in truth if at < frame)
        if 0 < len(earlier) <= _LISTED:
            question = f'What happened before {event}?'
            yield AskedPast('before', question, earlier, about=text, span=(0, frame - 1))
    for start in rng.permutation(frames - 40)[:20]:
        first, last = int(start), int(start) + 30
        inside = tuple(at for at in truth if first <= at <= last)
        # An event may begin seconds before it is noted, and be noted late.
        edges = {*range(first - 6, first + 6), *range(last - 6, last + 6)}
        if inside and not edges & set(truth):
            question = f'What happened between {_clock(first)} and {_clock(last)}?'
            yield AskedPast('between', question, inside, span=(first, last))


def _clock(frame: int) -> str:
    return time.strftime('%H:%M:%S', time.gmtime(START // SECOND + frame))


def is_right(question: AskedPast, answer: Answer) -> bool:
    """Whether an answer names the events that truly happened, and their number."""
    if not question.frames:
        return answer.outcome is AskOutcome.NOT_FOUND
    told = sorted((stamp - START) // SECOND for stamp in answer.evidence)
    if question.kind == 'was there':
        return answer.outcome is AskOutcome.ANSWERED and bool(_late(question.frames, told))
    return (
        answer.outcome is AskOutcome.ANSWERED
        and question.answer in answer.text
        and _match(question.frames[-_LISTED:], told)
    )


def _late(true: Sequence[int], told: Sequence[int]) -> list[int]:
    """Those of the true events that are told; a note may come late."""
    return [at for at in true if any(at + late in told for late in range(TOLERANCE + 1))]


def _match(true: Sequence[int], told: Sequence[int]) -> bool:
    """Whether both name the same events."""
    return len(true) == len(told) == len(_late(true, told))


def is_in_record(question: AskedPast, truth: Events, notes: Events) -> bool:
    """Whether the notes about the same are all that happened, and only that."""
    about = question.about
    true = [at for at, text in truth.items() if about and about in text]
    told = [at for at, text in notes.items() if about and about in text]
    if not _match(true, told):
        return False
    if question.span is None:
        return True
    first, last = question.span
    inside = [at for at in notes if first <= at <= last + TOLERANCE and at not in told]
    return _match(question.frames, inside)


def ask(folder: Path, truth: Events, seed: int, frames: int) -> list[dict]:
    """Ask everything about one world; a row for each question."""
    world = World(seed, *PICTURES['4:3'])
    seen = {
        f'{color} {thing.shape}'
        for second in range(frames)
        for thing in world.view(float(second)).things
        for color in (thing.color, thing.into)
        if color
    }
    rows = []
    with closing(StoreReader(folder)) as reader:
        notes = noted(reader)
        for question in questions(truth, np.random.default_rng(seed), frames, seen):
            asker = Asker(reader, timezone.utc)
            answer = asker.from_record(asker.recall(question.text))
            rows.append(
                {
                    'kind': question.kind,
                    'question': question.text,
                    'right': is_right(question, answer),
                    'in_record': is_in_record(question, truth, notes),
                    'answer': answer.text or answer.message,
                    'frames': question.frames,
                }
            )
    return rows


def shares(rows: list[dict]) -> dict[str, dict]:
    """By kind: how many questions, how many in the record, and the share right of each."""
    result = {}
    for kind in ('all', 'all that happened', *dict.fromkeys(row['kind'] for row in rows)):
        asked = [
            row
            for row in rows
            if kind in ('all', row['kind'])
            or (kind == 'all that happened' and not row['kind'].startswith('never'))
        ]
        kept = [row for row in asked if row['in_record']]
        result[kind] = {
            'questions': len(asked),
            'right': round(float(np.mean([row['right'] for row in asked])), 3),
            'in_record': len(kept),
            'right_in_record': round(float(np.mean([row['right'] for row in kept])), 3)
            if kept
            else None,
        }
    return result


def main() -> int:
    """Run and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--worlds', type=int, default=12)
    parser.add_argument('--frames', type=int, default=480, help='frames of a world, one a second')
    parser.add_argument('--wrong', action='store_true', help='print the questions that went wrong')
    parser.add_argument('--output', type=Path, default=Path(__file__).with_name('past.json'))
    options = parser.parse_args()
    model = share_path('models', 'streamo-tiny')
    rows, noted_right, happened, model_id = [], 0, 0, ''
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(options.worlds):
            backbone = load(model, Options(device='cpu', lanes=1))
            model_id = backbone.info.model_id
            seed, folder = SEEDS['evaluation'][FIRST_SEED + number], Path(scratch) / str(number)
            truth = watch(backbone, folder, seed, options.frames)
            with closing(StoreReader(folder)) as reader:
                notes = noted(reader)
            happened += len(truth)
            noted_right += sum(
                any(notes.get(at + late) == text for late in range(TOLERANCE + 1))
                for at, text in truth.items()
            )
            rows += ask(folder, truth, seed, options.frames)
    if options.wrong:
        for row in rows:
            if row['in_record'] and not row['right']:
                print(row['kind'], row['question'], row['frames'], row['answer'], sep=' | ')
    report = {
        'model': model_id,
        'worlds': options.worlds,
        'frames': options.frames,
        'events': happened,
        'events_noted': noted_right,
        'questions': shares(rows),
    }
    options.output.write_text(json.dumps(report, indent=1) + '\n')
    print(json.dumps(report, indent=1))
    return 0


if __name__ == '__main__':
    sys.exit(main())
