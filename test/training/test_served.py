# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is trained on is, token for token, what the assistant shows a model."""

from __future__ import annotations

import random
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State
from streamo_ros.training.augmentation import Augmentation
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.recorder import RecordingBackbone
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.sequence import Segment
from streamo_ros.training.sequence import TrainingSequence
from streamo_ros.training.served import ServedLane

IMAGE = -7
FAMILIES = (
    'Qwen2_5_VLForConditionalGeneration',
    'Qwen3VLForConditionalGeneration',
    'InternVLForConditionalGeneration',
)


class ForcedBackbone(RecordingBackbone):
    """Decides and says what is due, and keeps the row from which each state was read."""

    def __init__(self, prompt: PromptTokens, capacity: int, frame_tokens: int) -> None:
        super().__init__(prompt, capacity)
        self.frame_tokens = frame_tokens
        self.due: tuple[State, str] = (State.SILENCE, '')
        self.contexts: list[list[int]] = []
        self._answer: list[int] = []

    def encode(self, image):
        frame = super().encode(image)
        return RecordedFrame(frame.number, self.frame_tokens, image.shape[:2])

    def extend(self, requests):
        super().extend(requests)
        self.contexts.append([IMAGE if not isinstance(i, int) else i for i in self.row])
        state, text = self.due
        self._answer = [*self.prompt.tokenizer.plain(f' {text}'), self.prompt.stop]
        return np.array([[9.0 * (state is each) for each in DECISIONS]], np.float32)

    def decode(self, requests, sampling):
        super().decode(requests, sampling)
        return [self._answer.pop(0)]


@dataclass
class Served:
    contexts: list[list[int]]
    row: list[int]


def serve(prompt, turns, limits, capacity, frame_tokens, sizes=()) -> Served:
    """Run the turns through the assistant, every decision forced."""
    backbone = ForcedBackbone(prompt, capacity, frame_tokens)
    book = InstructionBook()
    assistant = Assistant(backbone, book, AssistantSettings(limits=limits))
    book.add(turns[0].instruction)
    for number, turn in enumerate(turns):
        tick = Tick(SECOND + round(turn.start * SECOND), turn.start, turn.end, number, 1)
        height = sizes[number] if sizes else 24
        backbone.due = turn.state, turn.text
        assistant.observe(Frame(tick, np.zeros((height, 32, 3), np.uint8), 'test'))
        while assistant.busy:
            assistant.speak(16)
    row = [IMAGE if not isinstance(item, int) else item for item in backbone.row]
    return Served(backbone.contexts, [*row, *assistant.lanes[0].dialogue.pending])


def frames(turns, tokens, sizes=()) -> list[RecordedFrame]:
    return [RecordedFrame(k, tokens, (sizes[k] if sizes else 24, 32)) for k in range(len(turns))]


def draw(seed: int) -> list[LabeledTurn]:
    """A random lane: any rate, start, labels, gaps; answers with and without seconds."""
    rng = random.Random(seed)
    rate = Fraction(rng.choice(['0.5', '1', '2', '2.997', '5']))
    tick, turns = rng.randrange(40), []
    for number in range(rng.randrange(1, 40)):
        state = rng.choices(DECISIONS, (5, 2, 1))[0]
        text = rng.choice(['It is red.', 'Yes', 'a b c d e']) if state is State.RESPONSE else ''
        turns.append(
            LabeledTurn(
                tick / rate, (tick + 1) / rate, state, text, '' if number else 'What is it?'
            )
        )
        tick += rng.choices((1, 2, 7), (20, 2, 1))[0]
    return turns


def contexts_of(sequence: TrainingSequence, count: int) -> list[tuple[list[int], list[int]]]:
    """(tokens in the window at a decision, what is supervised from there on) of each decision."""
    counts = [count] * len(sequence.frames)
    ids, labels = sequence.expand(counts, IMAGE)
    labels += [IGNORED]
    segments = sequence.expanded_segments(counts) or (Segment(0, len(ids)),)
    pairs = []
    for k in sequence.decision_places(counts):
        (segment,) = (each for each in segments if each.start < k <= each.stop)
        context = [ids[place] for place in segment.held] + ids[segment.start : k]
        pairs.append((context, labels[k : labels.index(IGNORED, k)]))
    return pairs


def row_of(sequence: TrainingSequence, count: int) -> list[int]:
    """The window at the end of a sequence."""
    counts = [count] * len(sequence.frames)
    ids, _ = sequence.expand(counts, IMAGE)
    *_, last = sequence.expanded_segments(counts) or (Segment(0, len(ids)),)
    return [ids[place] for place in last.held] + ids[last.start : last.stop]


