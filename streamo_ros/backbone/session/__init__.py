# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints in vLLM's engine, in this process: `load_session` makes a backbone of one."""

from __future__ import annotations

from importlib.metadata import packages_distributions
from importlib.metadata import version
from pathlib import Path
from typing import Any

from streamo_ros.backbone.build import find_sampling
from streamo_ros.backbone.build import make_prompt
from streamo_ros.backbone.build import normalization
from streamo_ros.backbone.checkpoint import Checkpoint
from streamo_ros.backbone.checkpoint import fingerprint
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.family import find_family
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.plan import Plan
from streamo_ros.backbone.plan import plan_checkpoint
from streamo_ros.backbone.session.backbone import SessionBackbone
from streamo_ros.backbone.session.engine import SessionEngine
from streamo_ros.backbone.session.frames import PictureMaker
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.prompt import PromptTokens

__all__ = ['load_session']

ARCHITECTURES = ('Qwen2_5_VLForConditionalGeneration',)
"""Those whose sessions decided what our engine decides."""
MARGIN = 64
"""Tokens that vLLM takes beyond a slot: at its limit it would end, and all lanes with it."""
BLOCK = 128
"""Tokens of the largest block in which vLLM allocates keys and values."""
PICTURES = 0.25
"""GiB of prepared pictures that vLLM keeps, for lanes that begin a new session."""


def load_session(path: Path, options: Options) -> SessionBackbone:
    """Load a checkpoint into vLLM.

    Args:
        path: a transformers folder with safetensors weights.
        options: how it is run.

    Raises:
        BackboneError: vLLM is not installed or does not start, or the checkpoint cannot be run by
            it as asked.
    """
    release = _release()
    _check_options(options)
    checkpoint = read_checkpoint(path)
    _check_checkpoint(checkpoint)
    prompt = make_prompt(checkpoint, options)
    if prompt.dialect.is_lazy:
        raise BackboneError(
            f'the dialect {prompt.dialect.name} shows the vision tower two frames at once or a '
            'frame larger, which vLLM cannot: set model.runtime to torch'
        )
    family = find_family(checkpoint.architecture)
    plan = plan_checkpoint(checkpoint, family, prompt, options)
    window = _window_bytes(plan)
    engine = SessionEngine(_arguments(checkpoint, prompt, plan, window))
    pictures = PictureMaker(plan.sizes, normalization(checkpoint.processor).resample)
    info = _info(checkpoint, prompt, plan, release)
    token = int(checkpoint.config().image_token_id)
    lanes, capacity = plan.window.lanes, plan.window.capacity
    return SessionBackbone(engine, pictures, token, prompt, info, lanes, capacity, window)


def _release() -> str:
    """The installed release of vLLM, whose distribution for CPUs has another name.

    Raises:
        BackboneError: there is none.
    """
    names = packages_distributions().get('vllm')
    if not names:
        raise BackboneError(
            'model.runtime vllm needs vLLM, which is not installed: run `pip install vllm` in the '
            'environment of this package, or set model.runtime to torch'
        )
    return version(names[0])


def _check_options(options: Options) -> None:
    if options.window != 'auto':
        raise BackboneError(
            f'context.dtype {options.window} is not for vLLM: leave it at auto, or set '
            'model.runtime to torch'
        )
    if options.vision not in ('auto', 'torch'):
        raise BackboneError(
            f'model.vision {options.vision} is not for vLLM, which runs the vision tower itself: '
            'set it to auto'
        )


def _check_checkpoint(checkpoint: Checkpoint) -> None:
    if checkpoint.architecture not in ARCHITECTURES:
        raise BackboneError(
            f'{checkpoint.architecture} cannot be run in a session of vLLM, which takes '
            f'{", ".join(ARCHITECTURES)}: set model.runtime to torch'
        )
    if checkpoint.adapter:
        raise BackboneError(
            f'{checkpoint.path} is an adapter: merge it into its base for vLLM, or set '
            'model.runtime to torch'
        )


def _window_bytes(plan: Plan) -> int:
    """Bytes of keys and values of all lanes, and of one more, which begins anew."""
    shape = plan.window
    blocks = -(-(shape.capacity + MARGIN) // BLOCK) + 1
    token = 2 * shape.layers * shape.heads * shape.dim * plan.dtype.itemsize
    return (shape.lanes + 1) * blocks * BLOCK * token


def _arguments(
    checkpoint: Checkpoint, prompt: PromptTokens, plan: Plan, window: int
) -> dict[str, Any]:
    """What vLLM's engine is started with."""
    shape = plan.window
    longest = shape.capacity + MARGIN
    return {
        'model': str(checkpoint.path.resolve()),
        'dtype': str(plan.dtype).removeprefix('torch.'),
        'max_model_len': longest,
        # A lane that begins a new session is read in one pass.
        'max_num_batched_tokens': max(longest, shape.lanes * prompt.longest_turn(0)),
        'max_num_seqs': shape.lanes + 1,
        'kv_cache_memory_bytes': window,
        'limit_mm_per_prompt': {'image': -(-longest // prompt.longest_turn(1)), 'video': 0},
        'mm_processor_cache_gb': PICTURES,
        'enable_prefix_caching': True,
        'disable_log_stats': True,
        # Compiling for a CPU takes minutes and a compiler.
        'enforce_eager': plan.device.type == 'cpu',
        'trust_remote_code': False,
        'max_logprobs': max(20, len(prompt.read_ids)),
    }


def _info(checkpoint: Checkpoint, prompt: PromptTokens, plan: Plan, release: str) -> BackboneInfo:
    settings, dialect = checkpoint.settings, prompt.dialect
    return BackboneInfo(
        model_id=fingerprint(checkpoint.path, f'vllm {release}'),
        model=checkpoint.path.resolve().name,
        architecture=checkpoint.architecture,
        protocol=prompt.kind if dialect.name == STREAMO.name else dialect.name,
        dtype=str(plan.dtype).removeprefix('torch.'),
        device=str(plan.device),
        vision_backend='vllm',
        vision_backend_version=release,
        max_tokens_per_frame=plan.sizes.most_tokens,
        max_frames=settings.max_frames or dialect.window.frames,
        max_time=settings.max_time,
        response_threshold=settings.response_threshold,
        sampling_rate=settings.sampling_rate or dialect.sampling_rate,
        max_pixels=settings.max_pixels or dialect.max_pixels,
        unknown_word_reply=settings.unknown_word_reply,
        answers_past=settings.answers_past,
        writes_summaries=settings.writes_summaries,
        sampling=find_sampling(checkpoint, dialect),
        policy='chunk',
    )
