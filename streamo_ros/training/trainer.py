# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""transformers' Trainer with the state loss, and the run around it.

Knows how a step's labels are counted over all its micro-batches and ranks before the first
forward, and what of a checkpoint learns. Optimiser, precision, sharding, resuming and processes
are transformers' and accelerate's own.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
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
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
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
from streamo_ros.training.tokens import save_beside
from streamo_ros.training.train_config import TrainableSettings
from streamo_ros.training.train_config import TrainConfig
from streamo_ros.training.train_config import TrainingError

TOWERS = ('visual.', 'vision_tower.')
CONNECTORS = ('merger', 'multi_modal_projector')


class StreamoTrainer(Trainer):
    """A Trainer whose loss is `StateLoss` over the whole optimiser step.

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
        """Fetch the micro-batches of a step and count its labels on all ranks."""
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
        """The loss of one micro-batch, as its share of the step's.

        Logits are made only where something is supervised: with a large vocabulary they would
        else be the largest tensor of the step.
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
            # Gradients are averaged over ranks, and this loss is a share of their sum.
            loss = loss * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    def _count(self, batches: list[Any], device: torch.device) -> BatchCounts:
        counted = [self.state_loss.count(batch['labels'][:, 1:]) for batch in batches]
        rows = [[*count.states, count.supervised] for count in counted]
        own = torch.tensor(rows, device=device).sum(0, keepdim=True)
        silence, standby, response, supervised = self.accelerator.gather(own).sum(0).tolist()
        return BatchCounts((silence, standby, response), supervised)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        # transformers saves the released names of the weights and resumes by the modules' names:
        # every tensor of Qwen2.5-VL would be missing, with a warning alone (QwenLM/Qwen3-VL#1763).
        own = self.model if model is None else None
        sharded = self.is_fsdp_enabled or self.is_deepspeed_enabled
        if sharded or not isinstance(own, PreTrainedModel):
            super()._load_from_checkpoint(resume_from_checkpoint, model)
            return
        saved = type(own).from_pretrained(
            resume_from_checkpoint, dtype=own.dtype, local_files_only=True
        )
        own.load_state_dict(saved.state_dict())

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        # transformers would decode every video to learn how long its example is.
        if self.args.train_sampling_strategy != 'group_by_length':
            return super()._get_train_sampler(train_dataset)
        size = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return LengthGroupedSampler(size, lengths=self.lengths)


def train(config: TrainConfig, resume: bool = False) -> Path:
    """Train, and save a checkpoint that the engine loads.

    Args:
        config: the run.
        resume: go on from the newest checkpoint in the output folder.

    Returns:
        The folder of the trained checkpoint.

    Raises:
        TrainingError: something is missing or does not fit; says what.
    """
    arguments = training_arguments(config)
    set_seed(arguments.seed)
    source, output = Path(config.model).expanduser(), Path(config.output)
    model, tokenizer, ids = load_model(config)
    loss = state_loss(config, ids)
    beside = (
        source,
        (config.frames.min_pixels, config.frames.max_pixels),
        {'max_frames': config.max_frames, 'sampling_rate': config.sampling_rate},
    )
    start = output / 'start'
    with arguments.main_process_first(arguments.save_on_each_node, 'tokenizer'):
        if arguments.should_save:
            save_beside(tokenizer, beside[0], start, *beside[1:])
    images = ImageInputs(start, model.config, beside[1])
    prompt = make_prompt(model, start)
    image_token = model.config.image_token_id
    examples = DialogueExamples(config.data, prompt, images, image_token)
    if arguments.process_index == 0:
        print(f'{len(examples)} examples; left out: {examples.dropped}')
    learns = adapt(model, config.lora, ids) if config.lora.rank else model
    if not config.lora.rank:
        freeze(model, config.trainable)
    trainer = StreamoTrainer(
        learns,
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
    return _finish(trainer, config, tokenizer, beside)


def load_model(config: TrainConfig) -> tuple[Any, Any, tuple[int, int, int]]:
    """The base checkpoint with its tokenizer, state tokens added.

    Raises:
        TrainingError: it cannot be loaded or is of no supported architecture.
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
    """Transformers' arguments of the run.

    Raises:
        TrainingError: a name or value is not theirs.
    """
    fixed = {
        'output_dir': config.output,
        'remove_unused_columns': False,
        'report_to': [],
        'label_names': ['labels'],
    }
    taken = sorted(set(fixed) & set(config.trainer) - {'report_to'})
    if taken:
        raise TrainingError(f'trainer.{taken[0]} is set by the run itself: leave it out')
    try:
        return TrainingArguments(**{**fixed, **config.trainer})
    except (TypeError, ValueError) as error:
        raise TrainingError(f'trainer: {error}') from error


def state_loss(config: TrainConfig, ids: tuple[int, int, int]) -> StateLoss:
    """The loss of the run.

    Raises:
        TrainingError: its settings are not valid.
    """
    try:
        return StateLoss(LossSettings(**config.loss), ids)
    except (TypeError, LossError) as error:
        raise TrainingError(f'loss: {error}') from error


def make_prompt(model: Any, folder: Path) -> PromptTokens:
    """The dialogue in this checkpoint's tokens, as the engine says it."""
    architecture = type(model).__name__
    return PromptTokens(
        CheckpointTokenizer(folder / 'tokenizer.json'), find_family(architecture).chat
    )


def freeze(model: nn.Module, parts: TrainableSettings) -> None:
    """Let only the chosen parts learn: vision tower, connector, language model."""
    for name, parameter in model.named_parameters():
        if any(part in name for part in CONNECTORS):
            learns = parts.connector
        elif any(part in name for part in TOWERS):
            learns = parts.vision
        else:
            learns = parts.language
        parameter.requires_grad_(learns)


def accepts(model: nn.Module) -> set[str]:
    """Names of the arguments that the model's forward takes."""
    return set(inspect.signature(model.forward).parameters)


def _newest(output: Path) -> str:
    from transformers.trainer_utils import get_last_checkpoint

    found = get_last_checkpoint(str(output)) if output.is_dir() else None
    if found is None:
        raise TrainingError(f'{output} holds no checkpoint to resume: leave --resume out')
    return str(found)


def _finish(
    trainer: StreamoTrainer, config: TrainConfig, tokenizer: Any, beside: tuple[Any, ...]
) -> Path:
    output = Path(config.output)
    final = output / 'final'
    target = output / 'adapter' if config.lora.rank else final
    trainer.save_model(str(target))
    if trainer.is_world_process_zero():
        if config.lora.rank and config.lora.merge:
            model, *_ = load_model(config)
            merged(model, target).save_pretrained(final)
        save_beside(tokenizer, beside[0], final if final.is_dir() else target, *beside[1:])
        # A pickle of the arguments: nothing of ours reads one, and a checkpoint should hold none.
        (target / 'training_args.bin').unlink(missing_ok=True)
        log = '\n'.join(json.dumps(line) for line in trainer.state.log_history)
        (output / 'log.jsonl').write_text(log + '\n', encoding='utf-8')
    return final if final.is_dir() else target
