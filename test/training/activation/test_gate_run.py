# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo train` with `kind: activation`, from a released-style checkpoint to `model.gate`."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from streamo_ros import cli
from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.gate import find_gate
from streamo_ros.backbone.score_prompt import after_frame
from streamo_ros.core.activation import Look
from streamo_ros.core.interface import BackboneError
from streamo_ros.training.activation.gate_config import gate_config
from streamo_ros.training.activation.gate_layout import FrameLayout
from streamo_ros.training.activation.gate_model import GateModel
from streamo_ros.training.activation.gate_run import gate_layout
from streamo_ros.training.base_model import load_weights
from streamo_ros.training.base_model import training_prompt
from streamo_ros.training.data import DialogueExamples
from streamo_ros.training.image_inputs import ImageInputs
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.recorder import RecordedFrame
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.service import add_entries
from streamo_ros.training.service import ServiceSettings
from streamo_ros.training.tokens import load_tokenizer
from streamo_ros.training.train_config import TrainingError
from streamo_ros.training.training_run import make_collator
from streamo_ros.training.video_frames import frames_at

torch.set_num_threads(1)


@pytest.fixture
def dialogues(tmp_path: Path, make_video) -> Path:
    records = [
        {
            'video_name': f'v{k}',
            'video_path': str(make_video(tmp_path / f'v{k}.mp4', frames=6 + k)),
            'task_type': 'QA',
            'source': 's',
            'question': [{'content': 'what?', 'time': '0'}],
            'response': [{'content': 'red', 'st_time': 2, 'end_time': 4, 'time': ''}],
        }
        for k in range(3)
    ]
    (tmp_path / 'raw.json').write_text(json.dumps(records))
    output = tmp_path / 'train.jsonl'
    assert cli.main(['convert', str(tmp_path / 'raw.json'), '-o', str(output)]) == 0
    return output


def settings(model: Path, dialogues: Path, output: Path, **more) -> dict:
    return {
        'kind': 'activation',
        'model': str(model),
        'output': str(output),
        'data': {'dialogues': [str(dialogues)], 'max_tokens': 2048},
        'frames': {'min_pixels': 784, 'max_pixels': 3136},
        'max_frames': 6,
        'lora': {'rank': 2, 'alpha': 4},
        'trainer': {
            'max_steps': 4,
            'per_device_train_batch_size': 2,
            'learning_rate': '1e-2',
            'use_cpu': True,
            'save_steps': 2,
            'logging_steps': 1,
            'disable_tqdm': True,
            'dataloader_pin_memory': False,
        },
    } | more


def run(tmp_path: Path, values: dict, *arguments: str) -> int:
    path = tmp_path / 'gate.yaml'
    path.write_text(yaml.safe_dump(values))
    return cli.main(['train', str(path), *arguments])


def gate_of(folder: Path):
    return find_gate(Options(gate=str(folder), device='cpu', lanes=2), load)


def served_scores(gate, images, question='what?', said=()):
    """Scores of frames; `said` has the answer behind each, where there is one."""
    lane = gate.open(question)
    scores = []
    for k, image in enumerate(images):
        before = said[k - 1] if said and k else ''
        look = Look(lane, gate.see(image), (Fraction(k), Fraction(k + 1)), before)
        scores.append(float(gate.score([look])[0]))
    gate.close(lane)
    return scores


def trained_scores(values: dict, final: Path, number: int) -> list[float]:
    """Of the first windows of a dialogue, by transformers and the trainer's own batch."""
    config = gate_config(values)
    base = Path(config.model)
    start = final.parent / 'start'
    model = load_weights(config)
    prompt = training_prompt(
        base, final, json.loads((final / 'streamo.json').read_text())['protocol']
    )
    model.resize_token_embeddings(
        max(prompt.tokenizer.control('<ACT>')[0] + 1, len(model.get_input_embeddings().weight)),
        mean_resizing=False,
    )
    network = GateModel(model, config, after_frame(prompt)[-1], prompt)
    network.load(final)
    images = ImageInputs(start, model.config, (784, 3136))
    service = ServiceSettings(config.max_frames, config.max_time, 1.0, 3136)
    layout = gate_layout(config, service, prompt, images, model.config, 42)
    examples = DialogueExamples(config.data, layout, images, model.config.image_token_id)
    batch = make_collator(config, model, load_tokenizer(final))([examples[number]])
    with torch.no_grad():
        return network.eval()(**batch)['logits'].sigmoid().tolist()


