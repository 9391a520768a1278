# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs cases in this process or in several worker processes, each with its own model.

A case is run alone and from its start, so that results do not depend on the worker; only
latencies do.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from dataclasses import replace
from functools import cache
from functools import partial
from pathlib import Path

from streamo_ros.backbone import is_url
from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.config.model import find_model
from streamo_ros.config.settings import context_policy
from streamo_ros.core.eviction import EvictionPolicy
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
    """How cases are run.

    Attributes:
        model: folder of a checkpoint, the name of an embedded one, a .yaml script, or the URL of a
            server.
        device: see `backbone.load`.
        max_frames: frames that a lane keeps; 0 = the checkpoint's setting.
        response_threshold: probability from which Response is decided; 0 = the checkpoint's
            setting.
        control: `LAST_FRAME` to judge every frame in a fresh lane.
        protocol: see `backbone.load`.
        policy: what leaves a full context, as `context.policy`.
        max_pixels: largest frame area; 0 = the checkpoint's setting.
        name: of the model on a server; '' = the only one there.
        settings: see `backbone.Options`, as for the others.
        hysteresis: see `core.decision.Hysteresis`.
        dialect: its name; 'auto' = as the checkpoint shows.
    """

    model: Path | str
    device: str = 'auto'
    max_frames: int = 0
    response_threshold: float = 0.0
    control: str | None = None
    protocol: str = 'auto'
    policy: str = 'auto'
    max_pixels: int = 0
    name: str = ''
    settings: str = ''
    gate: str = ''
    gate_main: str = 'streaming'
    alpha: float = 0.0
    max_len: int = 0
    hysteresis: float = 0.0
    dialect: str = 'auto'


class EvalWorker:
    """A loaded model that runs one case after another.

    Raises:
        BackboneError: the model cannot be loaded.
        ParameterError: it cannot follow the policy.
    """

    def __init__(self, config: EvalConfig) -> None:
        self._backbone = _load(config)
        self._settings = settings_for(
            self._backbone, config.max_frames, config.response_threshold, config.hysteresis
        )
        self._policy = config.policy
        self.policy()
        self._last_frame_only = config.control == LAST_FRAME

    @property
    def info(self) -> BackboneInfo:
        """The model's identity."""
        return self._backbone.info

    @property
    def max_frames(self) -> int:
        """Frames that a lane keeps."""
        return self._settings.limits.max_frames

    def policy(self) -> EvictionPolicy:
        """What leaves a full context: a new one for each case, as some have a state of their own.

        Raises:
            ParameterError: the model cannot follow it.
        """
        return context_policy(self._policy, self.info)

    def run_case(self, case: Case) -> CaseResult:
        """Run a case from its start."""
        if self._last_frame_only:
            return run_last_frame(self._backbone, case, self._settings)
        return run_case(self._backbone, case, self._settings, self.policy())


@dataclass(frozen=True)
class Processes:
    """Where cases are run.

    Attributes:
        workers: number of processes on this machine; 1 = this process.
        ray: address of a Ray cluster that runs them instead, see `replay.ray_executor`; '' = none.
    """

    workers: int = 1
    ray: str = ''


THIS_PROCESS = Processes()


def run_cases(
    config: EvalConfig,
    cases: Sequence[Case],
    where: Processes = THIS_PROCESS,
    progress: Callable[[Iterable[CaseResult]], Iterable[CaseResult]] = iter,
) -> tuple[BackboneInfo, int, list[CaseResult]]:
    """Run all cases.

    Args:
        config: how they are run.
        cases: at least one.
        where: in which processes.
        progress: wraps the results as they arrive, in order; for a progress bar.

    Returns:
        The model's identity, the frames that a lane keeps, and the result of each case.

    Raises:
        BackboneError: the model cannot be loaded, or failed as a whole.
        EvaluationError: a worker process died.
        ClusterError: the Ray cluster cannot be used.
    """
    if where.ray:
        return _on_ray(config, cases, where.ray, progress)
    if where.workers == 1:
        worker = EvalWorker(config)
        return worker.info, worker.max_frames, list(progress(map(worker.run_case, cases)))
    # Spawned, not forked: torch's threads and a GPU do not survive a fork.
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(min(where.workers, len(cases)), context) as pool:
        try:
            info, max_frames = pool.submit(_identity, config).result()
            results = pool.map(partial(_run_case, config), cases)
            return info, max_frames, list(progress(results))
        except BrokenProcessPool as error:
            raise EvaluationError(
                'a worker process died, possibly out of memory: use fewer --workers'
            ) from error


def _on_ray(
    config: EvalConfig,
    cases: Sequence[Case],
    address: str,
    progress: Callable[[Iterable[CaseResult]], Iterable[CaseResult]],
) -> tuple[BackboneInfo, int, list[CaseResult]]:
    """See `run_cases`; one task for each case. Every machine needs model and videos."""
    # Imported here: it loads the replay.
    from streamo_ros.replay.ray_executor import connection
    from streamo_ros.replay.ray_executor import gpus_of_task

    own = config if is_url(config.model) else replace(config, model=Path(config.model).resolve())
    with connection(address) as ray:
        available = ray.cluster_resources().get('GPU', 0)
        needed = gpus_of_task(own.model, own.device, available)
        remote = ray.remote(num_cpus=1, num_gpus=needed)
        try:
            info, max_frames = ray.get(remote(_identity).remote(own))
            running = [remote(_run_case).remote(own, case) for case in cases]
            return info, max_frames, list(progress(ray.get(task) for task in running))
        except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError) as error:
            raise EvaluationError(
                'a machine of the Ray cluster was lost: run the same command again, which goes on'
            ) from error


def _load(config: EvalConfig) -> Backbone:
    options = Options(
        device=config.device,
        dialect=config.dialect,
        protocol=config.protocol,
        max_pixels=config.max_pixels,
        lanes=1,
        wait=True,
        name=config.name,
        settings=config.settings,
        gate=str(find_model(config.gate)) if config.gate else '',
        gate_main=config.gate_main,
        alpha=config.alpha,
        max_len=config.max_len,
    )
    return load(find_model(config.model), options)


@cache
def _worker(config: EvalConfig) -> EvalWorker:
    """The worker of this process, loaded on first use so that errors reach the caller."""
    return EvalWorker(config)


def _identity(config: EvalConfig) -> tuple[BackboneInfo, int]:
    return _worker(config).info, _worker(config).max_frames


def _run_case(config: EvalConfig, case: Case) -> CaseResult:
    return _worker(config).run_case(case)
