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

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import Tick
from streamo_ros.core.protocol import State
from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.dialogues import draw_dialogue
from streamo_ros.tiny.objective import Objective
from streamo_ros.tiny.pictures import grid
from streamo_ros.tiny.sampling_mix import FOURTH_STAGE
from streamo_ros.tiny.sampling_mix import SamplingMix
from streamo_ros.tiny.sampling_mix import SECOND_STAGE_EARLY
from streamo_ros.tiny.sampling_mix import SECOND_STAGE_LATE
from streamo_ros.tiny.sampling_mix import THIRD_STAGE
from streamo_ros.tiny.scenes import label_clip
from streamo_ros.tiny.scenes import span_labels
from streamo_ros.tiny.tensors import collate
from streamo_ros.tiny.tensors import token_positions
from streamo_ros.tiny.turns import DrawnDialogue
from streamo_ros.tiny.turns import VISION
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.task import Label


@dataclass
class FakeVision:
    tokens: int
    grid: tuple[int, int] = (4, 5)


@dataclass
class RecordingBackbone:
    """A backbone that only writes down what a lane appends."""

    prompt: object
    capacity: int = 4096
    lanes: int = 1
    row: list[int] = field(default_factory=list)

    def open(self):
        return 0

    def length(self, slot):
        return len(self.row)

    def append(self, request):
        for piece in request.pieces:
            self.row += piece if isinstance(piece, tuple) else [VISION] * piece.tokens

    prefill = append

    def evict(self, slot, keep):
        self.row = [one for start, stop in keep for one in self.row[start:stop]]

    def truncate(self, slot, length):
        del self.row[length:]


def run_lane(lane, backbone, ticks, labels, tokens):
    """Lead a lane through frames with given decisions and answers."""
    for tick, label in zip(ticks, labels, strict=True):
        backbone.append(lane.request(tick, FakeVision(tokens)))
        lane.commit(label.state)
        if label.state is State.RESPONSE:
            for token in backbone.prompt.tokenizer.plain(f' {label.text}'):
                backbone.append(lane.decode_request())
                lane.on_tokens((token,))
            lane.finish()
    return backbone.row + list(lane.pending)


def ticks_of(clip, start, stop):
    first = clip.numbers[start]
    return [
        Tick(k + 1, (number - first) / clip.rate, (number - first + 1) / clip.rate, k, 1)
        for k, number in enumerate(clip.numbers[start:stop])
    ]


@pytest.mark.parametrize('seed', range(12))
def test_a_fresh_dialogue_is_what_a_lane_says(clips, prompt, seed):
    found = None
    rng = np.random.default_rng(seed)
    while found is None or not begins_at_zero(found, prompt):
        found = draw_dialogue(clips, prompt, 3, 0.0, rng)
    start, stop = found.visions[0][1], found.visions[-1][1] + 1
    backbone = RecordingBackbone(prompt)
    lane = Dialogue(backbone, WindowPolicy(), found.instruction, ContextLimits())
    labels = labels_of(found, prompt)
    assert len(labels) == stop - start
    written = run_lane(
        lane, backbone, ticks_of(found.clip, start, stop), labels, found.clip.tokens.shape[1]
    )
    assert written == found.ids


def begins_at_zero(dialogue: DrawnDialogue, prompt) -> bool:
    sink = prompt.sink(dialogue.instruction)
    tag = prompt.tag(Fraction(0), 1 / dialogue.clip.rate)
    return tuple(dialogue.ids[len(sink) : len(sink) + len(tag)]) == tag


@dataclass
class Due:
    state: State
    text: str = ''


def labels_of(dialogue: DrawnDialogue, prompt) -> list[Due]:
    """States and answers, read back from the targets."""
    states = {ids[0]: state for state, ids in prompt.replies.items()}
    found: list[Due] = []
    in_answer: list[int] = []
    for target in dialogue.targets:
        if not target.in_answer:
            found.append(Due(states[target.token]))
        elif target.token == prompt.stop:
            found[-1].text = prompt.tokenizer.text(in_answer).strip()
            in_answer = []
        else:
            in_answer.append(target.token)
    return found


def test_after_frames_have_left_the_kept_answers_are_a_lanes_own(clips, prompt):
    clip = max(clips, key=lambda one: len(one.views))
    look, count = ('', ''), len(clip.views)
    labels = [one for one, _, _ in label_clip(clip, 'count', look, 0, count, 0)]
    assert State.RESPONSE in [label.state for label in labels[:-2]]
    backbone = RecordingBackbone(prompt)
    lane = Dialogue(backbone, WindowPolicy(), 'count', ContextLimits(max_frames=2, max_answers=8))
    written = run_lane(lane, backbone, ticks_of(clip, 0, count), labels, clip.tokens.shape[1])
    vision = written.index(VISION) - len(prompt.image_open)
    sink = prompt.sink('count')
    wanted: list[int] = []
    for number, label in list(enumerate(labels))[: -lane.frames]:
        if label.state is State.RESPONSE:
            start = (clip.numbers[number] - clip.numbers[0]) / clip.rate
            wanted += prompt.turn_prefix if wanted else ()
            wanted += prompt.tag(start, start + 1 / clip.rate) + prompt.reply_prompt
            wanted += prompt.replies[State.RESPONSE]
            wanted += prompt.tokenizer.plain(f' {label.text}') + prompt.close
    assert written[len(sink) : len(sink) + len(wanted)] == wanted
    assert vision > len(sink) + len(wanted)


