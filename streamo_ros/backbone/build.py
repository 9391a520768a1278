# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Builds a backbone from its parts, and refuses what does not fit together or into memory."""

from __future__ import annotations

import os
from dataclasses import asdict
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from typing import cast

import torch

from streamo_ros.backbone.attention import find_kind
from streamo_ros.backbone.attention import make_attention
from streamo_ros.backbone.attention import WindowFormat
from streamo_ros.backbone.batch import Buckets
from streamo_ros.backbone.checkpoint import Checkpoint
from streamo_ros.backbone.checkpoint import fingerprint
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.checkpoint_settings import DIALOGUE
from streamo_ros.backbone.context_size import check_context
from streamo_ros.backbone.decoder import Decoder
from streamo_ros.backbone.decoder import take_layers
from streamo_ros.backbone.dialects import AUTO
from streamo_ros.backbone.dialects import find_dialect
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.family import find_rotaries
from streamo_ros.backbone.fit import fit_plan
from streamo_ros.backbone.gate_files import is_gate
from streamo_ros.backbone.graph_cache import find_capture
from streamo_ros.backbone.graph_cache import GraphCache
from streamo_ros.backbone.layer import Layer
from streamo_ros.backbone.layer_kinds import is_mixed
from streamo_ros.backbone.operators import find_operators
from streamo_ros.backbone.options import find_device
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.options import VISION
from streamo_ros.backbone.plan import find_target
from streamo_ros.backbone.plan import FrameSizes
from streamo_ros.backbone.plan import Plan
from streamo_ros.backbone.plan import plan_memory
from streamo_ros.backbone.score_head import add_score_head
from streamo_ros.backbone.score_prompt import scored_prompt
from streamo_ros.backbone.sizing import free_bytes
from streamo_ros.backbone.streaming import StreamingBackbone
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.backbone.vision.encoders import make_encoders
from streamo_ros.backbone.vision.frames import FrameEncoder
from streamo_ros.backbone.vision.preprocess import Normalization
from streamo_ros.backbone.vocabulary import check_vocabulary
from streamo_ros.backbone.window import KeyValueWindow
from streamo_ros.core.dialect import Dialect
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import Sampling
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import ProtocolError
from streamo_ros.core.protocol import ProtocolKind
from streamo_ros.core.protocol import SYSTEM_PROMPT

SMALL = 50_000_000
"""Parameters below which a model runs in one thread."""


def load_checkpoint(path: Path, options: Options, *, gate: bool = False) -> StreamingBackbone:
    """Load a checkpoint.

    Args:
        path: a transformers folder with safetensors weights.
        options: how to run it.
        gate: it is one that `streamo train` wrote, whose states are a score.

    Raises:
        BackboneError: it cannot be loaded as asked.
    """
    if is_gate(path) and not gate:
        raise BackboneError(
            f'{path} is a gate, which has no words of its own: set model.gate to it, and '
            'model.path to a model that answers'
        )
    target, number = find_device(options)
    if options.vision not in VISION:
        raise BackboneError(
            f'the vision backend {options.vision!r} is not known: use {", ".join(VISION)}'
        )
    checkpoint = read_checkpoint(path)
    settings = checkpoint.settings
    prompt = make_prompt(checkpoint, options)
    if gate and settings.reads == DIALOGUE:
        prompt = scored_prompt(prompt)
    dialect = prompt.dialect
    wanted = settings.max_pixels or dialect.max_pixels
    options = replace(options, max_pixels=options.max_pixels or wanted)
    layer = find_family(checkpoint.architecture).layer or Layer
    layer.check(checkpoint.config().text_config)
    # Joined on the host and moved layer by layer: on the device that would leave holes.
    model = checkpoint.model(torch.device('cpu'), number)
    if gate:
        add_score_head(model, path)
    limit_threads(model, target)
    identity = BackboneInfo(
        model_id=fingerprint(path, 'torch'),
        model=path.resolve().name,
        architecture=checkpoint.architecture,
        protocol=prompt.kind if dialect.name == STREAMO.name else dialect.name,
        dtype=str(number).removeprefix('torch.'),
        device=str(target),
        vision_backend_version=torch.__version__,
        max_frames=settings.max_frames or dialect.window.frames,
        max_time=settings.max_time,
        response_threshold=settings.response_threshold,
        sampling_rate=settings.sampling_rate or dialect.sampling_rate,
        max_pixels=wanted,
        unknown_word_reply=settings.unknown_word_reply,
        answers_past=settings.answers_past,
        writes_summaries=settings.writes_summaries,
        sampling=find_sampling(checkpoint, dialect),
        policy=dialect.window.policy,
    )
    return build(model, checkpoint.processor, prompt, identity, options, path)


