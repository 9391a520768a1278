# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training dialogues about simulated streams, as a lane holds them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np

from streamo_ros.backbone.vision.tracks import Followed
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import seconds_text
from streamo_ros.core.protocol import State
from streamo_ros.tiny.objects.facts import Facts
from streamo_ros.tiny.objects.vocabulary import NUMBERS
from streamo_ros.tiny.objects.windows import answer_starts
from streamo_ros.tiny.objects.windows import evicted_count
from streamo_ros.tiny.objects.windows import faintest
from streamo_ros.tiny.objects.windows import followed_from
from streamo_ros.tiny.objects.windows import frame_numbers
from streamo_ros.tiny.objects.windows import gap
from streamo_ros.tiny.objects.windows import MAX_ANSWERS
from streamo_ros.tiny.objects.windows import place_count
from streamo_ros.tiny.objects.windows import tag_starts
from streamo_ros.tiny.turns import DialogueWriter
from streamo_ros.tiny.turns import Target
from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.objects.instruction import draw_instruction
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.known_words import kind_words
from streamo_ros.worlds.objects.labels import Labels
from streamo_ros.worlds.objects.recorded import DetectionRecording
from streamo_ros.worlds.objects.scenario import draw_mixed_scenario
from streamo_ros.worlds.objects.scenario import Scenario
from streamo_ros.worlds.objects.stream import Stream
from streamo_ros.worlds.objects.subject import SIDES
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.tasks import label_stream
from streamo_ros.worlds.objects.tasks import QUESTIONS
from streamo_ros.worlds.objects.tasks import WAITING
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.task import response

_SHORTEST = 24
"""Frames of the shortest stream that is drawn."""
_ATTEMPTS = 8
_LONG_QUIET, _QUIET, _SHORT_QUIET, _ABSENT = 0.35, 0.25, 0.1, 0.2
"""Shares of dialogues in which nothing need be due, by their length, and in which it never comes.
In most windows of a camera nothing is."""
_CONDITIONS = ('more', 'together', 'side', 'move', 'near')
"""Families that depend on more than presence. Were something due in nearly all of their short
windows, to see the thing would be enough."""
_UNFULFILLED, _LATER = 0.5, 0.6
"""Shares of their dialogues in which nothing need be due, and in which it is so only later."""
_RECORDED = 0.5
"""Share of dialogues about recordings."""
_CUT = 0.2
"""Share of dialogues about streams of cuts."""
_DECOY = 0.25
"""Share of dialogues in which what happens is not what is waited for but the same of another
kind."""
_SHORT, _LONG = 4, 8
_WRONG_ANSWER, _MISSED_ANSWER, _MISSED_AGAIN = 0.08, 0.3, 0.5
_PLACE_WORDS = (*SIDES[:5], 'At', 'On', 'In', 'Not', 'at', 'on')
"""Words of answers that depend on where a thing is."""
_LOST_STANDBY = 0.3
"""Share of Standby turns whose history says Silence: else an answer would follow from the Standby
before it alone."""


@dataclass(frozen=True)
class DialoguePlan:
    """What a dialogue is to be like.

    Attributes:
        turns: frames in the window.
        weights: sampling weight of each family.
        corruption: share of Silence turns whose state in the history is wrong. Unless it is 0,
            much of Standby is wrong, too, and some answers are missed and come a frame later.
        stress: extra weight of the starts and ends of events.
        fresh: whether the window begins with the lane's first frame.
    """

    turns: int
    weights: Mapping[str, float]
    corruption: float = 0.0
    stress: float = 1.0
    fresh: bool = True


