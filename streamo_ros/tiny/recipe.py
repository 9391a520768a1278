# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo train config/train/streamo-tiny.yaml`: trains the embedded model from scratch.

Makes tokenizer, pictures, tower, clips, the language model in stages, and the export, in this
order; with `start` only the last stage is trained, from a checkpoint. Each part is saved in the
run's folder and not made twice, and every stage resumes where it was interrupted: what is drawn at
a step depends only on the seed and the step.
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
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.files import write_text
from streamo_ros.tiny import vocabulary as words
from streamo_ros.tiny.clips import Clip
from streamo_ros.tiny.clips import encode_clips
from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.curriculum import fifth_stage
from streamo_ros.tiny.curriculum import fourth_stage
from streamo_ros.tiny.curriculum import second_stage
from streamo_ros.tiny.curriculum import StepPlan
from streamo_ros.tiny.curriculum import third_stage
from streamo_ros.tiny.dialogues import draw_dialogue
from streamo_ros.tiny.export import export_run
from streamo_ros.tiny.history import with_own_states
from streamo_ros.tiny.log import Log
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.network import new_tower
from streamo_ros.tiny.objective import Objective
from streamo_ros.tiny.optimizer import Optimizer
from streamo_ros.tiny.perception import draw_batch
from streamo_ros.tiny.perception import PerceptionLoss
from streamo_ros.tiny.pictures import draw_pools
from streamo_ros.tiny.probes import Probes
from streamo_ros.tiny.saved_parts import read_part
from streamo_ros.tiny.saved_parts import resume
from streamo_ros.tiny.saved_parts import save_part
from streamo_ros.tiny.stage_run import is_due
from streamo_ros.tiny.stage_run import StageRun
from streamo_ros.tiny.start import take_weights
from streamo_ros.tiny.tensors import collate
from streamo_ros.tiny.tensors import TensorBatch
from streamo_ros.tiny.tiny_config import kept_config
from streamo_ros.tiny.tiny_config import tiny_config
from streamo_ros.tiny.tiny_config import TinyConfig
from streamo_ros.worlds.episode import SEEDS

Stage = Callable[[float, np.random.Generator], StepPlan]
"""Plans a step from the completed share of the stage and a generator."""

_PICTURE_SEEDS = 30_000_000
"""Offset of the seeds of single pictures from those of clips."""
_VALIDATION = AuxiliaryWeights(align=0.15)
_PERCEPTION = 'lesson'
"""Name of the perception heads in a saved tower; it is that of earlier runs."""
_SECOND, _THIRD, _FOURTH, _FIFTH = 'language', 'further', 'last', 'people'
"""Names of the stages after the first in the log and in the run's folder."""


def train(values: Mapping[str, Any]) -> Path:
    """Train the embedded model, or continue its training.

    Args:
        values: values of `TinyConfig` by name.

    Returns:
        The folder of the checkpoint.

    Raises:
        TrainingError: the configuration is invalid.
    """
    return TrainingRun(tiny_config(values)).complete()


