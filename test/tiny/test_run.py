# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The training as a user runs it: one command, settings, a log, and going on where it stopped."""

import json
import shutil

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from streamo_ros.tiny import train
from streamo_ros.tiny.clips import encode_clips
from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.curriculum import fifth_stage
from streamo_ros.tiny.curriculum import fourth_stage
from streamo_ros.tiny.curriculum import second_stage
from streamo_ros.tiny.curriculum import StepPlan
from streamo_ros.tiny.curriculum import third_stage
from streamo_ros.tiny.export import export
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.network import new_tower
from streamo_ros.tiny.network import Sizes
from streamo_ros.tiny.optimizer import schedule
from streamo_ros.tiny.optimizer import WeightAverage
from streamo_ros.tiny.pictures import draw_pools
from streamo_ros.tiny.pictures import grid
from streamo_ros.tiny.sampling_mix import THIRD_STAGE
from streamo_ros.tiny.tiny_config import tiny_config
from streamo_ros.training.train_config import TrainingError

PARTS = ('tower.pt', 'last.pt')
SETTINGS = {
    'kind': 'tiny',
    'threads': 1,
    'processes': 1,
    'picture_worlds': 8,
    'clips': 8,
    'validation_clips': 4,
    'frames': 4,
    'tower_steps': 1,
    'language_steps': 1,
    'report_every': 1,
    'keep_every': 1,
}


def a_small_step(*_):
    return StepPlan(
        3,
        1,
        0.0,
        fresh=True,
        own_history=False,
        stress=0.0,
        mix=THIRD_STAGE,
        auxiliary=AuxiliaryWeights(probe=1.0),
    )


def test_a_run_writes_a_checkpoint_and_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr('streamo_ros.tiny.perception.BATCH', 2)
    monkeypatch.setattr('streamo_ros.tiny.curriculum.dialogue_sizes', lambda *_: (1, 2, 0.0))
    for name in ('third_stage', 'fourth_stage'):
        monkeypatch.setattr(f'streamo_ros.tiny.recipe.{name}', a_small_step)
    values = {**SETTINGS, 'hidden': 64, 'layers': 1, 'output': str(tmp_path / 'run')}
    final = train(values)
    assert (final / 'model.safetensors').is_file()
    before = torch.load(tmp_path / 'run' / 'language.pt', weights_only=True)
    train({**values, 'language_steps': 2})
    after = torch.load(tmp_path / 'run' / 'language.pt', weights_only=True)
    assert (before['step'], after['step']) == (1, 2)
    lines = [
        json.loads(line)
        for line in (tmp_path / 'run' / 'log.jsonl').read_text().split('\n')
        if line
    ]
    steps = [line['step'] for line in lines if line['part'] == 'language']
    assert steps == [1, 2]
    assert [line['step'] for line in lines if line['part'] == 'tower'] == [1]
    train({**values, 'language_steps': 2, 'further_steps': 1})
    third = torch.load(tmp_path / 'run' / 'further.pt', weights_only=True)
    assert third['step'] == 1
    probes = {name for name in third['ema'] if name.startswith('probes.')}
    assert probes
    assert set(after['ema']) == set(third['ema']) - probes
    last = json.loads((tmp_path / 'run' / 'log.jsonl').read_text().splitlines()[-1])
    assert last['part'] == 'further_check'
    assert 0 <= last['facts_right'] <= 1
    train({**values, 'language_steps': 2, 'further_steps': 1, 'last_steps': 1})
    fourth = torch.load(tmp_path / 'run' / 'last.pt', weights_only=True)
    assert set(third['ema']) < set(fourth['ema'])


def test_a_checkpoint_is_trained_on_and_goes_on_where_it_stopped(tmp_path, known, monkeypatch):
    monkeypatch.setattr('streamo_ros.tiny.recipe.fifth_stage', a_small_step)
    sizes = Sizes(hidden=64, layers=1)
    torch.manual_seed(3)
    start, run = tmp_path / 'start', tmp_path / 'run'
    export(new_tower(sizes, known).state_dict(), Network(sizes, known).state_dict(), start, sizes)
    values = {**SETTINGS, 'hidden': 64, 'layers': 1, 'output': str(run), 'start': str(start)}
    values |= {'people_steps': 1, 'rates': [10], 'dim': 1.0, 'first_clip': 8, 'half': False}
    final = train(values)
    assert not (run / 'language.pt').exists()
    log = (run / 'log.jsonl').read_text()
    assert {json.loads(line)['part'] for line in log.splitlines()} == {'people', 'people_check'}
    train(values)
    assert (run / 'log.jsonl').read_text() == log
    # Taken apart and put together again, a checkpoint is what it was; a step changes it.
    tower, language = (torch.load(run / name, weights_only=True) for name in PARTS)
    export(tower['tower'], language['ema'], tmp_path / 'same', tiny_config(values).sizes)
    before, same, after = (
        load_file(folder / 'model.safetensors') for folder in (start, tmp_path / 'same', final)
    )
    assert all(torch.equal(before[name], same[name]) for name in before)
    assert not all(torch.equal(before[name], after[name]) for name in before)


def test_what_was_not_made_by_this_recipe_is_not_trained_on(tmp_path):
    values = {**SETTINGS, 'output': str(tmp_path / 'run'), 'people_steps': 1}
    with pytest.raises(TrainingError, match=r'no tokenizer.json: pass the folder'):
        train({**values, 'start': str(tmp_path)})
    (tmp_path / 'tokenizer.json').write_text('{}')
    with pytest.raises(TrainingError, match='not that of this version'):
        train({**values, 'start': str(tmp_path)})
    shutil.copy(tmp_path / 'run' / 'tokenizer' / 'tokenizer.json', tmp_path)
    with pytest.raises(TrainingError, match='cannot be read'):
        train({**values, 'start': str(tmp_path)})


