# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The threshold that a gate asks for is the one with the best timing F1."""

from __future__ import annotations

import json

from streamo_ros.training.activation import gate_validation
from streamo_ros.training.train_config import ValidationSettings


def test_the_best_threshold_is_written_down(tmp_path, monkeypatch):
    calls = []

    def evaluate(model, settings, *options):
        calls.append(
            (model.read_text(), settings, dict(zip(options[::2], options[1::2], strict=True)))
        )
        return {'timing_f1': {'0.7': 0.9, '0.8': 0.85}.get(options[-1])}

    monkeypatch.setattr(gate_validation, 'evaluate', evaluate)
    gate = tmp_path / 'final'
    gate.mkdir()
    (gate / 'streamo.json').write_text('{"max_frames": 6}')
    settings = ValidationSettings('val.jsonl')
    assert gate_validation.calibrate(gate, settings, tmp_path) == 0.9
    assert json.loads((gate / 'streamo.json').read_text()) == {
        'max_frames': 6,
        'response_threshold': 0.7,
    }
    assert {options['--gate'] for _, _, options in calls} == {str(gate)}
    assert [float(options['--activation']) for _, _, options in calls] == list(
        gate_validation.THRESHOLDS
    )
    scores = json.loads((tmp_path / 'validation.jsonl').read_text())['activation_thresholds']
    assert scores['0.7'] == 0.9
    assert scores['0.2'] == 0.0