class TrainingRun:
    """A training run in its folder.

    Args:
        config: the configuration.
        initialize: whether to write tokenizer and settings to the folder; False if another
            process or an earlier run has done so.
    """

    def __init__(self, config: TinyConfig, *, initialize: bool = True) -> None:
        self.config, self.folder = config, Path(config.output)
        tokenizer = words.build_tokenizer()
        if initialize:
            tokenizer.save_pretrained(self.folder / 'tokenizer')
            write_text(self.folder / 'settings.json', json.dumps(asdict(config), indent=2) + '\n')
        self._known = words.vocabulary(tokenizer)
        self._prompt = PromptTokens(
            CheckpointTokenizer(self.folder / 'tokenizer' / 'tokenizer.json'),
            system_prompt=words.SYSTEM_PROMPT,
        )
        self._log = Log(self.folder / 'log.jsonl')
        self._sizes = config.sizes
        self._source = self._find_source()

    def complete(self) -> Path:
        """Do what is left of the run, and return the folder of the checkpoint."""
        torch.set_num_threads(self.config.threads)
        if self.config.start:
            take_weights(Path(self.config.start), self.folder, f'{_FOURTH}.pt', self._known)
        else:
            self._train_first_stages()
        if self.config.people_steps:
            self.train_fifth()
        export_run(self.folder, self.folder / 'final')
        return self.folder / 'final'

    def _train_first_stages(self) -> None:
        if self._source is self:
            self.train_tower()
        self.train_second()
        if self.config.further_steps:
            self.train_third()
        if self.config.last_steps:
            self.train_fourth()

    def _find_source(self) -> TrainingRun:
        """The run that provides the tower and the clips."""
        if self.config.language_from:
            return TrainingRun(kept_config(Path(self.config.language_from)), initialize=False)
        return self

    def train_tower(self) -> None:
        """The first stage: train the vision tower."""
        config, path = self.config, self.folder / 'tower.pt'
        torch.manual_seed(config.seed)
        tower = new_tower(self._sizes, self._known)
        perception = PerceptionLoss(tower, self._sizes.vision_out)
        parameters = list(perception.named_parameters())
        optimizer = Optimizer(parameters, config.rate, config.tower_steps)
        done = resume(path, perception, optimizer, _PERCEPTION)
        if done >= config.tower_steps:
            return
        first = SEEDS['training'].start + _PICTURE_SEEDS
        pools = draw_pools(
            range(first, first + config.picture_worlds), config.processes, self.folder / 'pictures'
        )
        for step in range(done, config.tower_steps):
            rng = np.random.default_rng([config.seed, 1, step])
            loss = perception.loss(*draw_batch(pools, rng))
            optimizer.step(loss, step)
            self._log.add('tower', step + 1, {'loss': loss.item()}, config.report_every)
            if is_due(step, config.tower_steps, config.keep_every):
                self._log.write('tower_check', step + 1, perception.accuracies(pools['4:3']))
                states = {'tower': tower.state_dict(), _PERCEPTION: perception.state_dict()}
                save_part(path, states, optimizer, step + 1)

    def train_second(self) -> None:
        """The second stage: train the language model, with the tower frozen."""
        torch.manual_seed(self.config.seed + 1)
        network = Network(self._sizes, self._known, half=self.config.half)
        self._train_stage(
            network, _SECOND, self.config.language_steps, self.config.rate, second_stage, 2
        )

    def train_third(self) -> None:
        """The third stage, from the averaged weights of the second."""
        torch.manual_seed(self.config.seed + 4)
        network = self._continued(_SECOND, Probes(self._sizes.hidden))
        self._train_stage(
            network, _THIRD, self.config.further_steps, self.config.further_rate, third_stage, 4
        )

    def train_fourth(self) -> None:
        """The fourth stage, from the averaged weights of the third."""
        torch.manual_seed(self.config.seed + 5)
        network = self._continued(_THIRD, Probes(self._sizes.hidden, late=True))
        self._train_stage(
            network, _FOURTH, self.config.last_steps, self.config.last_rate, fourth_stage, 5
        )

    def train_fifth(self) -> None:
        """The fifth stage, from the averaged weights of the fourth or from a checkpoint."""
        torch.manual_seed(self.config.seed + 6)
        network = self._continued(_FOURTH, Probes(self._sizes.hidden, late=True))
        self._train_stage(
            network, _FIFTH, self.config.people_steps, self.config.people_rate, fifth_stage, 6
        )

    def _continued(self, part: str, probes: Probes) -> Network:
        """The network as a stage left it, with new probes."""
        network = Network(self._sizes, self._known, probes, half=self.config.half)
        states = network.state_dict()
        trained = read_part(self.folder / f'{part}.pt')['ema']
        network.load_state_dict(
            {name: trained[name] if 'probes' not in name else states[name] for name in states}
        )
        return network

    def _train_stage(
        self, network: Network, part: str, steps: int, rate: float, stage: Stage, stream: int
    ) -> None:
        """Train or continue a stage; each stage has a random stream of its own."""
        config, path = self.config, self.folder / f'{part}.pt'

        def draw(step: int) -> tuple[TensorBatch, AuxiliaryWeights]:
            seed = [config.seed, stream, step]
            plan = stage(step / steps, np.random.default_rng(seed))
            batch = self._draw_batch(network, training, plan, np.random.default_rng(seed))
            return batch, plan.auxiliary

        run = StageRun(path, part, steps, rate, config.report_every, config.keep_every, self._log)
        if run.is_done():
            return
        training, validation = self._source.clips()
        training = [clip for clip in training if float(clip.rate) in config.rates]
        checks = self._validation_batches(validation)
        run.train(network, Objective(self._prompt, config.loss), draw, checks, _VALIDATION)

    def _draw_batch(
        self, network: Network, clips: Sequence[Clip], plan: StepPlan, rng: np.random.Generator
    ) -> TensorBatch:
        """The batch of a step."""
        dialogues = [
            draw_dialogue(
                clips,
                self._prompt,
                plan.turns,
                plan.corruption,
                rng,
                plan.stress,
                fresh=plan.fresh,
                mix=plan.mix,
            )
            for _ in range(plan.size)
        ]
        batch = collate(dialogues)
        if plan.own_history:
            batch = with_own_states(network, batch, self._prompt.state_ids[:2])
        return batch

    def clips(self) -> tuple[list[Clip], list[Clip]]:
        """The clips of training and validation, encoded by the trained tower."""
        tower = new_tower(self._sizes, self._known)
        tower.load_state_dict(read_part(self.folder / 'tower.pt')['tower'])
        config = self.config

        def encode(purpose: str, first: int, count: int) -> list[Clip]:
            return encode_clips(
                SEEDS[purpose][first : first + count],
                config.frames,
                config.rates,
                tower,
                config.processes,
                self.folder / purpose,
                config.dim,
            )

        training = encode('training', config.first_clip, config.clips)
        return training, encode('validation', 0, config.validation_clips)

    def _validation_batches(self, clips: Sequence[Clip]) -> list[TensorBatch]:
        rng = np.random.default_rng([self.config.seed, 3])
        return [
            collate([draw_dialogue(clips, self._prompt, 16, 0.0, rng) for _ in range(8)])
            for _ in range(8)
        ]
