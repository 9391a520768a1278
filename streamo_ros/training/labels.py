# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels every sampled frame of an annotated video with the decision due, losing no answer.

There are two rules. 'causal', ours: what happens at time t is due at the first frame at or after
t, so that nothing is asked for before a frame can show it. 'paper', the authors': time t belongs
to the turn whose tag contains it, and that turn's frame is up to one turn older. In both, an event
is Standby while it lasts and Response once it is over, and no answer is lost where events meet or
the video ends. Everything is computed from times; frame strides are never rounded to integers.

Source of 'paper': Xia et al., arXiv 2512.21334, sec. 3.2 and 4.1; the turn rule is that of the
released data: time 5 is the turn <4s-5s>.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from streamo_ros.core.protocol import seconds_text
from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import carry_answers
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.record import AnnotatedAnswer
from streamo_ros.training.record import Annotation
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.record import Problem
from streamo_ros.training.video_frames import SampledVideo

Rule = Literal['causal', 'paper']


@dataclass(frozen=True)
class LabelSpan:
    """The turns of one answer: Standby in [standby, due), Response in `due`."""

    standby: int
    due: int
    text: str


@dataclass(frozen=True)
class LabelTimeline:
    """Turns over a video: turn k shows the first frame at or after k/rate seconds.

    Attributes:
        duration: length of the video, in seconds.
        rate: turns per second.
        last: time of the last frame, in seconds.
        times: frame time of each turn that has a frame; None = every turn has one, at its start.
        rule: see the module.
    """

    duration: Fraction
    rate: Fraction
    last: Fraction
    times: Mapping[int, Fraction] | None = None
    rule: Rule = 'paper'

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.last < 0:
            raise AnnotationError('the rate and the length of the video must be positive')

    @property
    def turns(self) -> int:
        """Turns from the first to the last frame."""
        return max(self.times) + 1 if self.times else math.floor(self.last * self.rate) + 1

    def turn_of(self, time: Fraction) -> int:
        """The turn of a time; past the last frame it is the turn after the last one.

        'causal': the first turn whose frame is at or after the time. 'paper': the turn whose tag
        <Xs-Ys> contains the time, X < time <= Y; 0 for time 0.
        """
        if self.rule == 'paper':
            return max(0, math.ceil(time * self.rate) - 1)
        if self.times is None:
            return min(math.ceil(time * self.rate), self.turns)
        return min((k for k, shown in self.times.items() if shown >= time), default=self.turns)

    def check(self, time: Fraction, what: str) -> None:
        """Reject a time more than one turn past the end of the video."""
        if time > self.duration + 1 / self.rate:
            raise AnnotationError(
                f'{what} at {seconds_text(time)} s is past the end of the video '
                f'({seconds_text(self.duration)} s)'
            )


def timeline(
    duration: Fraction,
    rate: Fraction,
    frame_rate: Fraction | None = None,
    rule: Rule = 'paper',
) -> LabelTimeline:
    """Turns over a video of this length; `frame_rate` is the video's own, in frames per second."""
    step = 1 / (frame_rate or rate)
    return LabelTimeline(duration, rate, max(Fraction(0), duration - step), None, rule)


def sampled_timeline(video: SampledVideo, rate: Fraction, rule: Rule = 'paper') -> LabelTimeline:
    """Turns over a video whose frame times are known."""
    return LabelTimeline(video.duration, rate, video.last, video.times, rule)


def label(
    record: Annotation, line: LabelTimeline, file: str = '', name: str = ''
) -> tuple[LabeledDialogue | None, list[Problem]]:
    """Label every turn of one video.

    Answers due in the same turn are joined in annotation order; a Response is never overwritten
    by another event's Standby. An answer due after the last frame moves to the last turn; by the
    causal rule that is one more turn, which shows the last frame again. An answer due before the
    first instruction moves to that instruction's turn. Whatever is left out or moved is reported.

    Returns:
        The dialogue (None when no instruction falls within the video), and the report of what
        was left out or moved.
    """
    findings: list[Problem] = []
    instructions: dict[int, list[str]] = {}
    for number, question in enumerate(record.questions, 1):
        try:
            line.check(question.time, f'question {number}')
        except AnnotationError as error:
            findings.append(Problem(file, name, 'question', str(error)))
            continue
        turn = min(line.turn_of(question.time), line.turns - 1)
        instructions.setdefault(turn, []).append(question.text)
    if not instructions:
        return None, [
            *findings,
            Problem(file, name, 'record', 'no question falls within the video'),
        ]
    spans = _spans(record, line, min(instructions), findings, file, name)
    count = max([line.turns, *(span.due + 1 for span in spans)])
    states, texts = _states(spans, count)
    turns = [
        LabeledTurn(
            k / line.rate,
            (k + 1) / line.rate,
            states[k],
            ' '.join(texts[k]),
            '\n'.join(instructions.get(k, ())),
            0,
            k / line.rate,
        )
        for k in range(count)
    ]
    if line.times is not None:
        closing = {line.turns: line.last} if count > line.turns else {}
        turns = _with_frames(turns, {**line.times, **closing})
    dialogue = LabeledDialogue(
        record.name, record.task, record.source, (record.video,), tuple(turns)
    )
    return dialogue, findings


def _with_frames(turns: Sequence[LabeledTurn], times: Mapping[int, Fraction]) -> list[LabeledTurn]:
    """The turns that have a frame; what is due or asked in a gap moves to the next frame."""
    kept = [k in times for k in range(len(turns))]
    present = []
    asked: list[str] = []
    due = iter(carry_answers(turns, kept))
    for k, turn in enumerate(turns):
        asked += [turn.instruction] if turn.instruction else []
        if kept[k]:
            _, state, text = next(due)
            instruction, asked = '\n'.join(asked), []
            present.append(
                replace(turn, state=state, text=text, instruction=instruction, time=times[k])
            )
    return present


def _spans(
    record: Annotation,
    line: LabelTimeline,
    first_question: int,
    findings: list[Problem],
    file: str,
    name: str,
) -> list[LabelSpan]:
    spans = []
    for number, answer in enumerate(record.answers, 1):
        try:
            line.check(answer.end, f'answer {number}')
        except AnnotationError as error:
            findings.append(Problem(file, name, 'answer', str(error)))
            continue
        standby, due = _annotated_turns(answer, line)
        last = line.turns if line.rule == 'causal' else line.turns - 1
        final = min(max(due, first_question), last)
        if final != due:
            why = (
                'it is due before the first question'
                if due < first_question
                else ('it is due after the last frame')
            )
            findings.append(
                Problem(
                    file,
                    name,
                    'changed',
                    f'answer {number}: {why}; moved to {seconds_text(final / line.rate)} s',
                )
            )
        spans.append(LabelSpan(max(standby, first_question), final, answer.text))
    return spans


def _annotated_turns(answer: AnnotatedAnswer, line: LabelTimeline) -> tuple[int, int]:
    end = line.turn_of(answer.end)
    if answer.start is None:
        return end, end
    return line.turn_of(answer.start), end if line.rule == 'causal' else end + 1


def _states(spans: list[LabelSpan], turns: int) -> tuple[list[State], list[list[str]]]:
    states = [State.SILENCE] * turns
    texts: list[list[str]] = [[] for _ in range(turns)]
    for span in spans:
        for turn in range(span.standby, span.due):
            states[turn] = max(states[turn], State.STANDBY)
        states[span.due] = State.RESPONSE
        texts[span.due].append(span.text)
    return states, texts
