# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo train config/train/streamo-tiny.yaml`: the embedded model from nothing to a checkpoint.

Knows the order of things: tokenizer, pictures, tower, courses, language model in lessons,
export. Each part is kept in the run's folder and not made twice, and all lessons go on where they
were stopped; what is drawn at a step follows from the seed and the step alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.core.protocol import PromptTokens
from streamo_ros.tiny import vocabulary as words
from streamo_ros.tiny.clips import Clip
from streamo_ros.tiny.clips import encode_clips
from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.curriculum import fourth_lesson
from streamo_ros.tiny.curriculum import Lesson
from streamo_ros.tiny.curriculum import second_lesson
from streamo_ros.tiny.curriculum import third_lesson
from streamo_ros.tiny.dialogues import draw_dialogue
from streamo_ros.tiny.export import export_run
from streamo_ros.tiny.export import read_part
from streamo_ros.tiny.history import with_own_states
from streamo_ros.tiny.log import average
from streamo_ros.tiny.log import Log
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.network import new_tower
from streamo_ros.tiny.network import Sizes
from streamo_ros.tiny.objective import Objective
from streamo_ros.tiny.optimizer import Optimizer
from streamo_ros.tiny.optimizer import WeightAverage
from streamo_ros.tiny.perception import draw_batch
from streamo_ros.tiny.perception import PerceptionLoss
from streamo_ros.tiny.pictures import draw_pools
from streamo_ros.tiny.probes import Probes
from streamo_ros.tiny.tensors import batch
from streamo_ros.tiny.tensors import TensorBatch
from streamo_ros.tiny.tiny_config import kept_config
from streamo_ros.tiny.tiny_config import tiny_config
from streamo_ros.tiny.tiny_config import TinyConfig
from streamo_ros.worlds.episode import SEEDS

Plan = Callable[[float, np.random.Generator], Lesson]

