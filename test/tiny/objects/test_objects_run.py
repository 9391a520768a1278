# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training of streamo-objects as a user runs it, and the checkpoint that it leaves."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml
from transformers import Qwen2_5_VLTextModel

from streamo_ros.backbone.streamo_objects import DetectionHead
from streamo_ros.backbone.streamo_objects import StreamoObjects
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.backbone.vision.detections import Detections
from streamo_ros.backbone.vision.tracks import follow_all
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.tiny.network import Sizes
from streamo_ros.tiny.objects import train
from streamo_ros.tiny.objects.curriculum import plan_readings
from streamo_ros.tiny.objects.curriculum import plan_step
from streamo_ros.tiny.objects.curriculum import plan_words
from streamo_ros.tiny.objects.curriculum import WEIGHTS
from streamo_ros.tiny.objects.dialogues import DialoguePlan
from streamo_ros.tiny.objects.dialogues import draw_dialogue
from streamo_ros.tiny.objects.export import object_model
from streamo_ros.tiny.objects.family_checks import draw_checks
from streamo_ros.tiny.objects.family_checks import timing_f1
from streamo_ros.tiny.objects.network import ObjectNetwork
from streamo_ros.tiny.objects.objects_config import objects_config
from streamo_ros.tiny.objects.tensors import collate
from streamo_ros.tiny.objects.tensors import token_positions
from streamo_ros.tiny.objects.vocabulary import build_object_tokenizer
from streamo_ros.tiny.vocabulary import SYSTEM_PROMPT
from streamo_ros.training.train_config import TrainingError
from streamo_ros.worlds.objects.tasks import TASKS

torch.set_num_threads(1)
SIZES = Sizes(hidden=64, layers=2, theta=1e6)


@pytest.fixture(scope='module')
def tokenizer():
    return build_object_tokenizer()


