# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dialogues of the training are those of a lane, id for id; positions are transformers' own."""

import itertools
import re
from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction

import numpy as np
import pytest
import torch

from streamo_ros.core.dialogue import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import Tick
from streamo_ros.core.protocol import State
from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.dialogues import draw_dialogue
from streamo_ros.tiny.objective import Objective
from streamo_ros.tiny.pictures import grid
from streamo_ros.tiny.sampling_mix import AGAIN
from streamo_ros.tiny.sampling_mix import AT_FIRST
from streamo_ros.tiny.sampling_mix import FINE
from streamo_ros.tiny.sampling_mix import LATER
from streamo_ros.tiny.sampling_mix import SamplingMix
from streamo_ros.tiny.scenes import label_course
from streamo_ros.tiny.scenes import spans
from streamo_ros.tiny.tensors import batch
from streamo_ros.tiny.tensors import places
from streamo_ros.tiny.turns import DrawnDialogue
from streamo_ros.tiny.turns import SEEN
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.task import Label


@dataclass
class Seeing:
    tokens: int
    grid: tuple[int, int] = (4, 5)


@dataclass
class Paper:
    """A backbone that only writes down what a lane appends."""

    prompt: object
    capacity: int = 4096
    row: list[int] = field(default_factory=list)

    def open(self):
        return 0

    def length(self, slot):
        return len(self.row)

    def append(self, request):
        for piece in request.pieces:
            self.row += piece if isinstance(piece, tuple) else [SEEN] * piece.tokens

    prefill = append

    def evict(self, slot, keep):
        self.row = [one for start, stop in keep for one in self.row[start:stop]]

    def truncate(self, slot, length):
        del self.row[length:]


def watch(lane, paper, ticks, labels, tokens):
    """Lead a lane through frames with given decisions and answers."""
    for tick, label in zip(ticks, labels, strict=True):
        paper.append(lane.request(tick, Seeing(tokens)))
        lane.commit(label.state)
        if label.state is State.RESPONSE:
            for token in paper.prompt.tokenizer.plain(f' {label.text}'):
                paper.append(lane.decode_request())
                lane.on_token(token)
            lane.finish()
    return paper.row + list(lane.pending)


def ticks_of(course, start, stop):
    first = course.numbers[start]
    return [
        Tick(k + 1, (number - first) / course.rate, (number - first + 1) / course.rate, k, 1)
        for k, number in enumerate(course.numbers[start:stop])
    ]


@pytest.mark.parametrize('seed', range(12))
def test_a_fresh_dialogue_is_what_a_lane_says(courses, prompt, seed):
    found = None
    draw = np.random.default_rng(seed)
    while found is None or not begins_at_zero(found, prompt):
        found = draw_dialogue(courses, prompt, 3, 0.0, draw)
    start, stop = found.visions[0][1], found.visions[-1][1] + 1
    paper = Paper(prompt)
    lane = Dialogue(paper, WindowPolicy(), found.instruction, ContextLimits())
    labels = labels_of(found, prompt)
    assert len(labels) == stop - start
    said = watch(
        lane, paper, ticks_of(found.course, start, stop), labels, found.course.tokens.shape[1]
    )
    assert said == found.ids


def begins_at_zero(dialogue: DrawnDialogue, prompt) -> bool:
    sink = prompt.sink(dialogue.instruction)
    tag = prompt.tag(Fraction(0), 1 / dialogue.course.rate)
    return tuple(dialogue.ids[len(sink) : len(sink) + len(tag)]) == tag


@dataclass
class Due:
    state: State
    text: str = ''


def labels_of(dialogue: DrawnDialogue, prompt) -> list[Due]:
    """States and answers, read back from the targets."""
    states = {ids[0]: state for state, ids in prompt.replies.items()}
    found: list[Due] = []
    spoken: list[int] = []
    for target in dialogue.targets:
        if not target.spoken:
            found.append(Due(states[target.token]))
        elif target.token == prompt.stop:
            found[-1].text = prompt.tokenizer.text(spoken).strip()
            spoken = []
        else:
            spoken.append(target.token)
    return found


def test_after_frames_have_left_the_kept_answers_are_a_lanes_own(courses, prompt):
    course = max(courses, key=lambda one: len(one.views))
    look, count = ('', ''), len(course.views)
    labels = [one for one, _, _ in label_course(course, 'count', look, 0, count, 0)]
    assert State.RESPONSE in [one.state for one in labels[:-2]]
    paper = Paper(prompt)
    lane = Dialogue(paper, WindowPolicy(), 'count', ContextLimits(max_frames=2, max_answers=8))
    said = watch(lane, paper, ticks_of(course, 0, count), labels, course.tokens.shape[1])
    vision = said.index(SEEN) - len(prompt.image_open)
    sink = prompt.sink('count')
    wanted: list[int] = []
    for number, label in list(enumerate(labels))[: -lane.frames]:
        if label.state is State.RESPONSE:
            start = (course.numbers[number] - course.numbers[0]) / course.rate
            wanted += prompt.turn_prefix if wanted else ()
            wanted += prompt.tag(start, start + 1 / course.rate) + prompt.reply_prompt
            wanted += prompt.replies[State.RESPONSE]
            wanted += prompt.tokenizer.plain(f' {label.text}') + prompt.close
    assert said[len(sink) : len(sink) + len(wanted)] == wanted
    assert vision > len(sink) + len(wanted)