def test_a_dim_clip_is_the_same_clip_in_poor_light(tower, tmp_path):
    seeds = range(90_000_000, 90_000_004)
    light, dim = (
        encode_clips(seeds, 3, (1.0,), tower, 1, tmp_path / str(share), share)
        for share in (0.0, 1.0)
    )
    for one, other in zip(light, dim, strict=True):
        assert (one.times, one.views) == (other.times, other.views)
        assert not torch.equal(one.tokens, other.tokens)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'tower_steps': 0}, 'tower_steps must be greater than 0'),
        ({'further_steps': -1}, 'must not be negative'),
        ({'further_rate': 0}, 'further_rate must be'),
        ({'last_steps': 5}, 'needs further_steps'),
        ({'people_steps': 5}, 'needs last_steps or start'),
        ({'start': 'y'}, 'start needs people_steps'),
        ({'start': 'y', 'people_steps': 5, 'language_from': 'z'}, 'exclude each other'),
        ({'first_clip': -1}, 'must not be negative'),
        ({'dim': 1.5}, 'a share from 0 to 1'),
        ({'last_rate': -1}, 'last_rate must be greater'),
        ({'speed': 3}, 'unknown setting speed'),
        ({'kind': 'huge'}, "choose from 'tiny'"),
        ({'rate': 'fast'}, 'fast'),
        ({'loss': 'focal'}, "'focal_alpha'"),
        ({'rates': 1}, 'not a list'),
        ({'rates': []}, 'rates'),
        ({'rates': [1, 0]}, 'each greater than 0'),
        ({'rates': ['often']}, 'often'),
        ({'rates': [float('nan')]}, 'each greater than 0'),
        ({'layers': 2.5}, 'not a whole number'),
        ({'hidden': 160}, 'use a multiple of 64'),
        ({'seed': None}, 'seed is None'),
        ({'language_from': 'x'}, 'the output folder itself'),
    ],
)
def test_wrong_settings_are_refused(change, message):
    with pytest.raises(TrainingError, match=message):
        tiny_config({'output': 'x', **change})
    with pytest.raises(TrainingError, match='output is missing'):
        tiny_config({})


def test_settings_of_an_ablation_are_read(tmp_path):
    source = tmp_path / 'other'
    values = yaml.safe_load(f"""
        output: {tmp_path / 'run'}
        rates: [1, 0.5]
        rate: 4e-3
        hidden: 192
        loss: focal_alpha
        language_from: {source}""")
    for name in ('settings.json', 'tower.pt', 'tokenizer/tokenizer.json'):
        with pytest.raises(TrainingError, match=f'has no {name}'):
            tiny_config(values)
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).touch()
    (source / 'training').mkdir()
    (source / 'validation').mkdir()
    found = tiny_config(values)
    assert found.rates == (1.0, 0.5)
    assert (found.rate, found.hidden, found.loss) == (0.004, 192, 'focal_alpha')
    assert tiny_config({'output': 'x'}).layers == Sizes().layers


def test_settings_of_earlier_runs_keep_their_names():
    config = tiny_config({'output': 'x', 'courses': 7, 'validation_courses': 3})
    assert (config.clips, config.validation_clips) == (7, 3)


def test_pictures_are_labeled_where_things_are(tmp_path):
    pools = draw_pools(range(60_000_000, 60_000_008), 1, tmp_path)
    again = draw_pools(range(60_000_000, 60_000_008), 1, tmp_path)
    for aspect, pool in pools.items():
        assert pool.cells.shape[1:3] == grid(aspect)
        assert len(pool.frames) == len(pool.cells) == len(pool.digits)
        assert np.array_equal(pool.frames, again[aspect].frames)
        held = pool.cells[..., 0] > 0
        assert held.any()
        assert ((pool.cells[..., 1] > 0) == held).all()


def test_the_rate_rises_stays_and_falls():
    rates = [schedule(step, 1000, 0.6) for step in range(1000)]
    assert rates[0] < 0.05
    assert rates[200] == pytest.approx(1.005)
    assert rates[700] == pytest.approx(0.505)
    assert rates[-1] < 0.02


def test_the_mean_follows_and_gives_the_weights_back():
    layer = torch.nn.Linear(2, 2)
    mean = WeightAverage(list(layer.named_parameters()))
    first = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight += 1
    mean.update(1)
    with mean.applied():
        assert (layer.weight > first).all()
        assert (layer.weight < first + 1).all()
    assert torch.allclose(layer.weight, first + 1)


def test_dialogues_grow_with_the_run():
    rng = np.random.default_rng(0)
    early = [second_stage(0.1, rng) for _ in range(200)]
    late = [second_stage(0.9, rng) for _ in range(200)]
    assert max(one.turns for one in early) < 8
    assert max(one.turns for one in late) == 17
    assert min(one.turns for one in late) == 1
    assert not any(one.own_history for one in early)
    assert any(one.own_history for one in late)


def test_heads_are_asked_until_the_end_of_a_stage_is_near():
    rng = np.random.default_rng(1)
    assert second_stage(0.5, rng).auxiliary.probe == 0
    assert third_stage(0.5, rng).auxiliary.probe > 0
    assert third_stage(0.95, rng).auxiliary.probe == 0
    assert fourth_stage(0.5, rng).auxiliary.probe > 0
    assert fourth_stage(0.9, rng).auxiliary.probe == 0
    assert fifth_stage(0.5, rng).mix.everyday > 0.5
    assert fourth_stage(0.5, rng).mix.everyday == 0
    assert {third_stage(0.5, rng).turns for _ in range(300)} >= {1, 4, 8, 17}