@pytest.fixture(scope='module')
def prompt(tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp('tokenizer')
    tokenizer.save_pretrained(folder)
    return PromptTokens(
        CheckpointTokenizer(folder / 'tokenizer.json'), system_prompt=SYSTEM_PROMPT
    )


@pytest.fixture(scope='module')
def dialogues(prompt):
    rng = np.random.default_rng(4)
    return [
        draw_dialogue(prompt, DialoguePlan(5, WEIGHTS, fresh=k % 2 > 0), rng) for k in range(6)
    ]


def test_every_family_is_trained():
    assert set(WEIGHTS) == set(TASKS)


def test_positions_are_those_of_the_engine(dialogues):
    for dialogue in dialogues:
        positions = token_positions(dialogue)
        first, _ = dialogue.visions[0]
        marks = StreamoObjects().marks(4, 5)
        expected = marks.positions(int(positions[0, first]))
        count = dialogue.vision_tokens
        np.testing.assert_array_equal(positions[:, first : first + count], expected[:, :count])
        after = positions[0, first] + marks.steps.sum()
        assert (positions[:, first + count] == after).all()


def test_a_window_that_is_not_full_may_stand_as_far_away_as_one_that_is(prompt):
    rng = np.random.default_rng(6)
    drawn = [draw_dialogue(prompt, DialoguePlan(3, {'appear': 1.0}), rng) for _ in range(20)]
    for dialogue in drawn:
        positions = token_positions(dialogue)[0]
        near = token_positions(replace(dialogue, gap=0))[0]
        sink = dialogue.sink
        assert list(dialogue.ids[:sink]) == list(prompt.sink(dialogue.instruction))
        np.testing.assert_array_equal(positions[:sink], near[:sink])
        np.testing.assert_array_equal(positions[sink:], near[sink:] + dialogue.gap)
    gaps = [dialogue.gap for dialogue in drawn]
    assert min(gaps) == 0
    assert max(gaps) > 0
    turn = np.diff([token_positions(drawn[0])[0][first] for first, _ in drawn[0].visions])[0]
    assert all(dialogue.gap % turn == 0 for dialogue in drawn)


def test_frames_are_what_the_engine_makes_of_them(tokenizer, prompt):
    torch.manual_seed(6)
    tokens = ObjectNetwork(SIZES, tokenizer).adapt
    for weight in (tokens.marks.weight, tokens.none):
        torch.nn.init.normal_(weight, std=0.05)
    rng = np.random.default_rng(8)
    head = DetectionHead(tokens, {})
    plan = DialoguePlan(12, {'leave': 1.0}, fresh=False)
    missed = 0
    for _ in range(6):
        dialogue = draw_dialogue(prompt, plan, rng)
        stream, known = dialogue.stream, None
        begin = int(not _follows_all(dialogue)) * dialogue.first
        made = []
        for frame in range(begin, stream.frames):
            parts = (stream.kind[frame], stream.box[frame], stream.color[frame])
            vision = head.embed(Detections(*map(torch.from_numpy, parts)), (4, 5))
            known, vision = head.follow(known, vision)
            made.append(vision.embeddings)
        shown = torch.stack(made[dialogue.first - begin :])[:, : dialogue.vision_tokens]
        batch = collate([dialogue])
        expected = tokens(batch.vision.seen, batch.vision.marks)[batch.vision.kept]
        torch.testing.assert_close(shown.reshape(expected.shape), expected)
        missed += int((dialogue.followed.missed > 0).sum())
    assert missed


def _follows_all(dialogue):
    stream = dialogue.stream
    told = follow_all(stream.kind, stream.box, stream.color).since(dialogue.first)
    return np.array_equal(told.marks, dialogue.followed.marks)


def test_most_long_windows_are_full():
    rng = np.random.default_rng(7)
    turns = [plan_step(0.5, rng).plan.turns for _ in range(300)]
    long = [count for count in turns if count >= 8]
    assert max(turns) <= 17
    assert sum(count == 16 for count in long) > len(long) / 3


def test_what_a_number_in_a_wording_means_is_read_in_short_windows():
    rng = np.random.default_rng(0)
    plans = [plan_readings(rng).plan for _ in range(300)]
    compared = [plan.turns for plan in plans if set(plan.weights) == {'more'}]
    assert 10 < len(compared) < 60
    assert max(compared) < 4


def test_the_export_computes_what_was_trained(tokenizer, dialogues):
    torch.manual_seed(5)
    network = ObjectNetwork(SIZES, tokenizer).eval()
    torch.nn.init.normal_(network.adapt.marks.weight, std=0.05)
    batch = collate(dialogues)
    model = object_model(network.state_dict(), tokenizer, SIZES)
    with torch.no_grad():
        expected = network.run(batch.ids, batch.positions, batch.vision_index, batch.vision)
        seen = model.model.visual.tokens(batch.vision.seen, batch.vision.marks)[batch.vision.kept]
        torch.testing.assert_close(seen, expected.projected)
        language = Qwen2_5_VLTextModel(model.config.text_config).eval()
        language.load_state_dict(model.model.language_model.state_dict())
        text = language.embed_tokens(batch.ids)
        flat = text.reshape(-1, SIZES.hidden).index_put((batch.vision_index,), seen)
        output = language(
            inputs_embeds=flat.reshape(text.shape), position_ids=batch.positions, use_cache=False
        )
    ends = batch.target_index
    torch.testing.assert_close(
        output.last_hidden_state.reshape(-1, SIZES.hidden)[ends],
        expected.last[ends],
        atol=1e-4,
        rtol=1e-4,
    )


def test_a_run_in_bfloat16_computes_nearly_the_same(tokenizer, dialogues):
    batch, outputs = collate(dialogues), []
    for half in (False, True):
        torch.manual_seed(5)
        network = ObjectNetwork(SIZES, tokenizer, half=half).eval()
        with torch.no_grad():
            run = network.run(batch.ids, batch.positions, batch.vision_index, batch.vision)
        outputs.append(run.last)
    whole, rounded = outputs
    assert 0 < float((rounded - whole).norm() / whole.norm()) < 0.02


def test_frames_in_doubt_teach_nothing(prompt):
    rng = np.random.default_rng(0)
    weights = set()
    for _ in range(30):
        dialogue = draw_dialogue(prompt, DialoguePlan(8, {'narrate': 1.0}), rng)
        weights |= {target.weight for target in dialogue.targets}
    assert 0.0 in weights
    assert max(weights) > 1


def test_places_above_and_below_are_not_rare(prompt):
    rng = np.random.default_rng(1)
    words = ('left', 'right', 'top', 'bottom', 'middle')
    names = {prompt.tokenizer.plain(f' {word}')[0]: word for word in words}
    said = Counter()
    for _ in range(60):
        dialogue = draw_dialogue(prompt, DialoguePlan(3, {'where': 1.0}), rng)
        places = [target for target in dialogue.targets if target.token in names]
        assert all(target.weight in (0, 2) for target in places)
        said.update(names[target.token] for target in places)
    assert said['top'] + said['bottom'] > said.total() / 5


def test_an_answer_that_is_missed_comes_a_frame_later(prompt):
    """Both are learned: what was due at once, and what is due still."""
    response = prompt.state_ids[2]

    def dues(corruption):
        rng, later, single = np.random.default_rng(3), 0, 0
        for _ in range(40):
            plan = DialoguePlan(8, {'unknown': 1.0}, corruption=corruption)
            targets = draw_dialogue(prompt, plan, rng).targets
            states = [target.token for target in targets if not target.in_answer]
            later += states[:2] == [response, response]
            single += states[:2] == [response, prompt.state_ids[0]]
        return later, single

    assert dues(0.0) == (0, 40)
    later, single = dues(0.02)
    assert later + single == 40
    assert 1 <= later <= 15


def test_families_are_checked_on_states_of_the_network(prompt, tokenizer):
    torch.manual_seed(0)
    network = ObjectNetwork(SIZES, tokenizer).eval()
    plan = DialoguePlan(4, {'unknown': 1.0, 'count': 1.0})
    checks = draw_checks(prompt, plan, 2, np.random.default_rng(0))
    figures = checks.figures(network)
    assert set(figures) == {'all', 'unknown', 'count'}
    assert 0 <= figures['unknown'] <= 1


@pytest.mark.parametrize(
    ('due', 'said', 'f1'),
    [
        ([5], [5], 1.0),
        ([5], [8], 1.0),
        ([5], [9], 0.0),
        ([5, 1005], [6], 2 / 3),
        ([5], [4, 5, 6], 0.5),
        ([], [3], 0.0),
    ],
)
def test_answers_count_within_three_frames(due, said, f1):
    assert timing_f1(due, said) == pytest.approx(f1)


@pytest.mark.parametrize('progress', [0.0, 0.2, 0.9])
def test_steps_are_about_as_large_early_and_late(progress):
    rng = np.random.default_rng(0)
    plans = [plan_step(progress, rng) for _ in range(50)] + [plan_words(rng)]
    assert all(40 <= plan.size * plan.plan.turns <= 150 for plan in plans)


def test_a_run_resumes_and_leaves_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr('streamo_ros.tiny.objects.curriculum._FRAMES', 6)
    monkeypatch.setattr('streamo_ros.tiny.objects.curriculum._PAIRS', 4)
    monkeypatch.setattr('streamo_ros.tiny.objects.recipe._CHECKS', 1)
    monkeypatch.setattr('streamo_ros.tiny.objects.recipe._OF_EACH', 1)
    monkeypatch.setattr('streamo_ros.tiny.objects.recipe._TURNS', 2)
    values = yaml.safe_load(
        f'{{kind: objects, output: {tmp_path}, threads: 1, word_steps: 1, steps: 1, hidden: 64,'
        ' layers: 1, report_every: 1, keep_every: 1}'
    )
    train(values, False)
    folder = train({**values, 'steps': 2}, True)
    lines = [json.loads(line) for line in (tmp_path / 'log.jsonl').read_text().splitlines()]
    reviews = [line for line in lines if line['part'] == 'language_review']
    assert [line['step'] for line in reviews] == [1, 2]
    trained = ('words', 'language')
    steps = [(line['part'], line['step']) for line in lines if line['part'] in trained]
    assert steps == [('words', 1), ('language', 1), ('language', 2)]
    settings = json.loads((folder / 'streamo.json').read_text())
    assert settings['sampling_rate'] == 2
    assert '{word}' in settings['unknown_word_reply']
    config = json.loads((folder / 'config.json').read_text())
    assert config['architectures'] == ['StreamoObjectsForConditionalGeneration']
    assert config['id2label']['39'] == 'bottle'


def test_a_bad_setting_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(TrainingError, match='steps must be greater than 0'):
        objects_config({'output': str(tmp_path), 'steps': 0})