_PICTURE_SEEDS = 30_000_000
"""Worlds of the single pictures begin so far behind those of the courses."""
_TESTED = AuxiliaryWeights(align=0.15)
_SECOND, _THIRD, _FOURTH = 'language', 'further', 'last'
"""What the lessons after the first are called in the log and in the run's folder."""


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
                json.dumps(asdict(config), indent=2) + '\n', encoding='utf-8'
            )
        self._known = words.vocabulary(found)
        self._prompt = PromptTokens(
            CheckpointTokenizer(self.folder / 'tokenizer' / 'tokenizer.json'),
            system_prompt=words.SYSTEM_PROMPT,
        )
        self._log = Log(self.folder / 'log.jsonl')
        self._sizes = Sizes(hidden=config.hidden, layers=config.layers)
        self._source = self._find_source()

    def complete(self) -> Path:
        """Do what is left of the run."""
        torch.set_num_threads(self.config.threads)
        if self._source is self:
            self.train_tower()
        self.train_language()
        if self.config.further_steps:
            self.train_further()
        if self.config.last_steps:
            self.train_last()
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
        lesson = PerceptionLoss(tower, self._sizes.vision_out)
        optimiser = Optimizer(list(lesson.named_parameters()), config.rate, config.tower_steps)
        begin = _resume(self.folder / 'tower.pt', lesson, optimiser, 'lesson')
        if begin >= config.tower_steps:
            return
        first = SEEDS['training'].start + _PICTURE_SEEDS
        pools = draw_pools(
            range(first, first + config.picture_worlds), config.processes, self.folder / 'pictures'
        )
        for step in range(begin, config.tower_steps):
            draw = np.random.default_rng([config.seed, 1, step])
            loss = lesson.loss(*draw_batch(pools, draw))
            optimiser.step(loss, step)
            self._log.add('tower', step + 1, {'loss': loss.item()}, config.report_every)
            if (step + 1) % config.keep_every == 0 or step + 1 == config.tower_steps:
                self._log.line('tower_check', step + 1, lesson.accuracies(pools['4:3']))
                _keep(
                    self.folder / 'tower.pt',
                    {
                        'tower': tower.state_dict(),
                        'lesson': lesson.state_dict(),
                        'optimiser': optimiser.state_dict(),
                        'step': step + 1,
                    },
                )

    def train_language(self) -> None:
        """The second lesson: to watch and to speak, with the tower frozen."""
        torch.manual_seed(self.config.seed + 1)
        network = Network(self._sizes, self._known)
        self._teach(
            network, _SECOND, self.config.language_steps, self.config.rate, second_lesson, 2
        )

    def train_further(self) -> None:
        """The third lesson: what the second left half learned, from the mean of its weights."""
        torch.manual_seed(self.config.seed + 4)
        network = self._goes_on(_SECOND, Probes(self._sizes.hidden))
        self._teach(
            network, _THIRD, self.config.further_steps, self.config.further_rate, third_lesson, 4
        )

    def train_last(self) -> None:
        """The fourth: lists and what happens, from the mean of the third's weights."""
        torch.manual_seed(self.config.seed + 5)
        network = self._goes_on(_THIRD, Probes(self._sizes.hidden, late=True))
        self._teach(
            network, _FOURTH, self.config.last_steps, self.config.last_rate, fourth_lesson, 5
        )

    def _goes_on(self, part: str, probes: Probes) -> Network:
        """The network as a lesson left it, with new heads."""
        network = Network(self._sizes, self._known, probes)
        new = {name: one for name, one in network.state_dict().items() if 'probes' in name}
        learned = read_part(self.folder / f'{part}.pt')['ema']
        network.load_state_dict(
            {name: one for name, one in learned.items() if 'probes' not in name} | new
        )
        return network

    def _teach(
        self, network: Network, part: str, steps: int, rate: float, lesson: Plan, stream: int
    ) -> None:
        """Go on with a lesson; what its steps draw is of a random stream of its own."""
        config, path = self.config, self.folder / f'{part}.pt'
        objective = Objective(self._prompt, config.loss)
        learning = network.learning()
        optimiser = Optimizer(learning, rate, steps)
        begin = _resume(path, network, optimiser, 'network')
        mean = WeightAverage(learning)
        if begin:
            mean.values = {name: read_part(path)['ema'][name] for name, _ in learning}
        if begin >= steps:
            return
        found, checks = self._source.courses()
        courses = [one for one in found if float(one.rate) in config.rates]
        tests = self._tests(checks)
        for step in range(begin, steps):
            seed = [config.seed, stream, step]
            plan = lesson(step / steps, np.random.default_rng(seed))
            drawn = self._draw(network, courses, plan, np.random.default_rng(seed))
            loss, figures = objective(network, drawn, plan.beside)
            optimiser.step(loss, step)
            mean.update(step + 1)
            self._log.add(part, step + 1, figures, config.report_every)
            if (step + 1) % config.keep_every == 0 or step + 1 == steps:
                state = {name: one.clone() for name, one in network.state_dict().items()}
                with mean.in_place(), torch.no_grad():
                    self._log.line(
                        f'{part}_check',
                        step + 1,
                        average([objective(network, one, _TESTED)[1] for one in tests]),
                    )
                    _keep(
                        path,
                        {
                            'ema': network.state_dict(),
                            'network': state,
                            'optimiser': optimiser.state_dict(),
                            'step': step + 1,
                        },
                    )

    def _draw(
        self,
        network: Network,
        courses: Sequence[Clip],
        plan: Lesson,
        draw: np.random.Generator,
    ) -> TensorBatch:
        """What is learned from at a step."""
        drawn = batch(
            [
                draw_dialogue(
                    courses,
                    self._prompt,
                    plan.turns,
                    plan.corruption,
                    draw,
                    plan.stress,
                    fresh=plan.fresh,
                    choices=plan.choices,
                )
                for _ in range(plan.size)
            ]
        )
        if plan.own:
            drawn = with_own_states(network, drawn, self._prompt.state_ids[:2])
        return drawn

    def courses(self) -> tuple[list[Clip], list[Clip]]:
        """Courses of training and of validation, as the trained tower sees them."""
        tower = new_tower(self._sizes, self._known)
        tower.load_state_dict(read_part(self.folder / 'tower.pt')['tower'])
        config = self.config

        def watch(name: str, count: int) -> list[Clip]:
            return encode_clips(
                SEEDS[name][:count],
                config.frames,
                config.rates,
                tower,
                config.processes,
                self.folder / name,
            )

        return watch('training', config.courses), watch('validation', config.validation_courses)

    def _tests(self, courses: Sequence[Clip]) -> list[Any]:
        draw = np.random.default_rng([self.config.seed, 3])
        return [
            batch([draw_dialogue(courses, self._prompt, 16, 0.0, draw) for _ in range(8)])
            for _ in range(8)
        ]


def _resume(path: Path, module: torch.nn.Module, optimiser: Optimizer, name: str) -> int:
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
