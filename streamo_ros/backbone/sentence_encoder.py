# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Embeds sentences with a local checkpoint such as all-MiniLM-L6-v2; for scores alone.

Source of the pooling: Reimers and Gurevych, 'Sentence-BERT' (2019), sec. 3: the mean of the last
states of the tokens, here scaled to length 1 as the checkpoint above does.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel
from transformers import AutoTokenizer

from streamo_ros.core.errors import one_line
from streamo_ros.core.interface import BackboneError

_BATCH = 64
_LONGEST = 256
"""Tokens of a sentence, as all-MiniLM-L6-v2 was trained."""


def load_sentence_encoder(folder: Path) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """A function that embeds sentences: float32, shape (sentences, width), each of length 1.

    Args:
        folder: of the checkpoint; nothing is downloaded and no code of it is run.

    Raises:
        BackboneError: it cannot be loaded.
    """
    if not (folder / 'config.json').is_file():
        raise BackboneError(
            f'{folder} holds no sentence encoder: give the folder of one, such as a download of '
            'sentence-transformers/all-MiniLM-L6-v2'
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, local_files_only=True).float().eval()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise BackboneError(
            f'the sentence encoder {folder} cannot be loaded: {one_line(error)}'
        ) from error

    @torch.inference_mode()
    def embed(sentences: Sequence[str]) -> NDArray[np.float32]:
        parts = []
        for at in range(0, len(sentences), _BATCH):
            tokens = tokenizer(
                list(sentences[at : at + _BATCH]),
                padding=True,
                truncation=True,
                max_length=_LONGEST,
                return_tensors='pt',
            )
            states = model(**tokens).last_hidden_state
            mask = tokens['attention_mask'].unsqueeze(-1).float()
            pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            parts.append(torch.nn.functional.normalize(pooled, dim=-1).numpy())
        return np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)

    return embed
