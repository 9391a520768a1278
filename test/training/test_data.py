# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is trained on is what a lane says; what does not fit is cut or left out, and counted."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.training import data
from streamo_ros.training.augmentation import Augmentation
from streamo_ros.training.collator import Collator
from streamo_ros.training.data import DialogueExamples
from streamo_ros.training.frame_cache import FrameCache
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.layouts import ServedLayout
from streamo_ros.training.layouts import StreamLayout
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.sequence import Segment
from streamo_ros.training.sequence import stream_sequence
from streamo_ros.training.sequence import window
from streamo_ros.training.served import ServedLane
from streamo_ros.training.train_config import DataSettings
from streamo_ros.training.train_config import TrainingError

VISION = 3
STATES = {'.': State.SILENCE, '-': State.STANDBY, '!': State.RESPONSE}


@pytest.fixture
def prompt(make_prompt) -> PromptTokens:
    return make_prompt()


def turns(drawn: str, asked: tuple[int, ...] = (0,)) -> list[LabeledTurn]:
    return [
        LabeledTurn(
            Fraction(k),
            Fraction(k + 1),
            STATES[mark],
            'it is red' if mark == '!' else '',
            f'what is at {k}?' if k in asked else '',
            0,
            Fraction(k),
        )
        for k, mark in enumerate(drawn)
    ]


def recorded(count: int) -> list[RecordedFrame]:
    return [RecordedFrame(k, VISION, (1, VISION)) for k in range(count)]


def test_the_paper_s_layout_supervises_states_answers_and_ends(prompt):
    dialogue = turns('.--!.!')
    sequence = stream_sequence(prompt, dialogue, recorded(6))
    (lane,) = ServedLane(prompt, ContextLimits(), 4096).sequences(dialogue, recorded(6))
    # With the instruction at second 0 and nothing evicted, paper and service agree.
    ids, labels = sequence.expand([VISION] * 6, 5)
    assert (ids, labels) == lane.expand([VISION] * 6, 5)
    silence, standby, response = prompt.state_ids
    answer = [response, *prompt.tokenizer.plain(' it is red'), prompt.stop]
    assert [token for token in labels if token != IGNORED] == [
        silence,
        prompt.stop,
        standby,
        prompt.stop,
        standby,
        prompt.stop,
        *answer,
        silence,
        prompt.stop,
        *answer,
    ]
    assert all(label in (IGNORED, token) for token, label in zip(ids, labels, strict=True))


def test_an_instruction_in_mid_stream_opens_its_own_turn_in_the_paper_s_layout(prompt):
    sequence = stream_sequence(prompt, turns('..-', asked=(1,)), recorded(3))
    ids = [item for item in sequence.items if isinstance(item, int)]
    text = prompt.tokenizer._control.decode(ids, skip_special_tokens=False)
    assert '<|im_start|>user\n<0s-1s>\n<|vision_start|>' in text
    assert '<|im_start|>user\nwhat is at 1?\n<1s-2s>\n<|vision_start|>' in text
    assert text.count('what is at') == 1


def test_a_window_begins_with_the_standing_instruction():
    cut = window(turns('......', asked=(0, 3)), 2, 5)
    assert [turn.instruction for turn in cut] == ['what is at 0?', 'what is at 3?', '']
    assert [turn.start for turn in cut] == [2, 3, 4]


@pytest.mark.parametrize('asked', [(0,), (0, 3), (2,)])
def test_lengths_are_never_too_small(prompt, asked):
    dialogue = turns('.-!.-!', asked)
    (cut,) = StreamLayout(prompt, VISION).cuts(dialogue, recorded(6))
    ids, _ = stream_sequence(prompt, dialogue, recorded(6)).expand([VISION] * 6, 5)
    assert len(ids) <= cut.tokens <= len(ids) + 3 * len(prompt.turn_prefix)


class ImageStub:
    """Every frame is three vision tokens and its mean red."""

    most_tokens = VISION

    def __call__(self, images):
        pixels = torch.tensor([[float(np.mean(image[:, :, 0]))] for image in images])
        return {'pixel_values': pixels}, [VISION] * len(images)

    def grid(self, image):
        return (1, VISION)


