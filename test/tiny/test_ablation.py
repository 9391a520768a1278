# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ablation: fair settings, each run once, and a table of what they came to."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from streamo_ros.tiny import ablation
from streamo_ros.training.train_config import TrainingError

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / 'config' / 'train'
CARD = ROOT / 'models' / 'streamo-tiny' / 'README.md'
FIGURES = dict.fromkeys((*ablation.KEPT, 'interval_iou'), 0.5)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with the run that is built upon, the configurations and a card."""
    monkeypatch.chdir(tmp_path)
    source = tmp_path / 'runs' / 'streamo-tiny'
    for name in ('tokenizer', 'training', 'validation'):
        (source / name).mkdir(parents=True)
    for name in ('settings.json', 'tower.pt', 'tokenizer/tokenizer.json'):
        (source / name).touch()
    (tmp_path / 'configs').mkdir()
    for file in (CONFIGS / 'ablation').iterdir():
        (tmp_path / 'configs' / file.name).write_text(file.read_text())
    model = tmp_path / 'model'
    (model / 'evaluation').mkdir(parents=True)
    (model / 'README.md').write_text(CARD.read_text())
    (model / 'evaluation' / 'evaluation.json').write_text(
        json.dumps(
            {**FIGURES, 'model_id': 'abc', 'rate': 1.0, 'drop': 0.0, 'frames': 24, 'families': {}}
        )
    )
    return tmp_path


@pytest.fixture
def calls(workplace, monkeypatch):
    """The commands that were called, by a user's eyes; each does at once what it is for."""
    found: list[list[str]] = []

    def call(command, check):
        _, _, module, *arguments = command
        found.append([module.rpartition('.')[2], *arguments])
        if module.endswith('train'):
            final = Path(yaml.safe_load(Path(arguments[0]).read_text())['output']) / 'final'
            final.mkdir(parents=True)
            (final / 'streamo.json').write_text('{}')
        else:
            said = dict(zip(arguments[1::2], arguments[2::2], strict=True))
            Path(said['--output']).write_text(
                json.dumps(
                    {
                        **FIGURES,
                        'episodes': int(said['--worlds']),
                        'seed': int(said['--seed']),
                        'rate': float(said['--rate']),
                        'state_macro_f1': 0.87 if 'focal' in arguments[0] else 0.9,
                    }
                )
            )
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(ablation.subprocess, 'run', call)
    return found


def run(*more):
    return ablation.main(['--configs', 'configs', '--model', 'model', '--worlds', '13', *more])


def test_the_shipped_settings_are_fair(workplace):
    found = ablation.read_configs(CONFIGS / 'ablation')
    assert {value.language_from for value in found.values()} == {'runs/streamo-tiny'}
    assert len({value.output for value in found.values()}) == 4
    assert [value.loss for value in found.values()] == [
        'plain',
        'focal_alpha',
        'class_balanced',
        'plain',
    ]
    assert found['one_hertz'].rates == (1.0,)


def test_an_unequal_budget_is_refused(workplace):
    file = workplace / 'configs' / 'plain.yaml'
    file.write_text(re.sub(r'language_steps: \d+', 'language_steps: 900', file.read_text()))
    with pytest.raises(TrainingError, match=r'differs from .* in language_steps'):
        run()


def test_each_run_is_trained_and_watched_once(workplace, calls):
    assert run() == 0
    assert [one[0] for one in calls].count('train') == 4
    watched = [
        (Path(one[1]).parent.name, one[one.index('--rate') + 1], '--frames 48' in ' '.join(one))
        for one in calls
        if one[0] == 'evaluate'
    ]
    assert ('one_hertz', '2', True) in watched
    assert ('plain', '2', True) in watched
    assert len(watched) == 6
    found = json.loads((workplace / 'model' / 'evaluation' / 'ablation.json').read_text())
    plain = ablation.read_configs(workplace / 'configs')['plain']
    assert found['steps'] == plain.language_steps
    assert found['runs']['focal_alpha']['1']['state_macro_f1'] == 0.87
    card = (workplace / 'model' / 'README.md').read_text()
    assert '| focal and alpha (Streamo) | 0.87 | 0.50 | 0.50 | 0.50 | - | - |' in card
    assert '13 episodes' in card
    calls.clear()
    assert run() == 0
    assert calls == []


def test_it_goes_on_where_it_was_stopped(workplace, calls):
    assert run('plain') == 0
    found = json.loads((workplace / 'model' / 'evaluation' / 'ablation.json').read_text())
    assert list(found['runs']) == ['plain']
    calls.clear()
    assert run('--seed', '2', 'plain') == 0
    assert [one[0] for one in calls] == ['evaluate', 'evaluate']
    calls.clear()
    assert run('plain', 'one_hertz', '--seed', '2') == 0
    assert [one[0] for one in calls] == ['train', 'evaluate', 'evaluate']
    found = json.loads((workplace / 'model' / 'evaluation' / 'ablation.json').read_text())
    assert set(found['runs']) == {'plain', 'one_hertz'}


def test_a_run_that_fails_ends_the_ablation(workplace, monkeypatch):
    monkeypatch.setattr(ablation.subprocess, 'run', lambda *_, **__: SimpleNamespace(returncode=3))
    with pytest.raises(TrainingError, match='exited with code 3'):
        run('plain')
