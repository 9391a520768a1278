# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A training run from its configuration to a checkpoint that the engine loads.

Optimizer, precision, sharding, resuming and processes are left to transformers and accelerate.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from transformers import EarlyStoppingCallback
from transformers import set_seed
from transformers import TrainingArguments

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.context_size import wanted_capacity
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import ProtocolKind
from streamo_ros.core.protocol import SYSTEM_PROMPT
from streamo_ros.files import write_text
from streamo_ros.training.base_model import accepts
from streamo_ros.training.base_model import freeze
from streamo_ros.training.base_model import load_model
from streamo_ros.training.base_model import protocol_of
from streamo_ros.training.base_model import training_prompt
from streamo_ros.training.collator import Collator
from streamo_ros.training.data import DialogueExamples
from streamo_ros.training.image_inputs import ImageInputs
from streamo_ros.training.image_inputs import largest_frame
from streamo_ros.training.labeled_dialogue import lane_spans
from streamo_ros.training.layouts import Layout
from streamo_ros.training.layouts import ServedLayout
from streamo_ros.training.layouts import StreamLayout
from streamo_ros.training.layouts import whole_span
from streamo_ros.training.lora import adapt
from streamo_ros.training.lora import merged
from streamo_ros.training.loss import LossError
from streamo_ros.training.loss import LossSettings
from streamo_ros.training.loss import StateLoss
from streamo_ros.training.service import service_settings
from streamo_ros.training.service import ServiceSettings
from streamo_ros.training.tokens import save_checkpoint_files
from streamo_ros.training.train_config import TrainConfig
from streamo_ros.training.train_config import TrainingError
from streamo_ros.training.trainer import StreamoTrainer
from streamo_ros.training.validation import BEST
from streamo_ros.training.validation import Validation

SaveCheckpoint = Callable[[StreamoTrainer, Path], None]


def train(config: TrainConfig, resume: bool = False) -> Path:
    """Train, and save a checkpoint that the engine can load.

    Args:
        config: the run.
        resume: continue from the newest checkpoint in the output folder.

    Returns:
        The folder of the trained checkpoint.

    Raises:
        TrainingError: something is missing or invalid; the message says what.
    """
    arguments = training_arguments(config)
    set_seed(arguments.seed)
    output = Path(config.output)
    start = output / 'start'
    model, tokenizer, ids = load_model(config)
    loss, protocol = state_loss(config, ids), protocol_of(config)
    base = read_checkpoint(Path(config.model).expanduser()).settings
    spans = lane_spans if config.data.layout == 'served' else whole_span
    pixels = largest_frame(model.config, config.frames.max_pixels)
    service = service_settings(config, base, spans, pixels)
    save_files = partial(
        save_checkpoint_files,
        tokenizer,
        Path(config.model).expanduser(),
        pixels=frame_pixels(config),
        settings={
            'protocol': protocol,
            'system_prompt': base.system_prompt or SYSTEM_PROMPT,
            **asdict(service),
        },
    )
    with arguments.main_process_first(arguments.save_on_each_node, 'tokenizer'):
        if arguments.should_save:
            save_files(start)
    with arguments.main_process_first(desc='the index of the dialogues'):
        examples = _examples(config, model, start, service, protocol)
    if arguments.process_index == 0:
        print(f'{len(examples)} examples; left out: {dict(examples.dropped)}; {service}')
    save_checkpoint = partial(_save, config, save_files)
    trainer = _trainer(
        config,
        examples,
        model=_trainable(model, config, ids if protocol == 'special_tokens' else ()),
        args=arguments,
        save_validated=save_checkpoint,
        state_loss=loss,
        data_collator=make_collator(config, model, tokenizer),
    )
    trainer.train(resume_from_checkpoint=newest_checkpoint(output) if resume else None)
    return _finish(trainer, config, save_checkpoint)


def _examples(
    config: TrainConfig, model: Any, start: Path, service: ServiceSettings, protocol: ProtocolKind
) -> DialogueExamples:
    """The sequences of the run; `start` holds the files of the checkpoint before training."""
    images = ImageInputs(start, model.config, frame_pixels(config))
    prompt = training_prompt(Path(config.model).expanduser(), start, protocol)
    layout = make_layout(config, service, prompt, images.most_tokens, model.config)
    identity = data_identity(config, service, start)
    return DialogueExamples(config.data, layout, images, model.config.image_token_id, identity)


def make_collator(config: TrainConfig, model: Any, tokenizer: Any) -> Collator:
    """What makes batches for a model."""
    return Collator(
        tokenizer.pad_token_id or 0,
        model.config.image_token_id,
        'mm_token_type_ids' in accepts(model),
        config.packing,
    )


def frame_pixels(config: TrainConfig) -> tuple[int, int]:
    """Smallest and largest area of a frame."""
    return config.frames.min_pixels, config.frames.max_pixels


def _trainer(config: TrainConfig, examples: DialogueExamples, **options: Any) -> StreamoTrainer:
    """The trainer of a run, which validates and stops early where the run asks for it."""
    wanted = config.validation
    validation = Validation(wanted, Path(config.output)) if wanted.dialogues else None
    return StreamoTrainer(
        train_dataset=examples,
        eval_dataset=examples if validation else None,
        callbacks=[EarlyStoppingCallback(wanted.patience)] if wanted.patience else None,
        validation=validation,
        lengths=examples.lengths,
        **options,
    )


