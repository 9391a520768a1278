# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The card of streamo-objects holds the figures that were measured."""

from __future__ import annotations

import json

import pytest

from streamo_ros.tiny.objects.card import COLUMNS
from streamo_ros.tiny.objects.card import FILES
from streamo_ros.tiny.objects.card import main
from streamo_ros.training.train_config import TrainingError

ROW = dict.fromkeys(COLUMNS, 0.5) | {'episodes': 4, 'standing_right': None}
FIGURES = ROW | {'model_id': 'abc', 'families': {'appear': ROW}, 'rule': None}


def test_the_tables_are_renewed(tmp_path):
    card = tmp_path / 'README.md'
    card.write_text(''.join(f'<!-- {name} -->old<!-- end of {name} -->' for name in FILES))
    (tmp_path / 'evaluation').mkdir()
    for file in FILES.values():
        (tmp_path / 'evaluation' / f'{file}.json').write_text(json.dumps(FIGURES))
    main([str(tmp_path)])
    text = card.read_text()
    assert 'old' not in text
    assert text.count('| appear | 0.50 | 0.50 | 0.50 | - |') == len(FILES)


def test_missing_figures_are_named(tmp_path):
    (tmp_path / 'README.md').write_text('')
    with pytest.raises(TrainingError, match='does not exist: write it'):
        main([str(tmp_path)])
