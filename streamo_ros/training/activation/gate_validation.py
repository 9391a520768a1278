# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the threshold of a trained gate: `streamo evaluate` with it in front of a script.

A gate that reads frames alone has the same scores whatever the threshold and whatever the model
behind it says, so a silent script suffices there. One that reads the dialogue hears what was said:
its base says it.
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


def calibrate(
    gate: Path, settings: ValidationSettings, output: Path, speaker: Path | None = None
) -> float:
    """Write the threshold with the best timing F1 into the gate's streamo.json.

    Args:
        gate: its folder.
        settings: what it is evaluated on.
        output: folder of the run; the scores of all thresholds are in its validation.jsonl.
        speaker: the model behind it; None = one that says nothing.

    Returns:
        That timing F1.

    Raises:
        TrainingError: an evaluation failed.
    """
    if speaker is None:
        speaker = output / 'silent.yaml'
        write_text(speaker, SCRIPT)
    scores = {
        threshold: evaluate(
            speaker, settings, '--gate', str(gate), '--activation', str(threshold)
        )[BEST]
        or 0.0
        for threshold in THRESHOLDS
    }
    best = max(scores, key=scores.__getitem__)
    add_entries(gate, response_threshold=best)
    log_scores(output, {'activation_thresholds': scores})
    return scores[best]
