# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A gate's training run, from its configuration to a folder that `model.gate` can name."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from transformers import set_seed

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.checkpoint_settings import DIALOGUE
from streamo_ros.backbone.gate_files import ACT
from streamo_ros.backbone.score_prompt import after_frame
from streamo_ros.backbone.score_prompt import scored_prompt
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import ProtocolKind
from streamo_ros.core.protocol import SYSTEM_PROMPT
from streamo_ros.files import write_text
from streamo_ros.training.activation.gate_config import GateConfig
from streamo_ros.training.activation.gate_layout import DialogueLayout
from streamo_ros.training.activation.gate_layout import FrameLayout
from streamo_ros.training.activation.gate_model import GateModel
from streamo_ros.training.activation.gate_trainer import GateTrainer
from streamo_ros.training.activation.gate_validation import calibrate
from streamo_ros.training.base_model import load_weights
from streamo_ros.training.base_model import training_prompt
from streamo_ros.training.data import DialogueExamples
from streamo_ros.training.image_inputs import ImageInputs
from streamo_ros.training.image_inputs import largest_frame
from streamo_ros.training.labeled_dialogue import lane_spans
from streamo_ros.training.layouts import Layout
from streamo_ros.training.layouts import ServedLayout
from streamo_ros.training.service import service_settings
from streamo_ros.training.service import ServiceSettings
from streamo_ros.training.tokens import add_tokens
from streamo_ros.training.tokens import load_tokenizer
from streamo_ros.training.tokens import save_checkpoint_files
from streamo_ros.training.train_config import TrainingError
from streamo_ros.training.training_run import data_identity
from streamo_ros.training.training_run import frame_pixels
from streamo_ros.training.training_run import make_collator
from streamo_ros.training.training_run import make_layout
from streamo_ros.training.training_run import newest_checkpoint
from streamo_ros.training.training_run import training_arguments

RATIO = 0.1
"""The connector's learning rate as a share of the rest's: 2e-5 and 2e-4, as published."""


def train(config: GateConfig, resume: bool = False) -> Path:
    """Train a gate.

    Args:
        config: the run.
        resume: continue from the newest checkpoint in the output folder.

    Returns:
        The folder of the gate.

    Raises:
        TrainingError: something is missing or invalid; the message says what.
    """
    arguments = training_arguments(config.without_validation)
    set_seed(arguments.seed)
    base, output = Path(config.model).expanduser(), Path(config.output)
    model, tokenizer = load_weights(config), load_tokenizer(base)
    add_tokens(tokenizer, model, [ACT])
    settings = read_checkpoint(base).settings
    pixels = largest_frame(model.config, config.frames.max_pixels)
    service = service_settings(config, settings, lane_spans, pixels)
    save_files = partial(
        save_checkpoint_files,
        tokenizer,
        base,
        pixels=frame_pixels(config),
        settings={
            'system_prompt': settings.system_prompt or SYSTEM_PROMPT,
            'reads': config.reads,
            'max_frames': service.max_frames,
            'max_time': service.max_time,
            'sampling_rate': service.sampling_rate,
            'max_pixels': service.max_pixels,
            'response_threshold': 0.0,
        },
    )
    with arguments.main_process_first(arguments.save_on_each_node, 'tokenizer'):
        if arguments.should_save:
            save_files(output / 'start')
    prompt, protocol = _prompt(base, output / 'start')
    images = ImageInputs(output / 'start', model.config, frame_pixels(config))
    layout = gate_layout(config, service, prompt, images, model.config, arguments.seed)
    identity = f'{data_identity(config, service, output / "start")} {config.reads} {config.share}'
    with arguments.main_process_first(desc='the index of the dialogues'):
        examples = DialogueExamples(
            config.data, layout, images, model.config.image_token_id, identity
        )
    if arguments.process_index == 0:
        print(f'{len(examples)} examples; left out: {dict(examples.dropped)}')
    trainer = GateTrainer(
        model=GateModel(model, config, after_frame(prompt)[-1], prompt),
        args=arguments,
        train_dataset=examples,
        data_collator=make_collator(config, model, tokenizer),
        lengths=examples.lengths,
        connector_rate=config.connector_learning_rate or RATIO * arguments.learning_rate,
    )
    trainer.train(resume_from_checkpoint=newest_checkpoint(output) if resume else None)
    final = output / 'final'
    if trainer.is_world_process_zero():
        trainer.model.save(final)
        save_files(final)
        _add_protocol(final, protocol)
        log = '\n'.join(json.dumps(line) for line in trainer.state.log_history)
        write_text(output / 'log.jsonl', log + '\n')
        if config.validation.dialogues and config.validation.calibrate:
            speaker = base if config.reads == DIALOGUE else None
            calibrate(final, config.validation, output, speaker)
    return final


def gate_layout(
    config: GateConfig,
    service: ServiceSettings,
    prompt: PromptTokens,
    images: ImageInputs,
    model_config: Any,
    seed: int,
) -> Layout:
    """How the gate reads dialogues."""
    if config.reads == DIALOGUE:
        scored = scored_prompt(prompt)
        served = make_layout(config, service, scored, images.most_tokens, model_config)
        assert isinstance(served, ServedLayout)
        return DialogueLayout(served, config.share, seed)
    return FrameLayout(prompt, after_frame(prompt), service.max_frames, config.share, seed)


def _prompt(base: Path, start: Path) -> tuple[PromptTokens, ProtocolKind]:
    """The prompt tokens, and in which protocol the base's tokenizer can be read.

    A gate writes no states: either will do.

    Raises:
        TrainingError: neither can be read.
    """
    asked = read_checkpoint(base).settings.protocol
    kinds: tuple[ProtocolKind, ...] = ('special_tokens', 'text_tags')
    problem: TrainingError | None = None
    for kind in sorted(kinds, key=lambda it: it != asked):
        try:
            return training_prompt(base, start, kind), kind
        except TrainingError as error:
            problem = problem or error
    assert problem is not None
    raise problem


def _add_protocol(folder: Path, protocol: str) -> None:
    """Write down which protocol the tokenizer can be read in."""
    file = folder / 'streamo.json'
    values: dict[str, Any] = json.loads(file.read_text(encoding='utf-8'))
    write_text(file, json.dumps({**values, 'protocol': protocol}, indent=2) + '\n')
