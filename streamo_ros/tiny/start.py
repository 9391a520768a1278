# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Takes the weights of a checkpoint apart again, so that a run can train it on.

The export folds the projection into the tower. The tower is taken as it is, and the projection
starts anew as the identity, which computes the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import Qwen2_5_VLForConditionalGeneration

from streamo_ros.tiny import vocabulary as words
from streamo_ros.tiny.saved_parts import save_weights
from streamo_ros.training.train_config import TrainingError

_TOWER = 'tower.pt'


def take_weights(checkpoint: Path, run: Path, part: str, known: words.Vocabulary) -> None:
    """Write the weights of a checkpoint to a run's folder, unless they are already there.

    Args:
        checkpoint: folder of a checkpoint that this recipe has exported.
        run: the run's folder; its tokenizer must be that of the checkpoint.
        part: name of the file for the language model, as a stage would have left it.
        known: the tokenizer's vocabulary.

    Raises:
        TrainingError: it is no such checkpoint, or its tokenizer is another one.
    """
    # The tower is written last, so it means that both are there.
    if (run / _TOWER).is_file():
        return
    _check_tokenizer(checkpoint, run)
    try:
        model = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            checkpoint, dtype=torch.float32, local_files_only=True
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise TrainingError(
            f'start: {checkpoint} cannot be read: pass the folder of a checkpoint such as '
            'models/streamo-tiny'
        ) from error
    text: Any = model.config.text_config
    if text.vocab_size != known.size:
        raise TrainingError(
            f'start: {checkpoint} has {text.vocab_size} tokens instead of {known.size}: '
            'its words are not those of this version; train all stages instead'
        )
    language = {f'hf.{name}': value for name, value in model.state_dict().items()}
    language['adapt.weight'] = torch.eye(text.hidden_size)
    save_weights(run / part, {'ema': language})
    save_weights(run / _TOWER, {'tower': model.model.visual.state_dict()})


def _check_tokenizer(checkpoint: Path, run: Path) -> None:
    own, other = run / 'tokenizer' / 'tokenizer.json', checkpoint / 'tokenizer.json'
    if not other.is_file():
        raise TrainingError(
            f'start: {checkpoint} has no tokenizer.json: pass the folder of a checkpoint such as '
            'models/streamo-tiny'
        )
    if own.read_bytes() != other.read_bytes():
        raise TrainingError(
            f'start: the tokenizer of {checkpoint} is not that of this version: train all stages '
            'instead'
        )