def test_a_dialogue_with_kept_answers_begins_with_them(courses, prompt):
    draw = np.random.default_rng(3)
    kept = 0
    for _ in range(60):
        found = draw_dialogue(courses, prompt, 4, 0.0, draw, fresh=False)
        first = found.visions[0][0] - len(prompt.image_open)
        before = found.ids[len(prompt.sink(found.instruction)) : first]
        answers = before.count(prompt.replies[State.RESPONSE][0])
        kept += answers > 0
        assert before.count(prompt.stop) == 2 * answers
        assert answers <= 8
    assert kept > 0


def test_every_frame_has_a_target_where_its_state_is_read(courses, prompt):
    draw = np.random.default_rng(4)
    for _ in range(20):
        found = draw_dialogue(courses, prompt, 4, 0.5, draw)
        states = [one for one in found.targets if not one.spoken]
        assert len(states) == len(found.visions)
        for one in states:
            assert (
                tuple(found.ids[one.at + 1 - len(prompt.reply_prompt) : one.at + 1])
                == prompt.reply_prompt
            )
        for one in found.targets:
            if one.spoken:
                assert found.ids[one.at + 1] == one.token


def test_corruption_changes_the_history_and_not_the_targets(courses, prompt):
    draw = np.random.default_rng(5)
    wrong = 0
    for _ in range(20):
        found = draw_dialogue(courses, prompt, 4, 1.0, draw)
        for one in found.targets:
            if not one.spoken and one.token != prompt.replies[State.RESPONSE][0]:
                assert found.ids[one.at + 1] != one.token
                wrong += 1
    assert wrong > 20


def test_positions_are_those_of_transformers(courses, prompt, network):
    draw = np.random.default_rng(6)
    image = network.hf.config.image_token_id
    for course in courses[:4]:
        found = draw_dialogue([course], prompt, 3, 0.0, draw)
        ids = torch.tensor([[image if one == SEEN else one for one in found.ids]])
        rows, columns = grid(course.aspect)
        grids = torch.tensor([[1, 2 * rows, 2 * columns]] * len(found.visions))
        theirs = network.hf.model.get_rope_index(
            ids, mm_token_type_ids=(ids == image).int(), image_grid_thw=grids
        )[0]
        assert np.array_equal(theirs[:, 0].numpy(), places(found))


def test_a_batch_learns_what_each_of_its_dialogues_would(courses, prompt, network):
    draw = np.random.default_rng(7)
    objective = Objective(prompt)
    several = [draw_dialogue(courses[:2], prompt, n, 0.0, draw) for n in (1, 3)]
    with torch.no_grad():
        alone = [
            network.logits(network.read(b.ids, b.places, b.seen_at, b.seen)[0][b.at])
            for b in (batch([one]) for one in several)
        ]
        both = batch(several)
        together = network.logits(
            network.read(both.ids, both.places, both.seen_at, both.seen)[0][both.at]
        )
        loss, figures = objective(network, both, AuxiliaryWeights(align=0.4))
    assert torch.allclose(torch.cat(alone), together, atol=0.05)
    assert torch.isfinite(loss)
    assert 0 <= figures['state_right'] <= 1


@pytest.mark.parametrize('choices', [AT_FIRST, LATER, AGAIN, FINE])
def test_every_family_is_drawn(choices):
    assert tuple(choices.weights) == FAMILIES


def test_where_it_is_to_fire_most_dialogues_do(courses, prompt):
    draw = np.random.default_rng(9)

    def share(choices):
        fired = 0
        for _ in range(60):
            found = draw_dialogue(courses, prompt, 6, 0.0, draw, choices=choices)
            fired += prompt.replies[State.RESPONSE][0] in [one.token for one in found.targets]
        return fired / 60

    weights = {'appear': 1.0, 'leave': 1.0, 'move': 1.0}
    never = share(SamplingMix(weights, spans=0.0, rivals=1.0, steady=True))
    assert share(SamplingMix(weights, spans=0.0, fires=1.0, steady=True)) > max(0.6, never)


def test_uneven_tags_still_count_from_the_first_frame(courses, prompt):
    draw = np.random.default_rng(10)
    choices = SamplingMix({'ground': 1.0}, uneven=1.0, steady=True)
    gaps = set()
    for _ in range(12):
        found = draw_dialogue(courses, prompt, 4, 0.0, draw, choices=choices, fresh=False)
        text = prompt.tokenizer.text([max(one, 0) for one in found.ids])
        starts = [Fraction(one) for one in re.findall(r'<([0-9.]+)s-', text)]
        assert len(starts) == len(found.visions)
        steps = [(b - a) * found.course.rate for a, b in itertools.pairwise(starts)]
        assert all(one.denominator == 1 and 1 <= one <= 6 for one in steps)
        gaps |= set(steps)
    assert len(gaps) > 2


def test_a_span_begins_with_standby_and_ends_with_the_answer():
    states = [
        State.SILENCE,
        State.STANDBY,
        State.STANDBY,
        State.RESPONSE,
        State.RESPONSE,
        State.SILENCE,
        State.STANDBY,
        State.SILENCE,
        State.RESPONSE,
    ]
    labels = [
        (Label(state, 'x' if state is State.RESPONSE else ''), Fraction(k), Fraction(k + 1))
        for k, state in enumerate(states)
    ]
    found = spans(labels)
    assert [label.state for label, _, _ in found] == states
    assert [label.text for label, _, _ in found if label.text] == [
        'From 1s to 3s.',
        'From 4s to 4s.',
        'From 8s to 8s.',
    ]


def test_a_lead_has_views_and_no_pictures(courses):
    course = max(courses, key=lambda one: one.lead)
    assert course.lead > 0
    assert len(course.views) - course.lead == len(course.tokens)
    assert course.numbers[course.lead] - course.numbers[0] >= course.lead