@pytest.fixture
def dialogue_file(tmp_path, make_video) -> Path:
    make_video(tmp_path / 'here.mp4', frames=40)
    path = tmp_path / 'train.jsonl'
    lines = []
    for name, drawn, asked in [
        ('here.mp4', '.-!...', (0,)),
        ('gone.mp4', '.-!', (0,)),
        ('here.mp4', '...', ()),
        ('here.mp4', '.-!.' * 10, (3,)),
    ]:
        dialogue = LabeledDialogue(name, 'QA', 'test', (name,), tuple(turns(drawn, asked)))
        lines.append(json.dumps(dialogue.to_json()))
    path.write_text('\n'.join(lines) + '\n')
    return path


def examples(prompt, path, tmp_path, max_frames=120, windows=0, **settings):
    settings = DataSettings(dialogues=(str(path),), videos=str(tmp_path), **settings)
    limits = ContextLimits(max_frames, max_new_tokens=16)
    layout = ServedLayout(prompt, limits, 8192, VISION, settings.max_tokens)
    if settings.layout != 'served':
        layout = StreamLayout(prompt, VISION, windows)
    return DialogueExamples(settings, layout, ImageStub(), 5)


def test_what_is_left_out_is_counted(prompt, dialogue_file, tmp_path):
    found = examples(prompt, dialogue_file, tmp_path, max_tokens=800)
    assert len(found) == 1
    assert found.dropped == {'too long': 1, 'video missing': 1, 'no instruction': 1}
    example = found[0]
    assert example['pixel_values'].flatten().tolist() == pytest.approx(
        [4 * k for k in range(6)], abs=4
    )
    assert (example['input_ids'] == 5).sum() == 6 * VISION
    assert len(example['input_ids']) <= found.lengths[0] <= 600


def test_a_long_dialogue_may_be_cut_into_windows(prompt, dialogue_file, tmp_path):
    found = examples(
        prompt, dialogue_file, tmp_path, windows=600, max_tokens=600, layout='stream_windows'
    )
    assert len(found) > 3
    instruction = list(prompt.tokenizer.plain('what is at 3?\n'))
    frames = 0
    for k in range(1, len(found)):
        example = found[k]
        ids = example['input_ids'].tolist()
        assert len(ids) <= found.lengths[k] <= 600
        assert any(ids[at : at + len(instruction)] == instruction for at in range(len(ids)))
        frames += len(example['pixel_values'])
    assert frames == 40


def test_a_lane_begins_at_its_instruction(prompt, dialogue_file, tmp_path):
    stream = examples(prompt, dialogue_file, tmp_path, layout='stream')
    lane = examples(prompt, dialogue_file, tmp_path)
    assert len(stream[1]['pixel_values']) == 40
    assert len(lane[1]['pixel_values']) == 37


def test_a_long_lane_is_trained_as_its_window_moves(prompt, dialogue_file, tmp_path):
    """Every frame once and every decision once, in one sequence or in several."""
    whole = examples(prompt, dialogue_file, tmp_path, max_frames=8)
    assert len(whole) == 2
    assert len(whole[1]['segments']) > 10
    assert whole[1]['pixel_values'].flatten().tolist() == pytest.approx(
        [4 * k for k in range(3, 40)], abs=4
    )
    cut = examples(prompt, dialogue_file, tmp_path, max_frames=8, max_tokens=1000)
    assert len(cut) > 3
    for found in (whole, cut):
        supervised = 0
        for k in range(1, len(found)):
            example = found[k]
            assert len(example['input_ids']) <= found.lengths[k]
            assert (example['input_ids'] == 5).sum() == VISION * len(example['pixel_values'])
            supervised += sum((example['labels'] == token).sum() for token in prompt.state_ids)
        assert supervised == 37


def test_nothing_to_train_on_is_refused(prompt, dialogue_file, tmp_path):
    with pytest.raises(TrainingError, match='too long'):
        examples(prompt, dialogue_file, tmp_path, max_tokens=10)
    dialogue_file.write_text('{}\n')
    with pytest.raises(AnnotationError, match='line 1'):
        examples(prompt, dialogue_file, tmp_path)