def data_identity(config: TrainConfig, service: ServiceSettings, start: Path) -> str:
    """What the sequences of a run depend on besides its data, for `DialogueExamples`.

    Args:
        config: the run.
        service: how the trained checkpoint will be served.
        start: holds the files of the checkpoint as it is before training.
    """
    names = ('tokenizer.json', 'streamo.json', 'config.json', 'preprocessor_config.json')
    files = [start / name for name in names]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes() if file.is_file() else b'-')
    return f'{service} {config.frames} {config.model} {digest.hexdigest()}'


def _trainable(model: Any, config: TrainConfig, state_ids: Sequence[int]) -> Any:
    """The model with what is trained of it chosen."""
    if config.lora.rank:
        return adapt(model, config.lora, state_ids)
    freeze(model, config.trainable)
    return model


def make_layout(
    config: TrainConfig,
    service: ServiceSettings,
    prompt: PromptTokens,
    frame_tokens: int,
    model_config: Any,
) -> Layout:
    """The layout of the run; a lane is as long as the engine's for the trained checkpoint.

    Args:
        config: the run.
        service: how the trained checkpoint will be served.
        prompt: the prompt tokens.
        frame_tokens: vision tokens of the largest frame.
        model_config: the model's transformers configuration.
    """
    if config.data.layout != 'served':
        windows = config.data.max_tokens if config.data.layout == 'stream_windows' else 0
        return StreamLayout(prompt, frame_tokens, windows)
    longest = model_config.get_text_config().max_position_embeddings
    capacity = min(wanted_capacity(service.max_frames, frame_tokens, prompt), longest)
    limits = ContextLimits(max_frames=service.max_frames, max_time=service.max_time)
    return ServedLayout(prompt, limits, capacity, frame_tokens, config.data.max_tokens)


def training_arguments(config: TrainConfig) -> TrainingArguments:
    """The run's arguments for transformers.

    Raises:
        TrainingError: a name or value is invalid.
    """
    fixed: dict[str, Any] = {
        'output_dir': config.output,
        'remove_unused_columns': False,
        'report_to': [],
        'label_names': ['labels'],
    }
    if config.validation.dialogues:
        fixed |= {
            'eval_strategy': 'steps',
            'eval_steps': config.validation.every,
            'metric_for_best_model': BEST,
            'greater_is_better': True,
        }
    reserved = sorted(set(fixed) & set(config.trainer) - {'report_to'})
    if reserved:
        raise TrainingError(f'trainer.{reserved[0]} is set by the run itself: remove it')
    try:
        return TrainingArguments(**{**fixed, **config.trainer})
    except (TypeError, ValueError) as error:
        raise TrainingError(f'trainer: {error}') from error


def state_loss(config: TrainConfig, ids: tuple[int, int, int]) -> StateLoss:
    """The loss of the run.

    Raises:
        TrainingError: its settings are invalid.
    """
    try:
        return StateLoss(LossSettings(**config.loss), ids)
    except (TypeError, LossError) as error:
        raise TrainingError(f'loss: {error}') from error


def newest_checkpoint(output: Path) -> str:
    """The folder of the newest checkpoint of a run.

    Raises:
        TrainingError: it has none.
    """
    from transformers.trainer_utils import get_last_checkpoint

    checkpoint = get_last_checkpoint(str(output)) if output.is_dir() else None
    if checkpoint is None:
        raise TrainingError(f'{output} has no checkpoint to resume from: remove --resume')
    return str(checkpoint)


def _finish(trainer: StreamoTrainer, config: TrainConfig, save_checkpoint: SaveCheckpoint) -> Path:
    """Save the best checkpoint, else the last one, as `output`/final."""
    output = Path(config.output)
    final = output / ('final' if config.lora.merge or not config.lora.rank else 'adapter')
    validation = trainer.validation
    if validation is None or validation.best < 0:
        save_checkpoint(trainer, final)
    if trainer.is_world_process_zero():
        if validation is not None and validation.best >= 0:
            shutil.rmtree(final, ignore_errors=True)
            shutil.copytree(output / 'best', final)
        if (final / 'adapter').is_dir():
            shutil.rmtree(output / 'adapter', ignore_errors=True)
            (final / 'adapter').rename(output / 'adapter')
        log = '\n'.join(json.dumps(line) for line in trainer.state.log_history)
        write_text(output / 'log.jsonl', log + '\n')
        if validation is not None:
            validation.finish(final)
    return final


def _save(
    config: TrainConfig,
    save_files: Callable[[Path], None],
    trainer: StreamoTrainer,
    folder: Path,
) -> None:
    """Save a whole checkpoint, an adapter merged if the run asks for it; called on all ranks."""
    merge = config.lora.rank and config.lora.merge
    target = folder / 'adapter' if merge else folder
    trainer.save_model(str(target))
    if trainer.is_world_process_zero():
        # A pickle of the arguments: we never read it, and a checkpoint should not contain one.
        (target / 'training_args.bin').unlink(missing_ok=True)
        if merge:
            model, *_ = load_model(config)
            merged(model, target).save_pretrained(folder)
        save_files(folder)
