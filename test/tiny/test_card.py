# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The card and the curves: made from what was measured, refused without it."""

import json

import pytest

from streamo_ros.tiny import card
from streamo_ros.tiny import curve
from streamo_ros.training.train_config import TrainingError

NAMES = (
    'figures',
    'held out',
    'phrasings',
    'strangers',
    'other strangers',
    'controls',
    'robustness',
    'score',
    'ablation',
)
FIGURES = {
    'state_macro_f1': 0.913,
    'timing_f1': 0.8,
    'answer_accuracy': None,
    'interval_iou': 0.5,
    'false_alarms_per_hour': 12.25,
    'episodes': 4,
}
WHOLE = {
    **FIGURES,
    'model_id': 'abc',
    'seed': 3,
    'rate': 1.0,
    'drop': 0.0,
    'frames': 92,
    'never_hours': 2.0,
    'families': {'appear': FIGURES},
}


@pytest.fixture
def folder(tmp_path):
    """A card with all marks, and the main figures."""
    tables = ''.join('{}\nold\n{}\n'.format(*card.marks(name)) for name in NAMES)
    (tmp_path / 'README.md').write_text(f'# Model\n{tables}rest\n')
    write(tmp_path, 'evaluation')
    return tmp_path


def write(folder, name, **changed):
    (folder / 'evaluation').mkdir(exist_ok=True)
    (folder / 'evaluation' / f'{name}.json').write_text(json.dumps({**WHOLE, **changed}))


def renewed(folder):
    assert card.main([str(folder)]) == 0
    return (folder / 'README.md').read_text()


def part(text, name):
    begin, end = card.marks(name)
    return text.partition(begin)[2].partition(end)[0]


def test_the_card_gets_the_newest_figures(folder):
    found = renewed(folder)
    assert '| appear | 0.91 | 0.80 | - | 0.50 | 12.25 | 4 |' in part(found, 'figures')
    assert '`abc`' in found
    assert 'old' not in found
    assert found.startswith('# Model\n')
    assert found.endswith('\nrest\n')
    assert renewed(folder) == found


def test_what_is_not_there_is_not_measured(folder):
    found = renewed(folder)
    assert part(found, 'held out').strip() == 'Not measured.'
    assert part(found, 'phrasings').strip() == 'Not measured.'
    assert part(found, 'controls').count('not measured') == 2
    assert part(found, 'robustness').count('not measured') == 8
    assert part(found, 'ablation').count('not measured') == 4


def test_controls_stand_beside_their_limits(folder):
    write(folder, 'evaluation_blind', state_macro_f1=0.31)
    write(folder, 'evaluation_last_frame', state_macro_f1=0.66)
    found = part(renewed(folder), 'controls')
    assert '| black frames | 0.31 | 0.45 |' in found
    assert '| the newest frame only | 0.66 | 0.75 |' in found


def test_what_is_lost_is_told_from_what_it_is_held_against(folder):
    write(folder, 'evaluation_2hz', state_macro_f1=0.893, rate=2.0)
    write(folder, 'evaluation_complete', timing_f1=0.9)
    write(folder, 'evaluation_drop', timing_f1=0.87, drop=0.2)
    write(folder, 'evaluation_never', false_alarms_per_hour=1.5, never_hours=3.0)
    write(folder, 'evaluation_video', false_alarms_per_hour=90.0)
    found = part(renewed(folder), 'robustness')
    assert '| sampled faster | 2 | 0% | 23 | 0.89 | -0.02 | 0.80 | +0.00 | 4 |' in found
    assert '| frames dropped at random | 1 | 20% | 23 | 0.91 | +0.00 | 0.87 | -0.03 | 4 |' in found
    assert 'never happens | 3.00 | 1.50 | 0.03 |' in found
    assert 'never happens | 2.00 | 90.00 | 1.50 |' in found


def test_figures_of_another_model_are_left_out_and_said(folder, capsys):
    write(folder, 'evaluation_blind', state_macro_f1=0.31, model_id='older')
    assert '0.31' not in renewed(folder)
    assert 'evaluation_blind.json belongs to model older' in capsys.readouterr().err


def test_a_card_without_marks_or_figures_is_refused(folder):
    (folder / 'evaluation' / 'evaluation_blind.json').write_text('{')
    with pytest.raises(TrainingError, match='is not JSON'):
        card.main([str(folder)])
    (folder / 'evaluation' / 'evaluation_blind.json').unlink()
    (folder / 'evaluation' / 'evaluation.json').unlink()
    with pytest.raises(TrainingError, match=r'has no evaluation\.json'):
        card.main([str(folder)])
    with pytest.raises(TrainingError, match='add them'):
        card.renew('# Model', 'figures', '|')


def test_curves_show_lines_and_dots(tmp_path):
    lines = [
        {'part': part, 'step': step, 'states': 1 / step, 'state_right': 1 - 1 / step}
        for step in (1, 2, 4)
        for part in ('language', 'language_check')
    ]
    (tmp_path / 'log.jsonl').write_text('\n'.join(map(json.dumps, lines)))
    assert curve.main([str(tmp_path / 'log.jsonl'), str(tmp_path / 'log.svg')]) == 0
    picture = (tmp_path / 'log.svg').read_text()
    assert picture.count('<polyline') == 2
    assert picture.count('<circle') == 6
    assert '4 steps' in picture


def test_a_log_of_nothing_is_refused(tmp_path):
    (tmp_path / 'log.jsonl').write_text('')
    with pytest.raises(TrainingError, match='no figures'):
        curve.main([str(tmp_path / 'log.jsonl'), str(tmp_path / 'log.svg')])
