# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo train config/train/streamo-tiny.yaml`: the embedded model from nothing to a checkpoint.

Knows the order of things: tokenizer, pictures, tower, courses, language model, export. Each part
is kept in the run's folder and not made twice, and both trainings go on where they were stopped;
what is drawn at a step follows from the seed and the step alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.protocol import Wording
from streamo_ros.training.tiny import tokenizer as words
from streamo_ros.training.tiny.batch import Batch
from streamo_ros.training.tiny.batch import batch
from streamo_ros.training.tiny.courses import Course
from streamo_ros.training.tiny.courses import watch_courses
from streamo_ros.training.tiny.dialogues import draw_dialogue
from streamo_ros.training.tiny.dialogues import LATER
from streamo_ros.training.tiny.dialogues import WEIGHTS
from streamo_ros.training.tiny.export import export_run
from streamo_ros.training.tiny.export import read_part
from streamo_ros.training.tiny.history import with_own_states
from streamo_ros.training.tiny.log import average
from streamo_ros.training.tiny.log import Log
from streamo_ros.training.tiny.network import Network
from streamo_ros.training.tiny.network import new_tower
from streamo_ros.training.tiny.network import Sizes
from streamo_ros.training.tiny.objective import Objective
from streamo_ros.training.tiny.optimiser import Mean
from streamo_ros.training.tiny.optimiser import Optimiser
from streamo_ros.training.tiny.perception import draw_batch
from streamo_ros.training.tiny.perception import Lesson
from streamo_ros.training.tiny.pictures import draw_pools
from streamo_ros.training.tiny.settings import kept_config
from streamo_ros.training.tiny.settings import tiny_config
from streamo_ros.training.tiny.settings import TinyConfig
from streamo_ros.training.worlds.episode import SEEDS

_PICTURE_SEEDS = 30_000_000
"""Worlds of the single pictures begin so far behind those of the courses."""
_ALIGN, _ALIGN_LATER = 0.4, 0.15
_GROUND, _GROUND_UNTIL = 0.5, 0.8
_OWN_HISTORY, _OWN_FROM = 0.3, 0.4
"""Share of the steps with the model's own states as the history, and from when on in the run."""
_STRESSED = 0.6
"""Share of the run in which beginnings and ends of events count more than other frames."""
_SHORT, _FRESH = 4, 0.65
"""Fewer frames than this always begin a lane; of the longer windows so many do."""
_LATER = 0.4285
"""Share of the run after which families are drawn as `LATER` says."""
_TURNS = 144
"""Frames of all dialogues of a step."""


def train(values: Mapping[str, Any]) -> Path:
    """Train the embedded model, or go on with it.

    Args:
        values: of `TinyConfig`, by their names.

    Returns:
        The folder of the checkpoint.

    Raises:
        TrainingError: the configuration is wrong.
    """
    return Run(tiny_config(values)).complete()


