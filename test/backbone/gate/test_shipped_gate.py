# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""models/streamo-gate: small, and good enough in front of a model that was not trained with it."""

from __future__ import annotations

import pytest
import torch

from streamo_ros.backbone import load
from streamo_ros.core.interface import BackboneError
from streamo_ros.evaluation.score import report
from streamo_ros.evaluation.synthetic import synthetic_cases
from streamo_ros.evaluation.synthetic import SyntheticSettings
from streamo_ros.evaluation.workers import EvalConfig
from streamo_ros.evaluation.workers import EvalWorker
from streamo_ros.share import share_path

torch.set_num_threads(1)

MOST_BYTES = 3_000_000


def test_it_is_small():
    folder = share_path('models', 'streamo-gate')
    assert sum(file.stat().st_size for file in folder.rglob('*')) < MOST_BYTES


def test_it_opens_when_an_answer_is_due():
    worker = EvalWorker(EvalConfig('tiny', device='cpu', gate='gate'))
    cases = synthetic_cases(8, SyntheticSettings(seed=77))
    found = report([(case, worker.run_case(case)) for case in cases])
    assert found['timing_f1'] >= 0.85


def test_it_is_no_model():
    with pytest.raises(BackboneError, match=r'set model\.gate to it'):
        load(share_path('models', 'streamo-gate'))
