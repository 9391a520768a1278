# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""E.T. Bench's captions: how they are read, and what their similarity compares."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.evaluation.benchmarks import et_bench
from streamo_ros.evaluation.benchmarks.benchmark import Graders
from streamo_ros.evaluation.benchmarks.et_captions import captions

ROW = {
    'task': 'dvc',
    'source': 's',
    'video': 'v.mp4',
    'tgt': [[0, 10], [20, 30]],
    'g': ['The cook cuts!', 'He stirs.'],
}


@pytest.mark.parametrize(
    ('text', 'found'),
    [
        ('9 - 3 seconds, the cook cuts.', [((3, 9), 'the cook cuts.')]),
        ('Start time: 2, end time: 5. Description: He stirs', [((2, 5), 'he stirs')]),
        ('33 seconds, he stirs it.', [((13, 53), 'he stirs it.')]),
        ('At 1:05 seconds he stirs\nand later more', [((45, 85), 'he stirs')]),
        ('start time 1, end time 2', []),
        ('Nothing at all happens.', []),
    ],
)
def test_captions_are_read_as_the_benchmark_does(text, found):
    assert captions(text) == found


def encoder(sentences):
    """Each sentence a direction of its own: equal ones have 1, others 0."""
    directions = {'the cook cuts': 0, 'he stirs': 1}
    return np.eye(4, dtype=np.float32)[[directions.get(text, 2) for text in sentences]]


def test_similarity_compares_what_overlaps_and_the_rest_with_random_letters():
    row = {**ROW, 'a': '0 - 10 seconds, The cook cuts.\n20 - 30 seconds, A dog barks.'}
    (graded,) = et_bench.grade([row], Graders(encoder=encoder))
    assert graded['caption_similarities'] == [0.5, 0.5, 0.5, 0.5]
    figures = et_bench.score([graded])
    assert figures['dvc s Sim'] == 0.5
    assert figures['captions F1'] == pytest.approx(1.0)
    assert 'dvc s Sim' not in et_bench.score([row])


def test_rows_of_other_tasks_are_left_alone():
    row = {'task': 'tvg', 'video': 'v', 'tgt': [1, 2], 'a': '1 - 2'}
    assert et_bench.grade([row], Graders(encoder=encoder)) == [row]
