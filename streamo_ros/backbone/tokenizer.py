# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A checkpoint's tokenizer with separate encoders for trusted and untrusted text.

Reads only `tokenizer.json`, with the tokenizers library. Untrusted text goes through a second
tokenizer without any added tokens, so that nothing in it can become a control id.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from streamo_ros.core.interface import BackboneError
from streamo_ros.documents import load_json


class CheckpointTokenizer:
    """Satisfies `protocol.Tokenizer`.

    Args:
        path: the checkpoint's `tokenizer.json`.

    Raises:
        BackboneError: the file is missing or is not a tokenizer.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise BackboneError(
                f'{path} is missing: save the checkpoint with its fast tokenizer '
                '(tokenizer.save_pretrained)'
            )
        try:
            content = load_json(path.read_text(encoding='utf-8'))
            added = content.get('added_tokens', [])
            self._control = Tokenizer.from_str(json.dumps(content))
            self._plain = Tokenizer.from_str(json.dumps({**content, 'added_tokens': []}))
        except Exception as error:  # the library raises bare Exception
            raise BackboneError(f'{path} is not a tokenizer: {error}') from error
        for tokenizer in (self._control, self._plain):
            tokenizer.no_truncation()
            tokenizer.no_padding()
        self.control_tokens = frozenset(token['content'] for token in added)
        self.control_ids = frozenset(token['id'] for token in added)

    @property
    def vocabulary(self) -> dict[str, int]:
        """The id of each token, control tokens included."""
        return dict(self._control.get_vocab(with_added_tokens=True))

    def control(self, text: str) -> tuple[int, ...]:
        """Encode trusted text, in which control tokens are recognized."""
        return tuple(self._control.encode(text, add_special_tokens=False).ids)

    def plain(self, text: str) -> tuple[int, ...]:
        """Encode untrusted text: no id in the result is a control token.

        Raises:
            BackboneError: the plain vocabulary itself contains a control token of the text.
        """
        ids = tuple(self._plain.encode(text, add_special_tokens=False).ids)
        if not self.control_ids.isdisjoint(ids):
            raise BackboneError(
                'the text contains a control token of this checkpoint: leave it out'
            )
        return ids

    def text(self, ids: Sequence[int]) -> str:
        """Decode generated ids; control tokens are left out."""
        plain = [token for token in ids if token not in self.control_ids]
        return str(self._control.decode(plain, skip_special_tokens=False))