def find_sampling(checkpoint: Checkpoint, dialect: Dialect) -> Sampling:
    """What the dialect says, as its runtime does, or else generation_config.json."""
    own = Sampling(**asdict(dialect.decoding))
    return checkpoint.sampling or own if own == Sampling() else own


def limit_threads(model: Any, device: torch.device) -> None:
    """Run a small model on a CPU in one thread, unless OMP_NUM_THREADS says otherwise.

    Its passes are too short to gain from a second thread, and where cores are shared the threads
    of a pass wait for each other: on two busy cores a pass took twenty times as long with two.
    """
    small = sum(part.numel() for part in model.parameters()) < SMALL
    if device.type == 'cpu' and small and 'OMP_NUM_THREADS' not in os.environ:
        torch.set_num_threads(1)


def build(
    model: Any,
    processor: dict[str, Any],
    prompt: PromptTokens,
    identity: BackboneInfo,
    options: Options,
    path: Path | None = None,
) -> StreamingBackbone:
    """Put a backbone together around a loaded transformers model, whose layers it takes over.

    Args:
        model: the model, on its device or on the host.
        processor: its image processor's settings.
        wording: the dialogue in its tokens.
        identity: what it is.
        options: how it is run.
        path: the checkpoint's folder; None = it has none, and so no engines.

    Raises:
        BackboneError: the window does not fit, or is longer than the model was trained for.
    """
    device, dtype = find_device(options)
    family = find_family(identity.architecture)
    text = family.text(model)
    target = find_target(options, text.config)
    kind = find_kind(device, target.number, mixed=is_mixed(text.config))
    buckets, passes = Buckets(padded=kind.captured), GraphCache(find_capture(device))
    sizes = FrameSizes(family, model.config, processor, options.max_pixels, prompt.dialect)

    def make_plan(options: Options) -> Plan:
        asked = identity.max_frames
        return plan_memory(text.config, sizes, prompt, options, target, max_frames=asked)

    check_context(make_plan(options).window.capacity, prompt, tokens=1)
    layers = take_layers(text, device, family.layer or Layer)
    model.to(device)
    fit = fit_plan(make_plan, options, free_bytes(device))
    plan = fit.plan
    kept = WindowFormat(plan.number, [layer.key_offset for layer in layers])
    rotaries = find_rotaries(family, text)
    attention = make_attention(kind, plan.window, rotaries, device, dtype, kept)
    frames = FrameEncoder(
        sizes,
        make_encoders(family, model, options, path),
        normalization(processor),
        device,
        dtype,
        passes,
        family.head(model),
        partial(family.sizes, model.config, processor),
    )
    operators = find_operators(fused=kind.captured)
    decoder = (family.decoder or Decoder)(text, layers, model.lm_head, attention, operators)
    window = KeyValueWindow(attention)
    info = replace(
        identity,
        max_tokens_per_frame=sizes.most_tokens,
        max_frames=fit.frames or identity.max_frames,
        note=fit.remark,
    )
    return StreamingBackbone(frames, decoder, window, family.marks, prompt, info, buckets, passes)


def make_prompt(checkpoint: Checkpoint, options: Options) -> PromptTokens:
    """The dialogue in a checkpoint's tokens.

    Raises:
        BackboneError: it lacks the state tokens, or its tokenizer is of other weights; says what
            to do.
    """
    settings = checkpoint.settings
    kind = settings.protocol if options.protocol == 'auto' else options.protocol
    if kind not in ('', 'special_tokens', 'text_tags'):
        raise BackboneError(
            f'the protocol {kind!r} is not known: use auto, special_tokens or text_tags'
        )
    tokenizer = CheckpointTokenizer(checkpoint.path / 'tokenizer.json')
    check_vocabulary(checkpoint, tokenizer)
    chat = find_family(checkpoint.architecture).chat
    name = settings.dialect if options.dialect == AUTO else options.dialect
    try:
        dialect = find_dialect(name, tokenizer.control_tokens, checkpoint.architecture)
        system = settings.system_prompt or dialect.system_prompt or SYSTEM_PROMPT
        return PromptTokens(tokenizer, chat, cast('ProtocolKind', kind) or None, system, dialect)
    except ProtocolError as error:
        raise BackboneError(f'{checkpoint.path}: {error}') from error


def normalization(processor: dict[str, Any]) -> Normalization:
    """What an image processor's settings say about pixels.

    Raises:
        BackboneError: they do not say it.
    """
    try:
        return Normalization(
            tuple(processor['image_mean']),
            tuple(processor['image_std']),
            int(processor.get('resample', 3)),
            float(processor.get('rescale_factor', 1 / 255)),
        )
    except (KeyError, TypeError) as error:
        raise BackboneError(
            'the image processor does not name image_mean and image_std: copy the checkpoint again'
        ) from error
