# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The card of streamo-objects holds the figures that were measured."""

from __future__ import annotations

import json

import pytest

from streamo_ros.tiny.objects.card import COLUMNS
from streamo_ros.tiny.objects.card import FILES
from streamo_ros.tiny.objects.card import FRESH
from streamo_ros.tiny.objects.card import main
from streamo_ros.tiny.objects.card import UNKNOWN
from streamo_ros.training.train_config import TrainingError

ROW = dict.fromkeys(COLUMNS, 0.5) | {'episodes': 4, 'standing_right': None}
FIGURES = ROW | {
    'model_id': 'abc',
    'families': {'appear': ROW},
    'rule': None,
    'refused': {'known': 0.01, 'unknown': 0.97},
}
RULE = {'false_alarms_per_hour': 1.25, 'families': {}}
PART = {'timing_f1': 0.75, 'answer_accuracy': 0.7, 'due': 30}
PARTS = {'people': PART, 'large': PART, 'numbers': {'standing_right': 0.9}}
REAL = FIGURES | {
    'never_hours': 4.5,
    'parts': PARTS,
    'rule': ROW | RULE | {'parts': PARTS | {'numbers': {'standing_right': None}}},
    'hindsight': ROW | {'timing_f1': 0.95, 'parts': PARTS | {'people': PART | {'timing_f1': 1.0}}},
    'variants': ROW | {'never_hours': 36.04, 'rule': RULE},
    'cuts': ROW
    | {'never_hours': 2.0, 'false_alarms': 2, 'count': 8}
    | {'rule': ROW | {'timing_f1': 0.25, 'false_alarms': 1}},
}


CLIP = ROW | {'false_alarms': 3, 'rule': ROW | {'timing_f1': None, 'false_alarms': 2}}
MARKS = (*FILES, FRESH, 'parts', 'quiet', 'cuts', 'score')


def test_the_tables_are_renewed(tmp_path):
    card = tmp_path / 'README.md'
    card.write_text(''.join(f'<!-- {name} -->old<!-- end of {name} -->' for name in MARKS))
    (tmp_path / 'evaluation').mkdir()
    for file in (*FILES.values(), UNKNOWN):
        figures = REAL if file == 'real' else FIGURES
        (tmp_path / 'evaluation' / f'{file}.json').write_text(json.dumps(figures))
    content = json.dumps(REAL | {'model_id': 'def', 'clips': {'street': CLIP}})
    (tmp_path / 'evaluation' / f'{FRESH}.json').write_text(content)
    main([str(tmp_path)])
    text = card.read_text()
    assert 'old' not in text
    assert text.count('| appear | 0.50 | 0.50 | 0.50 | - |') == len(FILES) + 1
    assert 'Model `def`:' in text
    assert '| street | 0.50 (-) | 0.50 (0.50) | - (-) | 3 (2) |' in text
    assert '| all: timing F1 | 0.50 | 0.50 | 0.95 |' in text
    assert '| people who appear and leave (30 events): timing F1 | 0.75 | 0.75 | 1.00 |' in text
    assert '| people who appear and leave (30 events): answers right | 0.70 | 0.70 | - |' in text
    assert '| numbers from 1 to 4: right in so many frames | 0.90 | - | - |' in text
    assert '| the same, variants of the clips (36.0 h) | 0.50 | 1.25 |' in text
    assert '| fresh, 8 streams | 0.50 (0.25) | 0.50 (0.50) | - (-) | ' in text
    assert '| 2 (1) | 2.0 |' in text
    assert '| unknown things refused (4 cases) | 0.97 | - |' in text
    assert '| known things refused | 0.01 | - |' in text


def test_missing_figures_are_named(tmp_path):
    (tmp_path / 'README.md').write_text('')
    with pytest.raises(TrainingError, match='does not exist: write it'):
        main([str(tmp_path)])
