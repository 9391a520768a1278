# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the threshold of a trained gate: `streamo evaluate` with it in front of a script.

A gate does not read its own decisions, so its scores are the same whatever the threshold; and when
it opens does not depend on what the model behind it would say, so a script suffices there.
"""

from __future__ import annotations

from pathlib import Path

from streamo_ros.files import write_text
from streamo_ros.training.service import add_entries
from streamo_ros.training.train_config import ValidationSettings
from streamo_ros.training.validation import BEST
from streamo_ros.training.validation import evaluate
from streamo_ros.training.validation import log_scores

THRESHOLDS = (0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9)
SCRIPT = '- instruction: ""\n  say: []\n'


def calibrate(gate: Path, settings: ValidationSettings, output: Path) -> float:
    """Write the threshold with the best timing F1 into the gate's streamo.json.

    Args:
        gate: its folder.
        settings: what it is evaluated on.
        output: folder of the run; the scores of all thresholds are in its validation.jsonl.

    Returns:
        That timing F1.

    Raises:
        TrainingError: an evaluation failed.
    """
    script = output / 'silent.yaml'
    write_text(script, SCRIPT)
    scores = {
        threshold: evaluate(script, settings, '--gate', str(gate), '--activation', str(threshold))[
            BEST
        ]
        or 0.0
        for threshold in THRESHOLDS
    }
    best = max(scores, key=scores.__getitem__)
    add_entries(gate, response_threshold=best)
    log_scores(output, {'activation_thresholds': scores})
    return scores[best]
