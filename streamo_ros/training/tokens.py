# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Adds the three state tokens to a checkpoint that lacks them, and saves its other files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.files import apply_umask
from streamo_ros.files import write_text
from streamo_ros.training.train_config import TrainingError

COPIED = ('chat_template.jinja', 'chat_template.json', 'LICENSE', 'generation_config.json')


def load_tokenizer(path: Path) -> Any:
    """Load the checkpoint's fast tokenizer.

    Raises:
        TrainingError: it has none.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(f'the tokenizer of {path} cannot be loaded: {error}') from error
    if not tokenizer.is_fast:
        raise TrainingError(f'{path} has no fast tokenizer: save one (tokenizer.json)')
    return tokenizer


def state_ids(tokenizer: Any) -> tuple[int, int, int]:
    """The ids of Silence, Standby and Response.

    Raises:
        TrainingError: a tag is more than one id, so the three cannot be distinguished.
    """
    ids = []
    for state in DECISIONS:
        encoded = tokenizer.encode(STATE_TAGS[state], add_special_tokens=False)
        if len(encoded) != 1:
            raise TrainingError(
                f'{STATE_TAGS[state]} is {len(encoded)} tokens instead of one: add the '
                "state tokens with 'streamo train --add-tokens'"
            )
        ids.append(encoded[0])
    silence, standby, response = ids
    return silence, standby, response


def add_state_tokens(tokenizer: Any, model: Any) -> tuple[int, int, int]:
    """Make each state tag a single id; tags that already are one stay unchanged.

    A new row is initialized to the mean of the rows of the tag's former tokens, which keeps their
    meaning; the spare rows of a released checkpoint are untrained. Embeddings grow only if the
    vocabulary has no spare rows.

    Returns:
        The ids of Silence, Standby and Response.
    """
    add_tokens(tokenizer, model, list(STATE_TAGS.values()))
    return state_ids(tokenizer)


def add_tokens(tokenizer: Any, model: Any, texts: Sequence[str]) -> None:
    """Make each text a single id; see `add_state_tokens`."""
    from transformers import AddedToken

    pieces = {text: tokenizer.encode(text, add_special_tokens=False) for text in texts}
    missing = [text for text, ids in pieces.items() if len(ids) != 1]
    tokens = [AddedToken(text, special=True, normalized=False) for text in missing]
    tokenizer.add_tokens(tokens, special_tokens=True)
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    tables = {
        id(table.weight): table.weight
        for table in (model.get_input_embeddings(), model.get_output_embeddings())
    }
    with torch.no_grad():
        for weight in tables.values():
            for text in missing:
                weight[tokenizer.convert_tokens_to_ids(text)] = weight[pieces[text]].mean(0)


def save_checkpoint_files(
    tokenizer: Any,
    source: Path,
    target: Path,
    pixels: tuple[int, int] | None,
    settings: dict[str, Any],
) -> None:
    """Write everything in a checkpoint folder except weights and model configuration.

    Args:
        tokenizer: including the state tokens.
        source: the base checkpoint, whose image processor and chat template are kept.
        target: the new folder.
        pixels: smallest and largest frame area it was trained with; None = unchanged.
        settings: entries of `streamo.json`; other entries of the base's are kept.
    """
    target.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(target)
    for name in COPIED:
        if (source / name).is_file() and not (target / name).exists():
            shutil.copyfile(source / name, target / name)
    write_json(target / 'preprocessor_config.json', image_settings(source, pixels))
    base = source / 'streamo.json'
    kept = json.loads(base.read_text(encoding='utf-8')) if base.is_file() else {}
    write_json(target / 'streamo.json', {**kept, 'protocol': 'special_tokens', **settings})
    apply_umask(target)


def image_settings(source: Path, pixels: tuple[int, int] | None) -> dict[str, Any]:
    """The base checkpoint's image processor settings with another frame area.

    Raises:
        TrainingError: the checkpoint has no image processor.
    """
    for name in ('preprocessor_config.json', 'processor_config.json'):
        if (source / name).is_file():
            processor = json.loads((source / name).read_text(encoding='utf-8'))
            processor = dict(processor.get('image_processor', processor))
            break
    else:
        raise TrainingError(f'{source} has no preprocessor_config.json: copy it there')
    size = processor.get('size') or {}
    if pixels is None:
        return processor
    low, high = pixels
    if 'min_pixels' in processor or 'shortest_edge' in size:
        processor |= {
            'min_pixels': low,
            'max_pixels': high,
            'size': {'shortest_edge': low, 'longest_edge': high},
        }
    return processor


def write_json(path: Path, values: object) -> None:
    """Write a small JSON file."""
    write_text(path, json.dumps(values, indent=2, ensure_ascii=False) + '\n')
