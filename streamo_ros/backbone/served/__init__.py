# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Models behind a server: `load_served` makes a backbone from a URL. No torch is loaded."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from streamo_ros.backbone.checkpoint_settings import CheckpointSettings
from streamo_ros.backbone.checkpoint_settings import PROCESSORS
from streamo_ros.backbone.checkpoint_settings import read_processor
from streamo_ros.backbone.checkpoint_settings import read_settings
from streamo_ros.backbone.checkpoint_settings import SETTINGS
from streamo_ros.backbone.context_size import check_context
from streamo_ros.backbone.context_size import wanted_capacity
from streamo_ros.backbone.dialects import AUTO
from streamo_ros.backbone.frame_size import pixel_limits
from streamo_ros.backbone.options import MAX_PIXELS
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.served.backbone import ServedBackbone
from streamo_ros.backbone.served.endpoint import Endpoint
from streamo_ros.backbone.served.frames import FrameWriter
from streamo_ros.backbone.served.pieces import CHAT
from streamo_ros.backbone.served.pieces import PieceTokenizer
from streamo_ros.backbone.served.probe import find_server
from streamo_ros.backbone.served.probe import Trial
from streamo_ros.backbone.served.probe import try_server
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import SYSTEM_PROMPT

__all__ = ['load_served']

AREA_PROCESSORS = ('Qwen2VL', 'Qwen2_5_VL', 'Qwen3VL')
"""What the names of image processors begin with that limit the area of a frame."""


def load_served(url: str, options: Options) -> ServedBackbone:
    """Try a server and make a backbone of its model.

    Args:
        url: of its interface, such as http://127.0.0.1:8000/v1.
        options: how it is run; device, dtype and vision are the server's.

    Raises:
        BackboneError: the server does not answer, or its model cannot be used as asked.
    """
    if options.window != 'auto':
        raise BackboneError(
            f'context.dtype {options.window} cannot be set for a served model: leave it at auto, '
            'and choose the format where the server is started'
        )
    settings = _settings(options.settings)
    _check_dialect(settings.dialect if options.dialect == AUTO else options.dialect)
    endpoint = Endpoint(url, options.request_timeout)
    prompt = PromptTokens(
        PieceTokenizer(), CHAT, system_prompt=settings.system_prompt or SYSTEM_PROMPT
    )
    frames = _frame_writer(options, settings)
    picture = frames.write(_test_picture())
    trial = try_server(endpoint, find_server(endpoint, options.name), prompt, picture)
    _check_protocol(trial, options.protocol)
    if trial.frame_tokens:
        frames.scale = trial.frame_tokens / (picture.grid[0] * picture.grid[1])
    most = max(frames.tokens(frames.grid(*size)) for size in ((3000, 4000), (2160, 3840), (9, 9)))
    capacity = _capacity(trial, options, wanted_capacity(_frames(options, settings), most, prompt))
    check_context(capacity, prompt, tokens=1)
    info = _info(url, trial, settings, most)
    return ServedBackbone(endpoint, trial.server, prompt, frames, info, options.lanes, capacity)


def _settings(path: str) -> CheckpointSettings:
    """What the model's streamo.json says.

    Raises:
        BackboneError: it is named and missing, or not valid.
    """
    if not path:
        return CheckpointSettings()
    file = Path(path).expanduser()
    file = file / SETTINGS if file.is_dir() else file
    if not file.is_file():
        raise BackboneError(
            f'{file} is missing: set model.settings to the streamo.json of the served checkpoint'
        )
    return read_settings(file)


def _frame_writer(options: Options, settings: CheckpointSettings) -> FrameWriter:
    """Writes frames in the size that the model sees, where its folder is here to say it.

    Servers resize what is larger or smaller, each by a filter of its own.
    """
    most = options.max_pixels or settings.max_pixels or MAX_PIXELS
    place = Path(options.settings).expanduser()
    folder = place if place.is_dir() else place.parent
    if not options.settings or not any((folder / name).is_file() for name in PROCESSORS):
        return FrameWriter(most)
    processor = read_processor(folder)
    if not str(processor.get('image_processor_type')).startswith(AREA_PROCESSORS):
        return FrameWriter(most)
    low, high = pixel_limits(processor, most)
    return FrameWriter(high, low)


def _frames(options: Options, settings: CheckpointSettings) -> int:
    return options.frames or settings.max_frames


def _check_dialect(name: str) -> None:
    if name not in ('', AUTO, STREAMO.name):
        raise BackboneError(
            f'a served model is spoken to in the dialect {STREAMO.name} alone, not in {name}: set '
            "model.path to the checkpoint's folder, or model.dialect to 'streamo'"
        )


def _check_protocol(trial: Trial, protocol: str) -> None:
    if protocol == 'special_tokens' and trial.server.logprobs and not trial.server.single:
        raise BackboneError(
            f'{trial.server.name} spells its states in several tokens: set model.protocol to '
            'text_tags or auto, or serve a checkpoint whose states are single tokens'
        )


def _capacity(trial: Trial, options: Options, wanted: int) -> int:
    """Tokens of a lane, in our count.

    Raises:
        BackboneError: more are asked for than the server takes.
    """
    limit = trial.server.context
    if not limit:
        return options.capacity or wanted
    if trial.prompt_tokens > trial.pieces:
        limit = limit * trial.pieces // trial.prompt_tokens
    if options.capacity > limit:
        raise BackboneError(
            f'context.capacity {options.capacity} is more than the {limit} tokens that the server '
            f'takes: lower it, or serve {trial.server.name} with a longer context'
        )
    return options.capacity or min(wanted, limit)


def _info(url: str, trial: Trial, settings: CheckpointSettings, most: int) -> BackboneInfo:
    server = trial.server
    identity = '\0'.join((server.kind, server.version, server.name, settings.system_prompt))
    return BackboneInfo(
        # The weights are out of reach: the name is all that there is to go by.
        model_id=f'served:{hashlib.sha256(identity.encode()).hexdigest()[:16]}',
        model=server.name,
        architecture=f'served by {" ".join(filter(None, (server.kind, server.version)))}',
        protocol='special_tokens' if server.single else 'text_tags',
        dtype='of the server',
        device=url,
        vision_backend='server',
        max_tokens_per_frame=most,
        max_frames=settings.max_frames,
        max_time=settings.max_time,
        max_pixels=settings.max_pixels,
        response_threshold=settings.response_threshold,
        sampling_rate=settings.sampling_rate,
        policy='chunk',
        note=trial.note,
    )


def _test_picture() -> np.ndarray:
    """A picture of 4:3 with some structure."""
    rows, columns = np.mgrid[0:480, 0:640]
    channels = (rows // 2 % 256, columns // 3 % 256, (rows + columns) // 5 % 256)
    return np.stack(channels, axis=-1).astype(np.uint8)
