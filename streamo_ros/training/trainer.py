# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""transformers' Trainer with the state loss, and the training run.

Label counts of a step are taken over all its micro-batches and ranks before the first forward
pass. Optimizer, precision, sharding, resuming and processes are left to transformers and
accelerate.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers import set_seed
from transformers import Trainer
from transformers import TrainingArguments
from transformers.trainer_pt_utils import LengthGroupedSampler

from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.load import make_prompt
from streamo_ros.backbone.options import Options
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import PromptTokens
from streamo_ros.training.data import Collator
from streamo_ros.training.data import DialogueExamples
from streamo_ros.training.data import ImageInputs
from streamo_ros.training.lora import adapt
from streamo_ros.training.lora import merged
from streamo_ros.training.loss import BatchCounts
from streamo_ros.training.loss import LossError
from streamo_ros.training.loss import LossSettings
from streamo_ros.training.loss import StateLoss
from streamo_ros.training.positions import packed_positions
from streamo_ros.training.sequence import IGNORED
from streamo_ros.training.tokens import add_state_tokens
from streamo_ros.training.tokens import load_tokenizer
from streamo_ros.training.tokens import save_checkpoint_files
from streamo_ros.training.train_config import TrainableSettings
from streamo_ros.training.train_config import TrainConfig
from streamo_ros.training.train_config import TrainingError

TOWERS = ('visual.', 'vision_tower.')
CONNECTORS = ('merger', 'multi_modal_projector')


