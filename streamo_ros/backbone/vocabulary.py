# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a tokenizer and weights belong together. Imports no torch.

A tokenizer of another checkpoint gives words that mean something else to the weights, or ids that
they have no row for; nothing later would notice the first, and the second fails in the middle of a
stream.
"""

from __future__ import annotations

from streamo_ros.backbone.checkpoint import Checkpoint
from streamo_ros.backbone.checkpoint_settings import read_json
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.backbone.weight_headers import read_headers
from streamo_ros.core.interface import BackboneError

_EMBEDDING = 'embed_tokens.weight'
_PICTURE = 'image_token_id', 'image_token_index'
"""What configurations call the id that stands for a picture's tokens."""


def check_vocabulary(checkpoint: Checkpoint, tokenizer: CheckpointTokenizer) -> None:
    """Refuse a tokenizer that is not that of the weights.

    Of the weights, only the headers are read. A folder whose weights are still to be written, as
    in training, is not refused.

    Args:
        checkpoint: the checkpoint.
        tokenizer: its own.

    Raises:
        BackboneError: a token has no row in the embedding, or the id that the configuration has
            for pictures is an ordinary word.
    """
    rows = embedding_rows(checkpoint)
    vocabulary = tokenizer.vocabulary
    beyond = {id_: token for token, id_ in vocabulary.items() if id_ >= rows} if rows else {}
    if beyond:
        first = min(beyond)
        raise BackboneError(
            f'{checkpoint.path}: the tokenizer has {len(vocabulary)} tokens and the weights have '
            f'{rows} rows, none for {beyond[first]} (id {first}): they are of different '
            'checkpoints; copy tokenizer.json and the weights from one folder, or add tokens with '
            'streamo train --add-tokens, which adds the rows too'
        )
    picture = _picture_id(checkpoint)
    if picture is not None and picture not in tokenizer.control_ids:
        words = [token for token, id_ in vocabulary.items() if id_ == picture]
        found = f'is the word {words[0]!r}' if words else 'does not exist'
        raise BackboneError(
            f'{checkpoint.path}: the token of pictures, id {picture} in config.json, {found} in '
            'tokenizer.json: they are of different checkpoints; copy both from one folder'
        )


def embedding_rows(checkpoint: Checkpoint) -> int:
    """Rows of the embedding once the weights are loaded; 0 = there are no weights yet."""
    shapes = [
        entry['shape']
        for name, entry in read_headers(checkpoint.weights).items()
        if name.endswith(_EMBEDDING)
    ]
    rows = max((int(shape[0]) for shape in shapes), default=0)
    added = checkpoint.adapter.rows.values() if checkpoint.adapter else ()
    return max([rows, *(max(ids) + 1 for ids in added)]) if rows else 0


def _picture_id(checkpoint: Checkpoint) -> int | None:
    file = checkpoint.weights / 'config.json'
    if not file.is_file():
        return None
    config = read_json(file, 'copy the checkpoint again')
    return next((config[name] for name in _PICTURE if isinstance(config.get(name), int)), None)
