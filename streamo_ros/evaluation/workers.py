# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who watches the cases: this process, or several, each with a model of its own.

Knows how a model is loaded for watching and how cases are shared out. A case is watched alone and
from its begin, so the figures do not depend on who watches it; only latencies do.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from functools import partial
from pathlib import Path

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.case_runner import run_case
from streamo_ros.evaluation.case_runner import settings_for
from streamo_ros.evaluation.last_frame import LAST_FRAME
from streamo_ros.evaluation.last_frame import run_last_frame


@dataclass(frozen=True)
class EvalConfig:
    """How to watch.

    Attributes:
        model: folder of a checkpoint, or a .yaml script.
        device: see `backbone.load`.
        max_frames: frames of a lane; 0 leaves it to the checkpoint.
        response_threshold: probability from which Response is decided; 0 leaves it to the
            checkpoint.
        control: `LAST_FRAME` for a lane of its own for every frame.
    """

    model: Path
    device: str = 'auto'
    max_frames: int = 0
    response_threshold: float = 0.0
    control: str | None = None


class EvalWorker:
    """A model that watches one case after another.

    Raises:
        BackboneError: the model cannot be loaded.
    """

    def __init__(self, viewing: EvalConfig) -> None:
        self._backbone = _load(viewing)
        self._settings = settings_for(
            self._backbone, viewing.max_frames, viewing.response_threshold
        )
        self._watch = run_last_frame if viewing.control == LAST_FRAME else run_case

    @property
    def info(self) -> BackboneInfo:
        """The model's identity."""
        return self._backbone.info

    @property
    def max_frames(self) -> int:
        """Frames that a lane holds."""
        return self._settings.limits.max_frames

    def run_case(self, case: Case) -> CaseResult:
        """Watch a case from its begin."""
        return self._watch(self._backbone, case, self._settings)


def run_cases(
    viewing: EvalConfig,
    cases: Sequence[Case],
    workers: int = 1,
    shown: Callable[[Iterable[CaseResult]], Iterable[CaseResult]] = iter,
) -> tuple[BackboneInfo, int, list[CaseResult]]:
    """Watch all cases.

    Args:
        viewing: how.
        cases: at least one.
        workers: processes; with 1 it is done in this one.
        shown: passes on what comes, in order; for a progress bar.

    Returns:
        The model's identity, the frames that a lane held, and what was made of each case.

    Raises:
        BackboneError: the model cannot be loaded or failed as a whole.
        EvaluationError: a process was ended from outside.
    """
    if workers == 1:
        viewer = EvalWorker(viewing)
        return viewer.info, viewer.max_frames, list(shown(map(viewer.run_case, cases)))
    # Spawned, not forked: torch's threads and a GPU do not survive a fork.
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(min(workers, len(cases)), context) as pool:
        try:
            info, max_frames = pool.submit(_identity, viewing).result()
            return info, max_frames, list(shown(pool.map(partial(_watch, viewing), cases)))
        except BrokenProcessPool as error:
            raise EvaluationError(
                'a process that watched was ended, perhaps for want of memory: use fewer --workers'
            ) from error


def _load(viewing: EvalConfig) -> Backbone:
    return load(viewing.model, Options(device=viewing.device, lanes=1, wait=True))


@cache
def _viewer(viewing: EvalConfig) -> EvalWorker:
    """A worker's own; loaded with its first case, so that an error reaches who asked for it."""
    return EvalWorker(viewing)


def _identity(viewing: EvalConfig) -> tuple[BackboneInfo, int]:
    return _viewer(viewing).info, _viewer(viewing).max_frames


def _watch(viewing: EvalConfig, case: Case) -> CaseResult:
    return _viewer(viewing).run_case(case)