@pytest.mark.parametrize(
    ('family', 'rank'),
    [('Qwen2_5_VL', 2), ('Qwen3VL', 0), ('InternVL', 2), ('SmolVLM', 2)],
)
def test_what_is_trained_is_what_is_served(tmp_path, family, rank, make_checkpoint, dialogues):
    base = make_checkpoint(family, states_as_text=True)
    values = settings(base, dialogues, tmp_path / 'run')
    values['lora'] = {'rank': rank, 'alpha': 4}
    if family in ('InternVL', 'SmolVLM'):
        del values['frames']
    assert run(tmp_path, values) == 0
    final = tmp_path / 'run' / 'final'
    gate = gate_of(final)
    dialogue = next(read_dialogues(dialogues))
    images = list(frames_at(Path(dialogue.videos[0]), [turn.time for turn in dialogue.turns[:6]]))
    served = served_scores(gate, images)
    assert served == pytest.approx(trained_scores(values, final, 0), abs=2e-5)
    assert np.std(served) > 0


@pytest.mark.parametrize('family', ['Qwen2_5_VL', 'InternVL'])
def test_a_gate_that_reads_the_dialogue_is_served_as_it_is_trained(
    tmp_path, family, make_checkpoint, dialogues
):
    """Also behind frames that have left its window, and with the answer in its place."""
    base = make_checkpoint(family, states_as_text=True)
    values = settings(base, dialogues, tmp_path / 'run', reads='dialogue', max_frames=4)
    if family == 'InternVL':
        del values['frames']
    assert run(tmp_path, values) == 0
    final = tmp_path / 'run' / 'final'
    gate = gate_of(final)
    *_, dialogue = read_dialogues(dialogues)
    times = [turn.time for turn in dialogue.turns]
    images = list(frames_at(Path(dialogue.videos[0]), times))
    said = [turn.text for turn in dialogue.turns]
    assert len(images) > 4
    assert any(said)
    served = served_scores(gate, images, said=said)
    assert served == pytest.approx(trained_scores(values, final, 2), abs=2e-5)
    assert np.std(served) > 0
    deaf = served_scores(gate, images)
    answered = next(k for k, text in enumerate(said) if text)
    assert deaf[: answered + 1] == served[: answered + 1]
    assert deaf[answered + 1] != served[answered + 1]


def test_a_gate_that_reads_something_else_is_refused(tmp_path, make_checkpoint, dialogues):
    base = make_checkpoint(states_as_text=True)
    assert run(tmp_path, settings(base, dialogues, tmp_path / 'run')) == 0
    final = tmp_path / 'run' / 'final'
    add_entries(final, reads='tea leaves')
    with pytest.raises(BackboneError, match="reads 'tea leaves': use frames or dialogue"):
        gate_of(final)


def test_a_resumed_run_ends_as_one_that_was_not_interrupted(tmp_path, make_checkpoint, dialogues):
    base = make_checkpoint(states_as_text=True)
    whole = settings(base, dialogues, tmp_path / 'whole')
    assert run(tmp_path, whole) == 0
    parts = settings(base, dialogues, tmp_path / 'parts')
    assert run(tmp_path, parts) == 0
    for name in ('checkpoint-4', 'final'):
        folder = tmp_path / 'parts' / name
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    assert run(tmp_path, parts, '--resume') == 0
    for name in ('gate.safetensors', 'adapter_model.safetensors'):
        files = [tmp_path / folder / 'final' / name for folder in ('whole', 'parts')]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_the_connector_learns_at_a_rate_of_its_own(tmp_path, make_checkpoint, dialogues):
    from safetensors.torch import load_file

    base = make_checkpoint(states_as_text=True)
    for rate, moves in (('1e-3', True), ('1e-60', False)):
        output = tmp_path / rate
        values = settings(base, dialogues, output, connector_learning_rate=rate)
        values['trainer'] |= {'max_steps': 1, 'weight_decay': 0.0, 'warmup_steps': 0}
        assert run(tmp_path, values) == 0
        trained = load_file(output / 'final' / 'gate.safetensors')
        names = [name for name in trained if 'merger' in name]
        untouched = dict(load_weights(gate_config(values)).named_parameters())
        assert names
        assert moves is not all(torch.equal(trained[it], untouched[it].detach()) for it in names)