def test_batches_are_padded_or_packed():
    rows = [
        {
            'input_ids': torch.tensor([1, 5, 2]),
            'labels': torch.tensor([-100, -100, 2]),
            'decisions': torch.tensor([False, False, True]),
            'segments': (),
        },
        {
            'input_ids': torch.tensor([3, 4]),
            'labels': torch.tensor([3, 4]),
            'decisions': torch.tensor([False, True]),
            'segments': (),
        },
    ]
    padded = Collator(0, 5, marks_images=True)(rows)
    assert padded['input_ids'].tolist() == [[1, 5, 2], [3, 4, 0]]
    assert padded['labels'].tolist() == [[-100, -100, 2], [3, 4, -100]]
    assert padded['decisions'].tolist() == [[False, False, True], [False, True, False]]
    assert padded['attention_mask'].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert padded['mm_token_type_ids'].tolist() == [[0, 1, 0], [0, 0, 0]]
    packed = Collator(0, 5, marks_images=False, packing=True)(rows)
    assert packed['labels'].tolist() == [[-100, -100, 2, -100, 4]]
    assert packed['lengths'].tolist() == [3, 2]
    rows[1]['segments'] = (Segment(0, 1), Segment(1, 2, (0,)))
    segmented = Collator(0, 5, marks_images=False)(rows)
    assert segmented['labels'].tolist() == [[-100, -100, 2, -100, 4]]
    assert [
        (segment.start, segment.stop, segment.held.tolist()) for segment in segmented['segments']
    ] == [(0, 3, []), (3, 4, []), (4, 5, [3])]


def test_one_json_array_is_read_like_json_lines(prompt, dialogue_file, tmp_path):
    lines = dialogue_file.read_text().splitlines()
    array = tmp_path / 'array.json'
    entries = [{**json.loads(line), 'note': 'é, [x] {y}'} for line in lines]
    array.write_text(json.dumps(entries, ensure_ascii=False, indent=2))
    assert list(read_dialogues(array)) == list(read_dialogues(dialogue_file))
    one, other = (examples(prompt, path, tmp_path) for path in (dialogue_file, array))
    assert one.lengths == other.lengths
    assert torch.equal(one[1]['input_ids'], other[1]['input_ids'])
    array.write_text('[]')
    assert not list(read_dialogues(array))
    array.write_text(json.dumps(entries)[:-30])
    with pytest.raises(AnnotationError, match=r'array.json, entry 4'):
        list(read_dialogues(array))


def test_an_index_gives_the_same_examples_without_reading_the_dialogues(
    prompt, dialogue_file, tmp_path, monkeypatch
):
    def load():
        settings = DataSettings(dialogues=(str(dialogue_file),), videos=str(tmp_path))
        layout = ServedLayout(prompt, ContextLimits(8, max_new_tokens=16), 8192, VISION, 1000)
        return DialogueExamples(settings, layout, ImageStub(), 5, 'this run')

    (tmp_path / 'gone.mp4').write_bytes((tmp_path / 'here.mp4').read_bytes())
    first = load()
    assert dialogue_file.with_name('train.jsonl.index.npz').is_file()
    monkeypatch.setattr(data, 'parsed_entries', None)
    second = load()
    assert second.lengths == first.lengths
    assert second.dropped == first.dropped
    for k in range(len(first)):
        assert torch.equal(first[k]['input_ids'], second[k]['input_ids'])


def test_late_frames_cannot_be_taken_from_stored_ones(prompt, dialogue_file, tmp_path):
    video = tmp_path / 'here.mp4'
    times = [Fraction(k) for k in range(40)]
    FrameCache(tmp_path).folder(video, times).rename(tmp_path / 'stored')
    video.unlink()
    (tmp_path / 'stored').rename(video)
    assert len(examples(prompt, dialogue_file, tmp_path)) == 2
    with pytest.raises(TrainingError, match='without --frames'):
        examples(prompt, dialogue_file, tmp_path, augmentation=Augmentation(jitter=0.5))
