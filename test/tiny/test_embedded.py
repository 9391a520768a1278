# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The checkpoint that comes with the package: small, loadable, and able to watch."""

import json
from pathlib import Path

import numpy as np
import pytest

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.evaluation.case_runner import run_case
from streamo_ros.evaluation.case_runner import settings_for
from streamo_ros.evaluation.synthetic import synthetic_cases
from streamo_ros.evaluation.synthetic import SyntheticSettings
from streamo_ros.tiny.card import marks
from streamo_ros.tiny.tables import figures
from streamo_ros.tiny.vocabulary import build_tokenizer

FOLDER = Path(__file__).parents[2] / 'models' / 'streamo-tiny'


@pytest.fixture(scope='module')
def backbone():
    return load(FOLDER, Options(device='cpu', lanes=1))


def test_it_is_small():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 20_000_000


def test_its_tokenizer_is_the_one_that_the_training_makes(tmp_path):
    build_tokenizer().save_pretrained(tmp_path)
    assert json.loads((tmp_path / 'tokenizer.json').read_text()) == json.loads(
        (FOLDER / 'tokenizer.json').read_text()
    )


def test_it_watches_worlds_that_it_has_never_seen(backbone):
    cases = list(synthetic_cases(26, SyntheticSettings(seed=9, frames=16)))
    watched = [run_case(backbone, case, settings_for(backbone)) for case in cases]
    right = [
        due.state is state
        for case, one in zip(cases, watched, strict=True)
        for due, state in zip(case.moments, one.states, strict=True)
    ]
    assert np.mean(right) > 0.92
    due = {moment.text for case in cases for moment in case.moments if moment.text}
    said = {answer.text for one in watched for answer in one.answers}
    assert len(due & said) >= 0.75 * len(due)


def test_its_card_shows_the_figures_beside_it(backbone):
    card = (FOLDER / 'README.md').read_text()
    found = json.loads((FOLDER / 'evaluation' / 'evaluation.json').read_text())
    begin, end = marks('figures')
    assert f'{begin}\n{figures(found)}\n{end}' in card
    assert found['model_id'] == backbone.info.model_id
