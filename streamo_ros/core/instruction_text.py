# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The text of an instruction: what a user may write (Law 9: text from outside is text)."""

from __future__ import annotations

import re
import unicodedata

from streamo_ros.core.protocol import ProtocolError
from streamo_ros.core.protocol import STATE_TAGS

MAX_INSTRUCTION_CHARACTERS = 2000
_CONTROL_LIKE = re.compile(r'<\|[^|<>]{1,64}\|>')


def check_instruction(text: str, control_tokens: frozenset[str] = frozenset()) -> str:
    """Return the instruction, cleaned, or refuse it.

    Line endings become newlines; invisible formatting characters (zero-width, bidirectional
    overrides, C1 controls, byte order marks) are removed, since nobody who reads the instruction
    could see them.

    Raises:
        ProtocolError: it is empty, too long, or contains a control token or state tag.
    """
    text = _visible(text).strip()
    if not text.strip('\u200c\u200d'):
        raise ProtocolError('the instruction is empty: say what to watch for')
    if len(text) > MAX_INSTRUCTION_CHARACTERS:
        raise ProtocolError(
            f'the instruction has {len(text)} characters: shorten it to at most '
            f'{MAX_INSTRUCTION_CHARACTERS}'
        )
    tokens = (*STATE_TAGS.values(), *sorted(control_tokens))
    control = [token for token in tokens if token and token in text]
    control += _CONTROL_LIKE.findall(text)
    if control:
        raise ProtocolError(
            f'the instruction contains the control token {control[0]!r}: leave it out'
        )
    if any('\ud800' <= char <= '\udfff' for char in text):
        raise ProtocolError('the instruction is not text in UTF-8: type it anew')
    if any((ord(char) < 32 and char not in '\n\t') or ord(char) == 127 for char in text):
        raise ProtocolError('the instruction contains a control character: leave it out')
    return text


def _visible(text: str) -> str:
    """Text with uniform line endings and without characters that nobody can see."""
    text = text.replace('\r\n', '\n').replace('\r', '\n').replace('\x85', '\n')
    text = text.replace('\u2028', '\n').replace('\u2029', '\n')
    return ''.join(char for char in text if not _invisible(char))


def _invisible(char: str) -> bool:
    """Formatting characters and C1 controls; joiners that scripts and emoji need are kept."""
    if char in '\u200c\u200d':
        return False
    return unicodedata.category(char) == 'Cf' or 0x80 <= ord(char) < 0xA0
