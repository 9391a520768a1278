# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The card and the curves: made from what was measured, refused without it."""

import json

import pytest

from streamo_ros.training.config import TrainingError
from streamo_ros.training.tiny import card
from streamo_ros.training.tiny import curve

FIGURES = {'state_macro_f1': 0.913, 'timing_f1': 0.8, 'answer_accuracy': None,
           'interval_iou': 0.5, 'false_alarms_per_hour': 12.25, 'episodes': 4}


def test_the_card_gets_the_newest_figures(tmp_path):
    text = f'# Model\n{card.BEGIN}\nold\n{card.END}\nrest\n'
    (tmp_path / 'README.md').write_text(text)
    (tmp_path / 'evaluation.json').write_text(json.dumps(
        {**FIGURES, 'model_id': 'abc', 'seed': 3, 'families': {'appear': FIGURES}}))
    assert card.main([str(tmp_path)]) == 0
    found = (tmp_path / 'README.md').read_text()
    assert '| appear | 0.91 | 0.80 | - | 0.50 | 12.25 | 4 |' in found
    assert '`abc`' in found
    assert 'old' not in found
    assert found.startswith('# Model\n')
    assert found.endswith('\nrest\n')


def test_a_card_without_marks_or_figures_is_refused(tmp_path, capsys):
    assert card.main([str(tmp_path)]) == 1
    assert 'evaluation.json' in capsys.readouterr().err
    with pytest.raises(TrainingError, match='put them in'):
        card.renew('# Model', '|')


def test_curves_show_lines_and_dots(tmp_path):
    lines = [{'part': part, 'step': step, 'states': 1 / step, 'state_right': 1 - 1 / step}
             for step in (1, 2, 4) for part in ('language', 'language_check')]
    (tmp_path / 'log.jsonl').write_text('\n'.join(map(json.dumps, lines)))
    assert curve.main([str(tmp_path / 'log.jsonl'), str(tmp_path / 'log.svg')]) == 0
    picture = (tmp_path / 'log.svg').read_text()
    assert picture.count('<polyline') == 2
    assert picture.count('<circle') == 6
    assert '4 steps' in picture


def test_a_log_of_nothing_is_refused(tmp_path, capsys):
    (tmp_path / 'log.jsonl').write_text('')
    assert curve.main([str(tmp_path / 'log.jsonl'), str(tmp_path / 'log.svg')]) == 1
    assert 'no figures' in capsys.readouterr().err
