# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A user's own phrasings: read from YAML, or refused in a sentence that names file and family."""

from pathlib import Path

import pytest

from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.phrasings import read_phrasings
from streamo_ros.training.worlds.phrasing import FAMILIES
from streamo_ros.training.worlds.phrasing import PHRASES


def test_the_file_of_the_package_has_six_of_every_family_and_none_that_is_known():
    found = read_phrasings(Path('config/evaluate/phrasings.yaml'))
    assert set(found) == set(FAMILIES)
    for family, texts in found.items():
        assert len(set(texts)) == 6
        assert not set(texts) & set(PHRASES[family])


def test_one_family_is_enough(tmp_path):
    path = tmp_path / 'mine.yaml'
    path.write_text('see:\n  - And now?\n')
    assert read_phrasings(path) == {'see': ('And now?',)}


@pytest.mark.parametrize(('text', 'why'), [
    ('see: [a', 'is no YAML'),
    ('- see', 'lists of phrasings by family: appear'),
    ('', 'lists of phrasings by family'),
    ('dance: [dance]', "no family 'dance': choose from appear"),
    ('see: what is there', 'see must be a list'),
    ('see: []', 'see must be a list'),
    ('see: [3]', 'see: 3 is no phrasing'),
    ("see: ['']", "see: '' is no phrasing"),
    ("see: ['what is {there}']", 'is no phrasing: write a text with {a}, {c} and {s}'),
    ("see: ['what is {']", 'is no phrasing'),
    ("see: ['what {a.b}']", 'is no phrasing'),
    ("appear: ['tell me when a {c} thing comes']", 'and name {c} {s} in appear'),
    ("colour: ['which colour?']", 'and name {s} in colour'),
])
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path, text, why):
    path = tmp_path / 'mine.yaml'
    path.write_text(text)
    with pytest.raises(EvaluationError) as refused:
        read_phrasings(path)
    assert why in str(refused.value)
    assert str(path) in str(refused.value)
    assert '\n' not in str(refused.value)
