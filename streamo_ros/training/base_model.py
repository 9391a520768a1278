# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The base checkpoint of a run: loaded, given the state tokens if it wants any, frozen in part."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from streamo_ros.backbone.build import make_prompt
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.four_bit import read_format
from streamo_ros.backbone.options import Options
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import ProtocolKind
from streamo_ros.training.segment_attention import enable_segments
from streamo_ros.training.segment_attention import text_model
from streamo_ros.training.tokens import add_state_tokens
from streamo_ros.training.tokens import load_tokenizer
from streamo_ros.training.train_config import TrainableSettings
from streamo_ros.training.train_config import TrainConfig
from streamo_ros.training.train_config import TrainingError

CONNECTORS = ('merger', 'multi_modal_projector', 'connector')
"""Parts of the names of what lies between vision tower and language model."""


def load_model(config: TrainConfig) -> tuple[Any, Any, tuple[int, int, int]]:
    """Load the base checkpoint and its tokenizer, and add state tokens unless states are text.

    Returns:
        The model, the tokenizer, and the ids that tell Silence, Standby and Response apart.

    Raises:
        TrainingError: it cannot be loaded, or its architecture is not supported.
    """
    path = Path(config.model).expanduser()
    model = load_weights(config)
    enable_segments(model)
    tokenizer = load_tokenizer(path)
    if protocol_of(config) == 'text_tags':
        return model, tokenizer, training_prompt(path, path, 'text_tags').state_ids
    return model, tokenizer, add_state_tokens(tokenizer, model)


def load_weights(config: TrainConfig) -> Any:
    """Load the base checkpoint as it is.

    Raises:
        TrainingError: it cannot be loaded, or its architecture is not supported.
    """
    import transformers

    path = Path(config.model).expanduser()
    try:
        checkpoint = read_checkpoint(path)
        packed = read_format(checkpoint.weights)
    except BackboneError as error:
        raise TrainingError(str(error)) from error
    if packed:
        raise TrainingError(
            f'the weights in {checkpoint.weights} have four bits, which cannot be trained: train '
            'the checkpoint in bfloat16 that they were made from'
        )
    if checkpoint.adapter:
        raise TrainingError(
            f'{path} is an adapter: train its base, {checkpoint.adapter.base}, or merge it first'
        )
    try:
        return getattr(transformers, checkpoint.architecture).from_pretrained(
            path,
            dtype=getattr(torch, config.dtype, 'auto'),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            attn_implementation=config.attention,
        )
    except (OSError, ValueError, ImportError) as error:
        raise TrainingError(f'the weights in {path} cannot be loaded: {error}') from error


def protocol_of(config: TrainConfig) -> ProtocolKind:
    """How the run writes states."""
    base = read_checkpoint(Path(config.model).expanduser()).settings.protocol
    asked = base if config.protocol == 'auto' else config.protocol
    return 'text_tags' if asked == 'text_tags' else 'special_tokens'


def training_prompt(base: Path, folder: Path, protocol: ProtocolKind) -> PromptTokens:
    """The prompt tokens that the engine will use for the trained checkpoint.

    Args:
        base: the checkpoint that training starts from; its system prompt is kept.
        folder: holds the tokenizer, with the state tokens if there are any.
        protocol: how states are written.

    Raises:
        TrainingError: the tokenizer cannot write states in this way.
    """
    checkpoint = read_checkpoint(base)
    settings = replace(checkpoint.settings, protocol=protocol)
    try:
        return make_prompt(replace(checkpoint, path=folder, settings=settings), Options())
    except BackboneError as error:
        raise TrainingError(str(error)) from error


def freeze(model: Any, parts: TrainableSettings) -> None:
    """Train only the chosen parts of vision tower, connector and language model."""
    language = {
        id(parameter)
        for part in (text_model(model), model.get_output_embeddings())
        for parameter in part.parameters()
    }
    for name, parameter in model.named_parameters():
        if id(parameter) in language:
            trains = parts.language
        elif any(part in name for part in CONNECTORS):
            trains = parts.connector
        else:
            trains = parts.vision
        parameter.requires_grad_(trains)


def accepts(model: nn.Module) -> set[str]:
    """Argument names of the model's forward method."""
    return set(inspect.signature(model.forward).parameters)