class Run:
    """One training run in its folder.

    Args:
        config: see `TinyConfig`.
        begins: whether it writes tokenizer and settings into its folder; False where another
            process or an earlier run has done so.
    """

    def __init__(self, config: TinyConfig, *, begins: bool = True) -> None:
        self.config, self.folder = config, Path(config.output)
        found = words.build_tokenizer()
        if begins:
            found.save_pretrained(self.folder / 'tokenizer')
            (self.folder / 'settings.json').write_text(
                json.dumps(asdict(config), indent=2) + '\n', encoding='utf-8')
        self._known = words.vocabulary(found)
        self._wording = Wording(
            CheckpointTokenizer(self.folder / 'tokenizer' / 'tokenizer.json'),
            system_prompt=words.SYSTEM_PROMPT)
        self._log = Log(self.folder / 'log.jsonl')
        self._sizes = Sizes(hidden=config.hidden, layers=config.layers)
        self._source = self._find_source()

    def complete(self) -> Path:
        """Do what is left of the run."""
        torch.set_num_threads(self.config.threads)
        if self._source is self:
            self.train_tower()
        self.train_language()
        export_run(self.folder, self.folder / 'final')
        return self.folder / 'final'

    def _find_source(self) -> Run:
        """The run that has the tower and the courses."""
        if self.config.language_from:
            return Run(kept_config(Path(self.config.language_from)), begins=False)
        return self

    def train_tower(self) -> None:
        """The first lesson: to see."""
        config = self.config
        torch.manual_seed(config.seed)
        tower = new_tower(self._sizes, self._known)
        lesson = Lesson(tower, self._sizes.vision_out)
        optimiser = Optimiser(list(lesson.named_parameters()), config.rate, config.tower_steps)
        begin = _resume(self.folder / 'tower.pt', lesson, optimiser, 'lesson')
        if begin >= config.tower_steps:
            return
        first = SEEDS['training'].start + _PICTURE_SEEDS
        pools = draw_pools(range(first, first + config.picture_worlds), config.processes,
                           self.folder / 'pictures')
        for step in range(begin, config.tower_steps):
            draw = np.random.default_rng([config.seed, 1, step])
            loss = lesson.loss(*draw_batch(pools, draw))
            optimiser.step(loss, step)
            self._log.add('tower', step + 1, {'loss': loss.item()}, config.report_every)
            if (step + 1) % config.keep_every == 0 or step + 1 == config.tower_steps:
                self._log.line('tower_check', step + 1, lesson.accuracies(pools['4:3']))
                _keep(self.folder / 'tower.pt', {
                    'tower': tower.state_dict(), 'lesson': lesson.state_dict(),
                    'optimiser': optimiser.state_dict(), 'step': step + 1})

    def train_language(self) -> None:
        """The second lesson: to watch and to speak, with the tower frozen."""
        config, steps = self.config, self.config.language_steps
        torch.manual_seed(config.seed + 1)
        network = Network(self._sizes, self._known)
        objective = Objective(self._wording, config.loss)
        learning = network.learning()
        optimiser = Optimiser(learning, config.rate, steps)
        begin = _resume(self.folder / 'language.pt', network, optimiser, 'network')
        mean = Mean(learning)
        if begin:
            mean.values = {name: read_part(self.folder / 'language.pt')['ema'][name]
                           for name, _ in learning}
        if begin >= steps:
            return
        found, checks = self._source.courses()
        courses = [one for one in found if float(one.rate) in config.rates]
        tests = self._tests(checks)
        for step in range(begin, steps):
            drawn = self._lesson(network, courses, step)
            loss, figures = objective(network, drawn, *beside(step / steps))
            optimiser.step(loss, step)
            mean.update(step + 1)
            self._log.add('language', step + 1, figures, config.report_every)
            if (step + 1) % config.keep_every == 0 or step + 1 == steps:
                self._check(network, objective, mean, optimiser, tests, step + 1)

    def _lesson(
        self, network: Network, courses: Sequence[Course], step: int
    ) -> Batch:
        """What is learned from at a step."""
        config, share = self.config, step / self.config.language_steps
        plan = np.random.default_rng([config.seed, 2, step])
        turns, size, corruption = lesson_plan(share, plan)
        fresh = turns < _SHORT or plan.random() < _FRESH
        own = turns > 1 and share > _OWN_FROM and plan.random() < _OWN_HISTORY
        draw = np.random.default_rng([config.seed, 2, step])
        drawn = batch([
            draw_dialogue(courses, self._wording, turns, corruption, draw,
                          max(0.0, 1 - share / _STRESSED), fresh=fresh,
                          weights=LATER if share > _LATER else WEIGHTS)
            for _ in range(size)])
        if own:
            drawn = with_own_states(network, drawn, self._wording.state_ids[:2])
        return drawn

    def _check(
        self, network: Network, objective: Objective, mean: Mean, optimiser: Optimiser,
        tests: Sequence[Any], step: int,
    ) -> None:
        """Log how the mean of the weights does on unseen worlds, and keep the state."""
        state = {name: one.clone() for name, one in network.state_dict().items()}
        with mean.in_place(), torch.no_grad():
            self._log.line('language_check', step, average(
                [objective(network, one, _ALIGN_LATER)[1] for one in tests]))
            _keep(self.folder / 'language.pt', {
                'ema': network.state_dict(), 'network': state,
                'optimiser': optimiser.state_dict(), 'step': step})

    def courses(self) -> tuple[list[Course], list[Course]]:
        """Courses of training and of validation, as the trained tower sees them."""
        tower = new_tower(self._sizes, self._known)
        tower.load_state_dict(read_part(self.folder / 'tower.pt')['tower'])
        config = self.config

        def watch(name: str, count: int) -> list[Course]:
            return watch_courses(SEEDS[name][:count], config.frames, config.rates, tower,
                                 config.processes, self.folder / name)

        return watch('training', config.courses), watch('validation', config.validation_courses)

    def _tests(self, courses: Sequence[Course]) -> list[Any]:
        draw = np.random.default_rng([self.config.seed, 3])
        return [batch([draw_dialogue(courses, self._wording, 16, 0.0, draw) for _ in range(8)])
                for _ in range(8)]


def beside(share: float) -> tuple[float, float]:
    """Weights of what is learned beside states and answers: aligned tokens, asked tokens."""
    align = _ALIGN if share < 0.5 else _ALIGN_LATER
    return align, _GROUND if share < _GROUND_UNTIL else 0.0


def lesson_plan(share: float, draw: np.random.Generator) -> tuple[int, int, float]:
    """Frames of a dialogue, dialogues and corruption at a step: short and clean at first.

    Args:
        share: of the run that is over.
        draw: decides.
    """
    kind, late = draw.random(), share > 0.7
    if kind < (0.08 if late else 0.15):
        return 1, _TURNS // 2, 0.0
    if kind < (0.2 if late else 0.35):
        return int(draw.integers(2, 5)), _TURNS // 4, 0.0
    least, most, corruption = ((4, 8, 0.02) if share < 0.15 else
                               (6, 13, 0.04) if share < 0.4 else (12, 18, 0.05))
    turns = int(draw.integers(least, most))
    return turns, _TURNS // turns, corruption


def _resume(path: Path, module: torch.nn.Module, optimiser: Optimiser, name: str) -> int:
    """Load what was kept; the number of steps done."""
    if not path.is_file():
        return 0
    kept = read_part(path)
    module.load_state_dict(kept[name])
    optimiser.load_state_dict(kept['optimiser'])
    return int(kept['step'])


def _keep(path: Path, state: dict[str, Any]) -> None:
    """Write beside and rename: a run that is stopped while it writes loses nothing."""
    beside = path.with_suffix('.part')
    torch.save(state, beside)
    beside.replace(path)
