# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a checkpoint says about how it wants to be run: its `streamo.json`. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamo_ros.core.interface import BackboneError
from streamo_ros.documents import load_json

SETTINGS = 'streamo.json'
"""Its name in a checkpoint's folder."""
PROCESSORS = ('preprocessor_config.json', 'processor_config.json')
"""Names of the settings of its image processor."""
FRAMES, DIALOGUE = 'frames', 'dialogue'
"""What a gate reads behind the question."""


@dataclass(frozen=True)
class CheckpointSettings:
    """The content of `streamo.json` in the folder; every entry is optional.

    Attributes:
        dialect: its name, see `dialects`; '' = it is recognized by its tokens.
        protocol: 'special_tokens' or 'text_tags'; '' = not specified.
        max_frames: number of frames that a lane should keep; 0 = not specified.
        max_time: seconds after which tags should restart; 0 = never.
        system_prompt: system prompt that it was trained with; '' = Streamo's.
        sampling_rate: frames per second that it was trained with; 0 = not specified.
        response_threshold: probability from which on Response should be decided; 0 = whenever it
            is the most probable state.
        max_pixels: largest area of a frame that it was trained with; 0 = not specified.
        unknown_word_reply: what it says of a word that it does not know; see
            `interface.BackboneInfo`.
        answers_past: whether it was trained on questions about kept pictures of the past.
        reads: of a gate that `streamo train` wrote: 'frames' or 'dialogue'; '' = frames.
        writes_summaries: whether it was trained to summarize kept pictures of the past.
    """

    dialect: str = ''
    protocol: str = ''
    max_frames: int = 0
    max_time: float = 0.0
    system_prompt: str = ''
    sampling_rate: float = 0.0
    response_threshold: float = 0.0
    max_pixels: int = 0
    unknown_word_reply: str = ''
    answers_past: bool = False
    reads: str = ''
    writes_summaries: bool = False


def read_settings(file: Path) -> CheckpointSettings:
    """Read a streamo.json; without the file, nothing is specified.

    Raises:
        BackboneError: it is not valid.
    """
    if not file.is_file():
        return CheckpointSettings()
    content = read_json(file, 'fix the file')
    names = CheckpointSettings.__dataclass_fields__
    settings = CheckpointSettings(**{name: content[name] for name in names if name in content})
    if settings.protocol not in ('', 'special_tokens', 'text_tags'):
        raise BackboneError(
            f'{file} has the protocol {settings.protocol!r}: use special_tokens or text_tags'
        )
    if settings.reads not in ('', FRAMES, DIALOGUE):
        raise BackboneError(f'{file} reads {settings.reads!r}: use {FRAMES} or {DIALOGUE}')
    if not 0 <= settings.response_threshold <= 1:
        raise BackboneError(f'{file} has a response_threshold outside 0 to 1: fix the file')
    return settings


def read_processor(folder: Path) -> dict[str, Any]:
    """The settings of a checkpoint's image processor.

    Raises:
        BackboneError: it has none, or they are broken.
    """
    for name in PROCESSORS:
        if (folder / name).is_file():
            content = read_json(folder / name, 'copy the checkpoint again')
            return dict(content.get('image_processor', content))
    raise BackboneError(
        f'{folder} has no {PROCESSORS[0]}: save the image processor next to the weights '
        '(processor.save_pretrained)'
    )


def read_json(file: Path, remedy: str) -> dict[str, Any]:
    """The object that a JSON file holds.

    Args:
        file: the file.
        remedy: what to do when it is missing or broken.

    Raises:
        BackboneError: it does not hold one.
    """
    if not file.is_file():
        raise BackboneError(f'{file} is missing: {remedy}')
    try:
        content = load_json(file.read_text(encoding='utf-8'))
    except ValueError as error:
        raise BackboneError(f'{file} is not JSON ({error}): {remedy}') from error
    if not isinstance(content, dict):
        raise BackboneError(f'{file} is not a JSON object: {remedy}')
    return content