def test_windows_overlap_and_see_the_question(tmp_path, make_prompt):
    from streamo_ros.core.protocol import State
    from streamo_ros.training.labeled_dialogue import LabeledTurn

    prompt = make_prompt()
    turns = [
        LabeledTurn(Fraction(k), Fraction(k + 1), State.SILENCE, '', '' if k else 'what?')
        for k in range(10)
    ]
    frames = [RecordedFrame(k, 3, (1, 3)) for k in range(10)]
    layout = FrameLayout(prompt, (*prompt.image_close, 7), 6, 0.5, 0)
    cuts = list(layout.cuts(turns, frames))
    assert [(cut.first, cut.stop) for cut in cuts] == [(0, 6), (3, 9), (6, 10)]
    for cut in cuts:
        sequence = layout.sequence(turns, frames, cut)
        assert sequence.frames == tuple(range(cut.first, cut.stop))
        assert sequence.items[: len(prompt.sink('what?'))] == prompt.sink('what?')
        assert sequence.tokens == cut.tokens
        assert [sequence.items[place] for place in sequence.decisions] == [7] * len(
            sequence.frames
        )
        assert sum(label != IGNORED for label in sequence.labels) == len(sequence.frames)


WRONG = {
    'share': (1.5, 'share is 1.5'),
    'reads': ('palms', 'reads'),
    'connector_learning_rate': (-1, 'must be at least 0'),
    'loss': ({'kind': 'ce'}, 'loss has no meaning for a gate'),
    'max_time': (60, 'max_time has no meaning for a gate'),
    'protocol': ('text_tags', 'protocol has no meaning for a gate'),
    'data': ({'dialogues': ['x'], 'layout': 'stream'}, 'data.layout has no meaning'),
}


@pytest.mark.parametrize('name', WRONG)
def test_a_setting_without_meaning_is_refused(name):
    value, sentence = WRONG[name]
    values = {'model': 'm', 'output': 'o', 'data': {'dialogues': ['x']}} | {name: value}
    with pytest.raises(TrainingError, match=sentence):
        gate_config(values)


def test_a_full_window_loses_its_older_half_and_another_size_all_of_it(
    tmp_path, make_checkpoint, dialogues
):
    base = make_checkpoint(states_as_text=True)
    assert run(tmp_path, settings(base, dialogues, tmp_path / 'run')) == 0
    gate = gate_of(tmp_path / 'run' / 'final')
    lane = gate.open('what?')
    held = gate._lanes[lane]
    counts = []
    for k in range(20):
        size = (24, 32, 3) if k < 15 else (64, 32, 3)
        image = np.full(size, 10 * k, np.uint8)
        (score,) = gate.score([Look(lane, gate.see(image), (Fraction(k), Fraction(k + 1)))])
        assert 0 < score < 1
        counts.append(len(held.sizes))
        tokens = gate._backbone.length(lane)
        assert tokens == len(held.sink) + sum(held.sizes)
    assert counts == [1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5, 6, 4, 5, 6, 1, 2, 3, 4, 5]


def test_a_gate_is_no_model_and_a_broken_one_is_refused(tmp_path, make_checkpoint, dialogues):
    base = make_checkpoint(states_as_text=True)
    assert run(tmp_path, settings(base, dialogues, tmp_path / 'run')) == 0
    final = tmp_path / 'run' / 'final'
    with pytest.raises(BackboneError, match=r'set model\.gate to it'):
        load(final)
    assert gate_of(final).threshold == 0.0
    add_entries(final, response_threshold=0.7)
    assert gate_of(final).threshold == 0.7
    (final / 'gate.safetensors').write_bytes(b'nothing')
    with pytest.raises(BackboneError, match='is not a gate'):
        gate_of(final)