class StreamoTrainer(Trainer):
    """A Trainer whose loss is `StateLoss` over the whole optimizer step.

    Args:
        state_loss: the loss.
        lengths: tokens of each example, for length grouping.
    """

    loss_is_scaled_for_ga = True

    def __init__(
        self, *args: Any, state_loss: StateLoss, lengths: list[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.state_loss = state_loss
        self.lengths = lengths
        self._counts: BatchCounts | None = None

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], Any]:
        """Fetch the micro-batches of a step and count their labels on all ranks."""
        batches, items = super().get_batch_samples(epoch_iterator, num_batches, device)
        self._counts = self._count(batches, device) if batches else None
        return batches, items

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The loss of one micro-batch, as its share of the step's loss.

        Logits are computed only at supervised places: with a large vocabulary the full logits
        would be the largest tensor of the step.
        """
        del num_items_in_batch
        labels = inputs.pop('labels')
        keep = torch.nonzero((labels[:, 1:] != IGNORED).any(0)).flatten()
        if 'lengths' in inputs:
            inputs |= packed_positions(self.accelerator.unwrap_model(model), inputs)
        outputs = model(**inputs, logits_to_keep=keep, use_cache=False)
        counts = self._counts if model.training else None
        loss = self.state_loss(outputs.logits, labels[:, keep + 1], counts)
        if counts is not None:
            # Gradients are averaged over ranks, but this loss is a share of their sum.
            loss = loss * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def _count(self, batches: list[Any], device: torch.device) -> BatchCounts:
        counts = [self.state_loss.count(batch['labels'][:, 1:]) for batch in batches]
        rows = [[*count.states, count.supervised] for count in counts]
        local = torch.tensor(rows, device=device).sum(0, keepdim=True)
        silence, standby, response, supervised = self.accelerator.gather(local).sum(0).tolist()
        return BatchCounts((silence, standby, response), supervised)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        # transformers saves weights under their released names and looks for the modules' names
        # when it resumes: every tensor of Qwen2.5-VL would be missing, with only a warning
        # (QwenLM/Qwen3-VL#1763).
        plain = self.model if model is None else None
        sharded = self.is_fsdp_enabled or self.is_deepspeed_enabled
        if sharded or not isinstance(plain, PreTrainedModel):
            super()._load_from_checkpoint(resume_from_checkpoint, model)
            return
        saved = type(plain).from_pretrained(
            resume_from_checkpoint, dtype=plain.dtype, local_files_only=True
        )
        plain.load_state_dict(saved.state_dict())

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        # transformers would decode every video to find the length of its example.
        if self.args.train_sampling_strategy != 'group_by_length':
            return super()._get_train_sampler(train_dataset)
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return LengthGroupedSampler(size, lengths=self.lengths)


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
    source, output = Path(config.model).expanduser(), Path(config.output)
    model, tokenizer, ids = load_model(config)
    loss = state_loss(config, ids)
    pixels = config.frames.min_pixels, config.frames.max_pixels
    save_files = partial(
        save_checkpoint_files,
        tokenizer,
        source,
        pixels=pixels,
        settings={'max_frames': config.max_frames, 'sampling_rate': config.sampling_rate},
    )
    start = output / 'start'
    with arguments.main_process_first(arguments.save_on_each_node, 'tokenizer'):
        if arguments.should_save:
            save_files(start)
    images = ImageInputs(start, model.config, pixels)
    prompt = training_prompt(source, start)
    image_token = model.config.image_token_id
    examples = DialogueExamples(config.data, prompt, images, image_token)
    if arguments.process_index == 0:
        print(f'{len(examples)} examples; left out: {examples.dropped}')
    trained = adapt(model, config.lora, ids) if config.lora.rank else model
    if not config.lora.rank:
        freeze(model, config.trainable)
    trainer = StreamoTrainer(
        trained,
        arguments,
        train_dataset=examples,
        state_loss=loss,
        lengths=examples.lengths,
        data_collator=Collator(
            tokenizer.pad_token_id or 0,
            image_token,
            'mm_token_type_ids' in accepts(model),
            config.packing,
        ),
    )
    trainer.train(resume_from_checkpoint=_newest(output) if resume else None)
    return _finish(trainer, config, save_files)


def load_model(config: TrainConfig) -> tuple[Any, Any, tuple[int, int, int]]:
    """Load the base checkpoint and its tokenizer, and add the state tokens.

    Returns:
        The model, the tokenizer, and the ids of Silence, Standby and Response.

    Raises:
        TrainingError: it cannot be loaded, or its architecture is not supported.
    """
    import transformers

    path = Path(config.model).expanduser()
    try:
        checkpoint = read_checkpoint(path)
    except BackboneError as error:
        raise TrainingError(str(error)) from error
    try:
        model = getattr(transformers, checkpoint.architecture).from_pretrained(
            path,
            dtype=getattr(torch, config.dtype, 'auto'),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            attn_implementation=config.attention,
        )
    except (OSError, ValueError, ImportError) as error:
        raise TrainingError(f'the weights in {path} cannot be loaded: {error}') from error
    tokenizer = load_tokenizer(path)
    return model, tokenizer, add_state_tokens(tokenizer, model)


def training_arguments(config: TrainConfig) -> TrainingArguments:
    """The run's arguments for transformers.

    Raises:
        TrainingError: a name or value is invalid.
    """
    fixed = {
        'output_dir': config.output,
        'remove_unused_columns': False,
        'report_to': [],
        'label_names': ['labels'],
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


def training_prompt(base: Path, folder: Path) -> PromptTokens:
    """The prompt tokens that the engine will use for the trained checkpoint.

    Args:
        base: the checkpoint that training starts from; its system prompt is kept.
        folder: holds the tokenizer with the state tokens.
    """
    checkpoint = read_checkpoint(base)
    settings = replace(checkpoint.settings, protocol='special_tokens')
    return make_prompt(replace(checkpoint, path=folder, settings=settings), Options())


def freeze(model: nn.Module, parts: TrainableSettings) -> None:
    """Train only the chosen parts of vision tower, connector and language model."""
    for name, parameter in model.named_parameters():
        if any(part in name for part in CONNECTORS):
            trains = parts.connector
        elif any(part in name for part in TOWERS):
            trains = parts.vision
        else:
            trains = parts.language
        parameter.requires_grad_(trains)


def accepts(model: nn.Module) -> set[str]:
    """Argument names of the model's forward method."""
    return set(inspect.signature(model.forward).parameters)


def _newest(output: Path) -> str:
    from transformers.trainer_utils import get_last_checkpoint

    checkpoint = get_last_checkpoint(str(output)) if output.is_dir() else None
    if checkpoint is None:
        raise TrainingError(f'{output} has no checkpoint to resume from: remove --resume')
    return str(checkpoint)


def _finish(
    trainer: StreamoTrainer, config: TrainConfig, save_files: Callable[[Path], None]
) -> Path:
    output = Path(config.output)
    final = output / 'final'
    target = output / 'adapter' if config.lora.rank else final
    trainer.save_model(str(target))
    if trainer.is_world_process_zero():
        if config.lora.rank and config.lora.merge:
            model, *_ = load_model(config)
            merged(model, target).save_pretrained(final)
        save_files(final if final.is_dir() else target)
        # A pickle of the arguments: we never read it, and a checkpoint should not contain one.
        (target / 'training_args.bin').unlink(missing_ok=True)
        log = '\n'.join(json.dumps(line) for line in trainer.state.log_history)
        (output / 'log.jsonl').write_text(log + '\n', encoding='utf-8')
    return final if final.is_dir() else target
