# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""On a real checkpoint the engine and the trainer's forward pass read the same states."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State
from streamo_ros.training.base_model import accepts
from streamo_ros.training.base_model import load_model
from streamo_ros.training.base_model import training_prompt
from streamo_ros.training.collator import Collator
from streamo_ros.training.convert import main as convert
from streamo_ros.training.data import DialogueExamples
from streamo_ros.training.image_inputs import ImageInputs
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.segment_attention import segment_inputs
from streamo_ros.training.service import ServiceSettings
from streamo_ros.training.train import main as train
from streamo_ros.training.train_config import train_config
from streamo_ros.training.training_run import make_layout
from streamo_ros.training.video_frames import frames_at

torch.set_num_threads(1)


class ForcedEngine:
    """A real backbone whose decisions are replaced by those due; keeps what it read."""

    def __init__(self, backbone) -> None:
        self.backbone = backbone
        self.due = (State.SILENCE, '')
        self.logits: list[np.ndarray] = []

    def __getattr__(self, name):
        return getattr(self.backbone, name)

    def extend(self, requests):
        self.logits += list(self.backbone.extend(requests))
        state, text = self.due
        self.answer = [*self.prompt.tokenizer.plain(f' {text}'), self.prompt.stop]
        return np.array([[9.0 * (state is each) for each in DECISIONS]], np.float32)

    def decode(self, requests, sampling):
        self.backbone.decode(requests, sampling)
        return [self.answer.pop(0)]


def read_in_training(model, batch, states) -> np.ndarray:
    """State logits of the supervised decisions of a batch, as the trainer's pass reads them."""
    del batch['labels']
    places = batch.pop('decisions')[0].nonzero().flatten().tolist()
    batch |= segment_inputs(model, batch) if 'segments' in batch else {}
    with torch.no_grad():
        rows = model(**batch, use_cache=False).logits[0]
    return rows[[k - 1 for k in places]][:, list(states)].numpy()


@pytest.fixture
def video(tmp_path, make_video):
    return make_video(tmp_path / 'v.mp4', frames=40, rate=4.0)


@pytest.fixture
def data(tmp_path, video):
    """One dialogue about it, at two frames a second."""
    record = {
        'video_name': 'v',
        'video_path': str(video),
        'task_type': 'event_grounding',
        'source': 's',
        'question': [{'content': 'when?', 'time': '2'}],
        'response': [{'content': 'From 3s to 5s.', 'st_time': 3, 'end_time': 5}],
    }
    (tmp_path / 'raw.json').write_text(json.dumps([record]))
    file = tmp_path / 'data.jsonl'
    assert convert([str(tmp_path / 'raw.json'), '-o', str(file), '--fps', '2']) == 0
    return file


def load_attentive(config):
    """The model, changed to look at what came before, as a fresh one hardly does; and saved."""
    model, *_ = load_model(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 3
    model.eval().save_pretrained(config.model)
    return model


def states_in_training(config, limits, evictions) -> np.ndarray:
    """State logits of the decisions of the dialogue, (decisions, 3), as a trainer reads them."""
    folder = Path(config.model)
    model = load_attentive(config)
    prompt = training_prompt(folder, folder, 'special_tokens')
    images = ImageInputs(folder, model.config, (784, 4096))
    token = model.config.image_token_id
    service = ServiceSettings(limits.max_frames, limits.max_time, 2.0, 4096)
    layout = make_layout(config, service, prompt, images.most_tokens, model.config)
    examples = DialogueExamples(config.data, layout, images, token)
    collate = Collator(0, token, 'mm_token_type_ids' in accepts(model))

    def read(batch):
        return read_in_training(model, collate(batch), prompt.state_ids)

    lanes = [examples[k] for k in range(len(examples))]
    assert sum(max(0, len(lane['segments']) - 1) for lane in lanes) == evictions
    trained = np.concatenate([read([lane]) for lane in lanes])
    if evictions:
        # Several lanes in one row do not see each other.
        together = read([*lanes, *lanes])
        np.testing.assert_allclose(together, np.concatenate([trained, trained]), atol=1e-4)
        # Cut at every eviction, what is left is computed anew, and the states are others.
        cut = DialogueExamples(config.data, replace(layout, max_tokens=1), images, token)
        anew = [read([lane]) for lane in cut]
        assert len(anew) > 1
        assert np.abs(np.concatenate(anew) - trained).max() > 1e-2
    return trained


def states_in_service(folder, limits, data, video) -> np.ndarray:
    """The same as the engine reads them, frame by frame."""
    engine = ForcedEngine(load(folder, Options(device='cpu', lanes=1, max_pixels=4096)))
    book = InstructionBook()
    assistant = Assistant(engine, book, AssistantSettings(limits=limits))
    (dialogue,) = read_dialogues(data)
    turns = dialogue.turns[4:]
    assert turns[0].start == 2
    book.add(turns[0].instruction)
    for number, (turn, image) in enumerate(
        zip(turns, frames_at(video, [turn.time for turn in turns]), strict=True)
    ):
        # The lane's own seconds: it begins 2 s into the video.
        engine.due = turn.state, turn.text and 'From 1s to 3s.'
        stamp = SECOND + round(turn.time * SECOND)
        assistant.observe(Frame(Tick(stamp, turn.start, turn.end, number, 1), image, ''))
        while assistant.busy:
            assistant.speak(16)
    return np.stack(engine.logits)


LIMITS = {(120, 0.0): 0, (9, 0.0): 4, (4, 0.0): 12, (6, 6.0): 10}
"""How often a window of so many frames and seconds evicts."""


@pytest.mark.parametrize(
    ('family', 'max_frames', 'max_time'),
    [('Qwen2_5_VL', *limits) for limits in LIMITS]
    + [
        (family, *limits)
        for family in ('Qwen3VL', 'InternVL', 'SmolVLM')
        for limits in ((9, 0.0), (6, 6.0))
    ],
)
def test_states_read_in_training_are_those_read_in_service(
    tmp_path, family, max_frames, max_time, make_checkpoint, data, video
):
    """Also after the window has evicted frames: what stays was computed while they were there."""
    folder = tmp_path / 'states'
    assert train(['--add-tokens', str(make_checkpoint(family)), '--output', str(folder)]) == 0
    config = train_config(
        {'model': str(folder), 'output': 'none', 'data': {'dialogues': [str(data)]}}
    )
    limits = ContextLimits(max_frames=max_frames, max_time=max_time)
    trained = states_in_training(config, limits, LIMITS[max_frames, max_time])
    served = states_in_service(folder, limits, data, video)
    assert len(trained) == len(served) == 16
    assert np.ptp(served, axis=0).min() > 0.02
    np.testing.assert_allclose(trained, served, atol=1e-4)
