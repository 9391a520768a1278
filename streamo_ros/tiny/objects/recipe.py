# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo train config/train/streamo-objects.yaml`: trains streamo-objects from scratch.

No picture and no video is used: the language model learns from simulated detections alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.files import write_text
from streamo_ros.tiny.curriculum import AuxiliaryWeights
from streamo_ros.tiny.history import with_own_states
from streamo_ros.tiny.log import Log
from streamo_ros.tiny.network import Network
from streamo_ros.tiny.objective import Objective
from streamo_ros.tiny.objects.curriculum import ObjectStep
from streamo_ros.tiny.objects.curriculum import plan_step
from streamo_ros.tiny.objects.curriculum import plan_words
from streamo_ros.tiny.objects.curriculum import WEIGHTS
from streamo_ros.tiny.objects.dialogues import DialoguePlan
from streamo_ros.tiny.objects.dialogues import draw_dialogue
from streamo_ros.tiny.objects.drawn_ahead import DrawnAhead
from streamo_ros.tiny.objects.export import export_objects
from streamo_ros.tiny.objects.family_checks import draw_checks
from streamo_ros.tiny.objects.family_checks import FamilyChecks
from streamo_ros.tiny.objects.network import ObjectNetwork
from streamo_ros.tiny.objects.objects_config import objects_config
from streamo_ros.tiny.objects.objects_config import ObjectsConfig
from streamo_ros.tiny.objects.objects_config import PART
from streamo_ros.tiny.objects.objects_config import sizes
from streamo_ros.tiny.objects.start import start_from
from streamo_ros.tiny.objects.tensors import collate
from streamo_ros.tiny.objects.vocabulary import build_object_tokenizer
from streamo_ros.tiny.saved_parts import read_part
from streamo_ros.tiny.stage_run import StageRun
from streamo_ros.tiny.tensors import TensorBatch
from streamo_ros.tiny.vocabulary import SYSTEM_PROMPT
from streamo_ros.worlds.objects.recorded import read_recordings

_CHECKS, _TURNS, _OF_EACH = 8, 16, 12
"""Batches for validation, frames of their dialogues, and dialogues of each family."""


def train(values: Mapping[str, Any]) -> Path:
    """Train streamo-objects, or continue its training.

    Args:
        values: values of `ObjectsConfig` by name.

    Returns:
        The folder of the checkpoint.

    Raises:
        TrainingError: the configuration is invalid.
    """
    return ObjectsRun(objects_config(values)).complete()


class ObjectsRun:
    """A training run in its folder.

    Args:
        config: the configuration.
    """

    def __init__(self, config: ObjectsConfig) -> None:
        self.config, self.folder = config, Path(config.output)
        self._tokenizer = build_object_tokenizer()
        self._tokenizer.save_pretrained(self.folder / 'tokenizer')
        write_text(self.folder / 'settings.json', json.dumps(asdict(config), indent=2) + '\n')
        self._prompt = PromptTokens(
            CheckpointTokenizer(self.folder / 'tokenizer' / 'tokenizer.json'),
            system_prompt=SYSTEM_PROMPT,
        )

        self._recordings = read_recordings(Path(config.recordings)) if config.recordings else []

    def complete(self) -> Path:
        """Do what is left of the run, and return the folder of the checkpoint."""
        config = self.config
        torch.set_num_threads(config.threads)
        torch.manual_seed(config.seed)
        network = ObjectNetwork(sizes(config), self._tokenizer, half=config.half)
        if config.continue_from:
            start_from(network, self._tokenizer, Path(config.continue_from))
        objective = Objective(self._prompt, aligned=False)
        words = self._stage('words', config.word_steps)
        if not config.continue_from:
            if not words.is_done():
                drawn = DrawnAhead(self._draw_words, config.word_steps, config.processes)
                words.train(network, objective, drawn, [], AuxiliaryWeights())
            network.load_state_dict(read_part(words.path)['ema'])
        language = self._stage(PART, config.steps)
        if not language.is_done():
            planned = DrawnAhead(self._plan, config.steps, config.processes)
            language.train(
                network,
                objective,
                lambda step: self._draw(network, *planned(step)),
                self._checks(),
                AuxiliaryWeights(),
                self._family_checks().figures,
            )
        export_objects(self.folder, self.folder / 'final')
        return self.folder / 'final'

    def _stage(self, part: str, steps: int) -> StageRun:
        config = self.config
        return StageRun(
            self.folder / f'{part}.pt',
            part,
            steps,
            config.rate,
            config.report_every,
            config.keep_every,
            Log(self.folder / 'log.jsonl'),
        )

    def _draw_words(self, step: int) -> tuple[TensorBatch, AuxiliaryWeights]:
        """The batch of a step of the first stage."""
        rng = np.random.default_rng([self.config.seed, 0, step])
        planned = plan_words(rng)
        return self._batch(planned, rng), planned.auxiliary

    def _plan(self, step: int) -> tuple[ObjectStep, TensorBatch]:
        """What a step learns from, with true states in its history."""
        config = self.config
        rng = np.random.default_rng([config.seed, 1, step])
        progress = config.progress_from + (1 - config.progress_from) * step / config.steps
        planned = plan_step(progress, rng)
        return planned, self._batch(planned, rng)

    def _batch(self, planned: ObjectStep, rng: np.random.Generator) -> TensorBatch:
        return collate(
            [
                draw_dialogue(self._prompt, planned.plan, rng, self._recordings)
                for _ in range(planned.size)
            ]
        )

    def _draw(
        self, network: Network, planned: ObjectStep, batch: TensorBatch
    ) -> tuple[TensorBatch, AuxiliaryWeights]:
        """The batch of a step."""
        if planned.own_history:
            batch = with_own_states(network, batch, self._prompt.state_ids[:2])
        return batch, planned.auxiliary

    def _checks(self) -> list[TensorBatch]:
        """Batches for validation."""
        rng = np.random.default_rng([self.config.seed, 2])
        plan = DialoguePlan(_TURNS, WEIGHTS, stress=0.0)
        return [
            collate([draw_dialogue(self._prompt, plan, rng) for _ in range(8)])
            for _ in range(_CHECKS)
        ]

    def _family_checks(self) -> FamilyChecks:
        """Dialogues of each family, for validation on histories of its own."""
        rng = np.random.default_rng([self.config.seed, 3])
        return draw_checks(self._prompt, DialoguePlan(_TURNS, WEIGHTS), _OF_EACH, rng)