@pytest.mark.parametrize('kind', ['special_tokens', 'text_tags'])
@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize(
    ('max_frames', 'max_answers', 'max_time', 'max_tokens'),
    [(120, 8, 0, 0), (6, 8, 0, 0), (5, 1, 0, 700), (6, 8, 0, 1), (9, 2, 7.5, 0), (9, 2, 7.5, 900)],
)
def test_every_decision_is_trained_once_in_the_context_in_which_it_is_served(
    make_prompt, kind, family, max_frames, max_answers, max_time, max_tokens
):
    prompt = make_prompt(family, kind)
    limits = ContextLimits(max_frames, max_answers, max_time, max_new_tokens=16)
    evicted = cut = 0
    for seed in range(12):
        turns, tokens = draw(seed), 1 + seed % 4
        served = serve(prompt, turns, limits, 4096, tokens)
        lane = ServedLane(prompt, limits, 4096, max_tokens)
        sequences = list(lane.sequences(turns, frames(turns, tokens)))
        trained = [pair for sequence in sequences for pair in contexts_of(sequence, tokens)]
        assert [context for context, _ in trained] == served.contexts
        for (_, supervised), turn in zip(trained, turns, strict=True):
            text = prompt.tokenizer.plain(f' {turn.text}') if turn.text else ()
            assert supervised == [*prompt.replies[turn.state], *text, prompt.stop]
        assert row_of(sequences[-1], tokens) == served.row
        evicted += len(sequences) > 1 or bool(sequences[0].segments)
        cut += len(sequences) > 1
    assert bool(evicted) == (max_frames < 120)
    assert bool(cut) == bool(max_tokens or max_time)


def test_a_slot_that_is_too_small_evicts_in_training_as_in_service(make_prompt):
    prompt = make_prompt()
    limits = ContextLimits(max_new_tokens=16)
    capacity = len(prompt.sink('What is it?')) + 6 * prompt.longest_turn(3)
    turns = draw(3)
    served = serve(prompt, turns, limits, capacity, 3)
    sequences = list(ServedLane(prompt, limits, capacity).sequences(turns, frames(turns, 3)))
    assert len(sequences[0].segments) > 2
    trained = [context for each in sequences for context, _ in contexts_of(each, 3)]
    assert trained == served.contexts
    longest = capacity + 200
    cut = list(ServedLane(prompt, limits, capacity, longest).sequences(turns, frames(turns, 3)))
    assert len(cut) > 2
    assert all(sequence.tokens <= longest for sequence in cut)
    assert [pair for each in cut for pair in contexts_of(each, 3)] == [
        pair for each in sequences for pair in contexts_of(each, 3)
    ]


def test_another_image_size_makes_a_lane_forget_its_frames_in_training_too(make_prompt):
    prompt, limits = make_prompt(), ContextLimits(max_new_tokens=16)
    turns = draw(5)
    sizes = [24 if k < len(turns) // 2 else 32 for k in range(len(turns))]
    served = serve(prompt, turns, limits, 4096, 2, sizes)
    lane = ServedLane(prompt, limits, 4096)
    sequences = list(lane.sequences(turns, frames(turns, 2, sizes)))
    assert len(sequences) == 2
    trained = [context for each in sequences for context, _ in contexts_of(each, 2)]
    assert trained == served.contexts


def spoken(prompt: PromptTokens, sequence: TrainingSequence) -> str:
    ids = [item for item in sequence.items if isinstance(item, int)]
    return prompt.tokenizer._control.decode(ids, skip_special_tokens=False)


def test_seconds_of_an_answer_count_from_the_lane_s_first_frame(make_prompt):
    prompt = make_prompt()
    turns = [
        LabeledTurn(Fraction(k), Fraction(k + 1), State.SILENCE, '', 'When?' if k == 7 else '')
        for k in range(7, 16)
    ]
    turns[4] = replace(turns[4], state=State.RESPONSE, text='From 8s to 10.5s.')
    turns[2] = replace(turns[2], state=State.RESPONSE, text='From 2s to 7s.')
    (sequence,) = ServedLane(prompt, ContextLimits(), 4096).sequences(turns, frames(turns, 1))
    text = spoken(prompt, sequence).split('When?')[1]
    assert '<0s-1s>' in text
    assert '<4s-5s>' in text
    assert 'From 1s to 3.5s.' in text
    # The lane never saw what happened before it was opened, so it is not taught to say it.
    assert text.count('</Response> ') == 1


def test_wrong_states_stand_in_the_history_and_right_ones_are_taught(make_prompt):
    prompt = make_prompt()
    turns = [
        LabeledTurn(Fraction(k), Fraction(k + 1), State.SILENCE, '', '' if k else 'What?')
        for k in range(30)
    ]
    turns[20] = replace(turns[20], state=State.RESPONSE, text='This.')
    history = Augmentation(wrong_states=0.5, seed=1).history(turns, 'lane')
    lane = ServedLane(prompt, ContextLimits(), 4096)
    (sequence,) = lane.sequences(turns, frames(turns, 1), history)
    states = {prompt.replies[state][0]: state for state in DECISIONS}
    held = [
        (states[item], states[label])
        for item, label in zip(sequence.items, sequence.labels, strict=True)
        if label in states
    ]
    assert [label for _, label in held] == [turn.state for turn in turns]
    assert [item for item, _ in held] == list(history)
    wrong = sum(item is not label for item, label in held)
    assert 8 <= wrong <= 22
    assert history[20] is State.RESPONSE


def test_lost_and_late_frames_keep_every_answer_and_every_tag():
    turns = draw(8)
    changed = Augmentation(lost_frames=0.3, jitter=0.9, seed=2).apply(turns, 'lane')
    assert changed == Augmentation(lost_frames=0.3, jitter=0.9, seed=2).apply(turns, 'lane')
    assert changed[0].instruction == turns[0].instruction
    assert len(turns) / 2 < len(changed) < len(turns)
    tags = {(turn.start, turn.end) for turn in turns}
    assert all((turn.start, turn.end) in tags for turn in changed)
    assert all(0 <= turn.time < turn.end - turn.start for turn in changed)
    given = ' '.join(turn.text for turn in turns if turn.text)
    assert given.startswith(' '.join(turn.text for turn in changed if turn.text))
