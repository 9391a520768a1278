# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Free-running validation during training: the checkpoint so far, through the node's own engine.

Teacher-forced loss flatters a streaming model, because it reads most states off the true history.
Here `streamo evaluate` runs on a saved checkpoint in a process of its own, so that its memory is
given back.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

from streamo_ros.training.service import add_entries
from streamo_ros.training.train_config import TrainingError
from streamo_ros.training.train_config import ValidationSettings

METRICS = ('timing_f1', 'state_macro_f1', 'answer_accuracy', 'spurious_answers_per_hour')
BEST = 'timing_f1'
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
LEAST_GAIN = 0.005
"""Gain of timing F1 from which a calibrated threshold is written."""
BLIND_SHARE = 0.9
"""Share of the timing F1 that black frames may reach before the run warns."""

Evaluate = Callable[..., dict[str, Any]]


@dataclass
class Validation:
    """Validates checkpoints of a run and keeps the best one.

    Args:
        settings: see `ValidationSettings`.
        output: folder of the run; the best checkpoint is kept in `output`/best.

    Attributes:
        best: timing F1 of the best checkpoint so far; below 0 = there is none.
    """

    settings: ValidationSettings
    output: Path
    best: float = field(default=-1.0, init=False)

    @property
    def folder(self) -> Path:
        """Where the checkpoint to validate is saved."""
        return self.output / 'validation'

    def validate(self, step: int) -> dict[str, float]:
        """Evaluate the checkpoint in `folder`, and keep it if it is the best so far.

        Returns:
            The metrics that were defined.

        Raises:
            TrainingError: the evaluation failed.
        """
        figures = evaluate(self.folder, self.settings)
        metrics = {name: figures[name] for name in METRICS if figures[name] is not None}
        self._log({'step': step, **metrics})
        if metrics.get(BEST, 0.0) > self.best:
            self.best = metrics.get(BEST, 0.0)
            best = self.output / 'best'
            shutil.rmtree(best, ignore_errors=True)
            self.folder.rename(best)
        return metrics

    def finish(self, final: Path) -> None:
        """Calibrate the response threshold of the final checkpoint, and try it on black frames."""
        plain = evaluate(final, self.settings)[BEST] or 0.0
        if self.settings.calibrate:
            scores = {
                threshold: evaluate(final, self.settings, '--response-threshold', str(threshold))[
                    BEST
                ]
                or 0.0
                for threshold in THRESHOLDS
            }
            threshold = max(scores, key=scores.__getitem__)
            if scores[threshold] > plain + LEAST_GAIN:
                add_entries(final, response_threshold=threshold)
            self._log({'response_thresholds': scores, 'most_probable': plain})
        blind = evaluate(final, self.settings, '--blind')[BEST] or 0.0
        self._log({'blind_timing_f1': blind, BEST: plain})
        if plain and blind >= BLIND_SHARE * plain:
            print(
                f'WARNING: timing F1 is {plain:.3f}, and {blind:.3f} with every frame black: the '
                'model does not look at the video'
            )

    def _log(self, entry: dict[str, Any]) -> None:
        log_scores(self.output, entry)


def log_scores(output: Path, entry: dict[str, Any]) -> None:
    """Add a line to the validation.jsonl of a run's folder."""
    with (output / 'validation.jsonl').open('a', encoding='utf-8') as log:
        log.write(json.dumps(entry) + '\n')


def evaluate(model: Path, settings: ValidationSettings, *options: str) -> dict[str, Any]:
    """Run `streamo evaluate` on the validation dialogues.

    Raises:
        TrainingError: it failed; the message is its own.
    """
    command = [sys.executable, '-m', 'streamo_ros.evaluation.evaluate', str(model), '--json']
    command += ['--dialogues', settings.dialogues, '--cases', str(settings.cases), *options]
    if settings.videos:
        command += ['--videos', settings.videos]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TrainingError(f'validation failed: {done.stderr.strip().splitlines()[-1:]}')
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
