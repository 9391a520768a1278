# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""On a real checkpoint the engine and the trainer's forward pass read the same states."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import transformers

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State
from streamo_ros.training.base_model import accepts
from streamo_ros.training.base_model import training_prompt
from streamo_ros.training.convert import main as convert
from streamo_ros.training.data import Collator
from streamo_ros.training.data import DialogueExamples
from streamo_ros.training.data import ImageInputs
from streamo_ros.training.labeled_dialogue import read_dialogues
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


@pytest.mark.parametrize('family', ['Qwen2_5_VL', 'Qwen3VL', 'InternVL'])
def test_states_read_in_training_are_those_read_in_service(
    tmp_path, family, make_checkpoint, make_video
):
    video = make_video(tmp_path / 'v.mp4', frames=40, rate=4.0)
    record = {
        'video_name': 'v',
        'video_path': str(video),
        'task_type': 'event_grounding',
        'source': 's',
        'question': [{'content': 'when?', 'time': '2'}],
        'response': [{'content': 'From 3s to 5s.', 'st_time': 3, 'end_time': 5}],
    }
    (tmp_path / 'raw.json').write_text(json.dumps([record]))
    data = tmp_path / 'data.jsonl'
    assert convert([str(tmp_path / 'raw.json'), '-o', str(data), '--fps', '2']) == 0
    folder = tmp_path / 'states'
    assert train(['--add-tokens', str(make_checkpoint(family)), '--output', str(folder)]) == 0

    model = transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()
    config = train_config(
        {'model': str(folder), 'output': 'none', 'data': {'dialogues': [str(data)]}}
    )
    prompt = training_prompt(folder, folder, 'special_tokens')
    images = ImageInputs(folder, model.config, (784, 3136))
    token = model.config.image_token_id
    service = ServiceSettings(120, 0.0, 2.0, 3136)
    layout = make_layout(config, service, prompt, images.most_tokens, model.config)
    (example,) = DialogueExamples(config.data, layout, images, token)
    batch = Collator(0, token, 'mm_token_type_ids' in accepts(model))([example])
    labels, decisions = batch.pop('labels')[0], batch.pop('decisions')[0]
    with torch.no_grad():
        rows = model(**batch).logits[0]
    places = decisions.nonzero().flatten().tolist()
    assert all(label in prompt.state_ids for label in labels[places].tolist())
    trained = rows[[k - 1 for k in places]][:, list(prompt.state_ids)].numpy()

    engine = ForcedEngine(load(folder, Options(device='cpu', lanes=1, max_pixels=3136)))
    book = InstructionBook()
    assistant = Assistant(engine, book)
    (dialogue,) = read_dialogues(data)
    turns = dialogue.turns[4:]
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
    assert turns[0].start == 2
    assert len(trained) == len(engine.logits) == 16
    np.testing.assert_allclose(trained, np.stack(engine.logits), atol=2e-5)