@dataclass
class ObjectDialogue:
    """The dialogue of one lane; see `turns.WrittenDialogue`.

    Attributes:
        family: task family.
        instruction: its text.
        subject: what it is about.
        stream: where the frames come from.
        followed: what the window shows, with what the frames before tell of it.
        first: number of the window's first frame in the stream.
        vision_tokens: places of each frame.
        sink: tokens up to the end of the instruction.
        gap: positions that are left out after it.
    """

    family: str
    instruction: str
    subject: Subject
    stream: Stream
    followed: Followed
    first: int
    vision_tokens: int
    sink: int
    gap: int
    ids: list[int] = field(default_factory=list)
    visions: list[tuple[int, int]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    probe_targets: list[tuple[int, ...]] = field(default_factory=list)


def draw_dialogue(
    prompt: PromptTokens,
    plan: DialoguePlan,
    rng: np.random.Generator,
    recordings: Sequence[DetectionRecording] = (),
) -> ObjectDialogue:
    """Draw a dialogue; most contain an answer.

    Args:
        prompt: prompt of the model's tokenizer.
        plan: what it is to be like.
        rng: makes all random choices.
        recordings: what the detector saw in real videos; part of the dialogues are about these.
    """
    family = _draw_family(plan, rng)
    recorded = bool(recordings) and family != 'unknown' and rng.random() < _RECORDED
    quiet = rng.random() < _quiet_share(family, plan.turns)
    later = 2 if family in _CONDITIONS and plan.turns > 2 and rng.random() < _LATER else 0
    decoy = family in WAITING and rng.random() < _DECOY
    absent = family in WAITING and plan.turns > _SHORT and rng.random() < _ABSENT
    cut = rng.random() < _CUT
    for attempt in range(_ATTEMPTS):
        evicted = 0 if plan.fresh else evicted_count(family, rng)
        numbers, step = frame_numbers(plan.turns + evicted, rng)
        # Short windows are cut out of streams in which something can happen.
        frames = max(_SHORTEST, numbers[-1] + 1)
        first = int(rng.integers(frames - numbers[-1]))
        videos = recordings if recorded else ()
        scenario = draw_mixed_scenario(family, videos, frames, rng, absent=absent, cut=cut)
        shown = [first + number for number in numbers]
        scenario = replace(scenario, stream=scenario.stream.at(shown))
        subject, text = draw_instruction(family, scenario.subject, rng)
        other = _not_there(subject, scenario.stream, rng) if decoy else None
        tags = tag_starts(numbers, evicted, step, rng)
        starts = [seconds_text(tag) for tag in tags]
        labels = label_stream(family, subject, scenario.stream, 0, starts)
        if quiet or absent or attempt == _ATTEMPTS - 1 or labels.since(evicted + later).fires:
            break
    if other is not None:
        subject, text = draw_instruction(family, other, rng)
        labels = label_stream(family, subject, scenario.stream, 0, starts)
    scenario = replace(scenario, subject=subject)
    labels = _with_wrong_answers(family, labels, rng)
    return _written(prompt, plan, (family, text, scenario), labels, (evicted, tags, step), rng)


def _not_there(subject: Subject, stream: Stream, rng: np.random.Generator) -> Subject:
    """The same subject, of a kind that no thing and no false detection is of."""
    shown = {*np.unique(stream.kind).tolist(), *(thing.kind for thing in stream.things)}
    kind = pick(rng, [number for number in range(len(KINDS)) if number not in shown])
    return replace(subject, kinds=(kind, *subject.kinds[1:]))


def _quiet_share(family: str, turns: int) -> float:
    if turns <= _SHORT and family in _CONDITIONS:
        return _UNFULFILLED
    if turns > _LONG:
        return _LONG_QUIET
    return _QUIET if turns > _SHORT else _SHORT_QUIET


def _draw_family(plan: DialoguePlan, rng: np.random.Generator) -> str:
    names = list(plan.weights)
    values = np.array([plan.weights[name] for name in names])
    if plan.turns == 1 and plan.fresh:
        # Nothing but a refusal is due at the first frame.
        values = values * [40.0 if name == 'unknown' else 1.0 for name in names]
    return names[int(rng.choice(len(names), p=values / values.sum()))]


def _with_wrong_answers(family: str, labels: Labels, rng: np.random.Generator) -> Labels:
    """Now and then a wrong answer stands in the history, and the right one is due next."""
    if family not in QUESTIONS:
        return labels
    texts = sorted({label.text for label in labels.labels if label.text})
    kept, doubt = list(labels.labels), labels.doubt.copy()
    for frame, label in enumerate(labels.labels[:-1]):
        follower = labels.labels[frame + 1]
        if label.state is not State.RESPONSE or rng.random() >= _WRONG_ANSWER:
            continue
        wrong = _another(family, label.text, texts, rng)
        if follower.state is State.RESPONSE or wrong == label.text:
            continue
        kept[frame], doubt[frame] = response(wrong), True
        kept[frame + 1] = response(label.text)
        doubt[frame + 1] = labels.doubt[frame]
    return Labels(kept, doubt)


def _another(family: str, text: str, texts: Sequence[str], rng: np.random.Generator) -> str:
    if family == 'presence':
        return 'No.' if text == 'Yes.' else 'Yes.'
    if family == 'count' and text[0].isdigit():
        number = max(0, int(text[0]) + int(rng.choice((-1, 1))))
        return f'{number}{text[1:]}'
    return pick(rng, texts)


def _written(
    prompt: PromptTokens,
    plan: DialoguePlan,
    about: tuple[str, str, Scenario],
    labels: Labels,
    when: tuple[int, list[Fraction], Fraction],
    rng: np.random.Generator,
) -> ObjectDialogue:
    """The dialogue as tokens."""
    (family, text, scenario), (evicted, tags, step) = about, when
    limit, sink = faintest(rng), prompt.sink(text)
    stream = scenario.stream.without(limit)
    followed = followed_from(stream, evicted, rng)
    dialogue = ObjectDialogue(
        family,
        text,
        scenario.subject,
        stream,
        followed,
        evicted,
        place_count(followed, not limit, rng),
        len(sink),
        gap(plan.turns, rng),
        list(sink),
    )
    facts = Facts(family, scenario.subject, scenario.stream, labels, tags)
    dialogue.probe_targets = facts.targets(evicted)
    writer = DialogueWriter(dialogue, prompt, plan.stress, _heavy_ids(prompt))
    rows = [(label, tag, tag + step) for label, tag in zip(labels.labels, tags, strict=True)]
    answers = [row for row in rows[:evicted] if row[0].state is State.RESPONSE][-MAX_ANSWERS:]
    times = answer_starts([start for _, start, _ in answers], tags[: evicted + 1], step, rng)
    for (label, _, _), start in zip(answers, times, strict=True):
        writer.answer(label, start, start + step)
    missed: Label | None = None
    lasting = labels.holds if family in _CONDITIONS else None
    for frame, (due, start, end) in enumerate(rows[evicted:], evicted):
        # What was missed is still due, unless it is over.
        late = missed is not None and due.state is not State.RESPONSE
        late = late and (lasting is None or bool(lasting[frame]))
        label = missed if late and missed else due
        missed = label if _is_missed(label, plan, late, rng) else None
        corrupted = missed is not None or _is_corrupted(label, plan, rng)
        share = 0.0 if labels.doubt[frame] else 1.0
        writer.turn(label, start, end, frame, corrupted, share)
    return dialogue


def _is_missed(label: Label, plan: DialoguePlan, late: bool, rng: np.random.Generator) -> bool:
    share = _MISSED_AGAIN if late else _MISSED_ANSWER
    if not plan.corruption or label.state is not State.RESPONSE:
        return False
    return bool(rng.random() < share)


def _is_corrupted(label: Label, plan: DialoguePlan, rng: np.random.Generator) -> bool:
    if label.state is State.RESPONSE:
        return False
    share = plan.corruption
    if share and label.state is State.STANDBY:
        share = _LOST_STANDBY
    return bool(rng.random() < share)


@cache
def _heavy_ids(prompt: PromptTokens) -> frozenset[int]:
    """Ids of the words for kinds and places, and of numbers."""
    texts = (*(f' {word}' for word in (*kind_words(), *_PLACE_WORDS)), *NUMBERS)
    ids = (prompt.tokenizer.plain(text) for text in texts)
    return frozenset(word[0] for word in ids if len(word) == 1)
