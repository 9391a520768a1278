# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is trained on is what a lane says; what does not fit is cut or left out, and counted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from streamo_ros import cli
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.core.dialogue import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.eviction.sliding_window import WindowPolicy
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Request
from streamo_ros.core.protocol import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.training.data import Collator
from streamo_ros.training.data import DialogueExamples
from streamo_ros.training.labeled_dialogue import LabeledDialogue
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.sequence import token_ids
from streamo_ros.training.sequence import TokenCount
from streamo_ros.training.sequence import window
from streamo_ros.training.train_config import DataSettings
from streamo_ros.training.train_config import TrainingError


def main(argv):
    return cli.main(['train', *argv])


IMAGE = -7
VISION = 3
STATES = {'.': State.SILENCE, '-': State.STANDBY, '!': State.RESPONSE}


@pytest.fixture
def prompt(make_checkpoint, tmp_path) -> PromptTokens:
    base = make_checkpoint()
    assert main(['--add-tokens', str(base), '--output', str(tmp_path / 'states')]) == 0
    return PromptTokens(CheckpointTokenizer(tmp_path / 'states' / 'tokenizer.json'))


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


@dataclass
class SightStub:
    tokens: int = VISION
    grid: tuple[int, int] = (1, VISION)


class RecordingBackbone:
    """Keeps every token that a lane appends."""

    capacity = 4096

    def __init__(self, prompt: PromptTokens) -> None:
        self.prompt = prompt
        self.ids: list[int] = []

    def open(self) -> int:
        return 0

    def length(self, slot: int) -> int:
        return len(self.ids)

    def append(self, request: Request) -> None:
        for piece in request.pieces:
            self.ids += piece if isinstance(piece, tuple) else [IMAGE] * piece.tokens


def said_by_a_lane(prompt: PromptTokens, dialogue: list[LabeledTurn]) -> list[int]:
    backbone = RecordingBackbone(prompt)
    lane = Dialogue(backbone, WindowPolicy(), dialogue[0].instruction, ContextLimits())
    for k, turn in enumerate(dialogue):
        backbone.append(
            lane.request(Tick(10**9 * (k + 1), turn.start, turn.end, k, 1), SightStub())
        )
        lane.commit(turn.state)
        if turn.state is State.RESPONSE:
            for token in prompt.tokenizer.plain(f' {turn.text}'):
                backbone.append(lane.decode_request())
                lane.on_token(token)
            lane.finish()
    return [*backbone.ids, *lane.pending]


def test_training_says_what_a_lane_says(prompt):
    dialogue = turns('.--!.!')
    ids, labels = token_ids(prompt, dialogue, [VISION] * len(dialogue), IMAGE)
    assert ids == said_by_a_lane(prompt, dialogue)
    supervised = [token for token in labels if token != IGNORED]
    silence, standby, response = prompt.state_ids
    answer = [response, *prompt.tokenizer.plain(' it is red'), prompt.stop]
    assert supervised == [
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


def test_an_instruction_in_mid_stream_opens_its_own_turn(prompt):
    ids, _ = token_ids(prompt, turns('..-', asked=(1,)), [VISION] * 3, IMAGE)
    text = prompt.tokenizer._control.decode(
        [token for token in ids if token != IMAGE], skip_special_tokens=False
    )
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
    count = TokenCount(prompt, VISION)
    ids, _ = token_ids(prompt, dialogue, [VISION] * 6, IMAGE)
    said = sum(
        len(prompt.tokenizer.plain(f'{turn.instruction}\n'))
        for turn in dialogue[1:]
        if turn.instruction
    )
    bound = count.opening(dialogue[0].instruction) + sum(map(count.turn, dialogue)) + said
    assert len(ids) <= bound <= len(ids) + 2 * len(prompt.turn_prefix)


class ImageStub:
    """Every frame is three vision tokens and its mean red."""

    most_tokens = VISION

    def __call__(self, images):
        pixels = torch.tensor([[float(np.mean(image[:, :, 0]))] for image in images])
        return {'pixel_values': pixels}, [VISION] * len(images)


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


def examples(prompt, path, tmp_path, **settings):
    return DialogueExamples(
        DataSettings(dialogues=(str(path),), videos=str(tmp_path), **settings),
        prompt,
        ImageStub(),
        5,
    )


def test_what_is_left_out_is_counted(prompt, dialogue_file, tmp_path):
    found = examples(prompt, dialogue_file, tmp_path, max_tokens=600)
    assert len(found) == 1
    assert found.dropped == {'too long': 1, 'video missing': 1, 'no instruction': 1}
    example = found[0]
    assert example['pixel_values'].flatten().tolist() == pytest.approx(
        [4 * k for k in range(6)], abs=4
    )
    assert (example['input_ids'] == 5).sum() == 6 * VISION
    assert len(example['input_ids']) <= found.lengths[0] <= 600


def test_a_long_dialogue_may_be_cut_into_windows(prompt, dialogue_file, tmp_path):
    found = examples(prompt, dialogue_file, tmp_path, max_tokens=600, too_long='window')
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
    stream = examples(prompt, dialogue_file, tmp_path)
    lane = examples(prompt, dialogue_file, tmp_path, begin='instruction')
    assert len(stream[1]['pixel_values']) == 40
    assert len(lane[1]['pixel_values']) == 37


def test_nothing_to_train_on_is_refused(prompt, dialogue_file, tmp_path):
    with pytest.raises(TrainingError, match='too long'):
        examples(prompt, dialogue_file, tmp_path, max_tokens=10)
    dialogue_file.write_text('{}\n')
    with pytest.raises(AnnotationError, match='line 1'):
        examples(prompt, dialogue_file, tmp_path)


def test_batches_are_padded_or_packed():
    rows = [
        {'input_ids': torch.tensor([1, 5, 2]), 'labels': torch.tensor([-100, -100, 2])},
        {'input_ids': torch.tensor([3, 4]), 'labels': torch.tensor([3, 4])},
    ]
    padded = Collator(0, 5, marks_images=True)(rows)
    assert padded['input_ids'].tolist() == [[1, 5, 2], [3, 4, 0]]
    assert padded['labels'].tolist() == [[-100, -100, 2], [3, 4, -100]]
    assert padded['attention_mask'].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert padded['mm_token_type_ids'].tolist() == [[0, 1, 0], [0, 0, 0]]
    packed = Collator(0, 5, marks_images=False, packing=True)(rows)
    assert packed['labels'].tolist() == [[-100, -100, 2, -100, 4]]
    assert packed['lengths'].tolist() == [3, 2]