def test_a_dialogue_with_kept_answers_begins_with_them(clips, prompt):
    rng = np.random.default_rng(3)
    kept = 0
    for _ in range(60):
        found = draw_dialogue(clips, prompt, 4, 0.0, rng, fresh=False)
        first = found.visions[0][0] - len(prompt.image_open)
        before = found.ids[len(prompt.sink(found.instruction)) : first]
        answers = before.count(prompt.replies[State.RESPONSE][0])
        kept += answers > 0
        assert before.count(prompt.stop) == 2 * answers
        assert answers <= 8
    assert kept > 0


def test_every_frame_has_a_target_where_its_state_is_read(clips, prompt):
    rng = np.random.default_rng(4)
    for _ in range(20):
        found = draw_dialogue(clips, prompt, 4, 0.5, rng)
        states = [target for target in found.targets if not target.in_answer]
        assert len(states) == len(found.visions)
        for one in states:
            assert (
                tuple(found.ids[one.position + 1 - len(prompt.reply_prompt) : one.position + 1])
                == prompt.reply_prompt
            )
        for one in found.targets:
            if one.in_answer:
                assert found.ids[one.position + 1] == one.token


def test_corruption_changes_the_history_and_not_the_targets(clips, prompt):
    rng = np.random.default_rng(5)
    wrong = 0
    for _ in range(20):
        found = draw_dialogue(clips, prompt, 4, 1.0, rng)
        for one in found.targets:
            if not one.in_answer and one.token != prompt.replies[State.RESPONSE][0]:
                assert found.ids[one.position + 1] != one.token
                wrong += 1
    assert wrong > 20


def test_positions_are_those_of_transformers(clips, prompt, network):
    rng = np.random.default_rng(6)
    image = network.hf.config.image_token_id
    for clip in clips[:4]:
        found = draw_dialogue([clip], prompt, 3, 0.0, rng)
        ids = torch.tensor([[image if one == VISION else one for one in found.ids]])
        rows, columns = grid(clip.aspect)
        grids = torch.tensor([[1, 2 * rows, 2 * columns]] * len(found.visions))
        theirs = network.hf.model.get_rope_index(
            ids, mm_token_type_ids=(ids == image).int(), image_grid_thw=grids
        )[0]
        assert np.array_equal(theirs[:, 0].numpy(), token_positions(found))


def test_a_batch_learns_what_each_of_its_dialogues_would(clips, prompt, network):
    rng = np.random.default_rng(7)
    objective = Objective(prompt)
    several = [draw_dialogue(clips[:2], prompt, n, 0.0, rng) for n in (1, 3)]
    with torch.no_grad():
        alone = [
            network.logits(
                network.run(b.ids, b.positions, b.vision_index, b.vision)[0][b.target_index]
            )
            for b in (collate([one]) for one in several)
        ]
        both = collate(several)
        together = network.logits(
            network.run(both.ids, both.positions, both.vision_index, both.vision)[0][
                both.target_index
            ]
        )
        loss, figures = objective(network, both, AuxiliaryWeights(align=0.4))
    assert torch.allclose(torch.cat(alone), together, atol=0.05)
    assert torch.isfinite(loss)
    assert 0 <= figures['state_right'] <= 1


@pytest.mark.parametrize('mix', [SECOND_STAGE_EARLY, SECOND_STAGE_LATE, THIRD_STAGE, FOURTH_STAGE])
def test_every_family_is_drawn(mix):
    assert tuple(mix.weights) == FAMILIES


def test_where_it_is_to_fire_most_dialogues_do(clips, prompt):
    rng = np.random.default_rng(9)

    def share(mix):
        fired = 0
        for _ in range(60):
            found = draw_dialogue(clips, prompt, 6, 0.0, rng, mix=mix)
            fired += prompt.replies[State.RESPONSE][0] in [
                target.token for target in found.targets
            ]
        return fired / 60

    weights = {'appear': 1.0, 'leave': 1.0, 'move': 1.0}
    never = share(SamplingMix(weights, spans=0.0, distractors=1.0, keep_family=True))
    assert share(SamplingMix(weights, spans=0.0, fulfilled=1.0, keep_family=True)) > max(
        0.6, never
    )


def test_uneven_tags_still_count_from_the_first_frame(clips, prompt):
    rng = np.random.default_rng(10)
    mix = SamplingMix({'ground': 1.0}, uneven_tags=1.0, keep_family=True)
    gaps = set()
    for _ in range(12):
        found = draw_dialogue(clips, prompt, 4, 0.0, rng, mix=mix, fresh=False)
        text = prompt.tokenizer.text([max(one, 0) for one in found.ids])
        starts = [Fraction(one) for one in re.findall(r'<([0-9.]+)s-', text)]
        assert len(starts) == len(found.visions)
        steps = [(b - a) * found.clip.rate for a, b in itertools.pairwise(starts)]
        assert all(step.denominator == 1 and 1 <= step <= 6 for step in steps)
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
    found = span_labels(labels)
    assert [label.state for label, _, _ in found] == states
    assert [label.text for label, _, _ in found if label.text] == [
        'From 1s to 3s.',
        'From 4s to 4s.',
        'From 8s to 8s.',
    ]


def test_a_prefix_has_views_and_no_pictures(clips):
    clip = max(clips, key=lambda one: one.prefix)
    assert clip.prefix > 0
    assert len(clip.views) - clip.prefix == len(clip.tokens)
    assert clip.numbers[clip.prefix] - clip.numbers[0] >= clip.prefix
