# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a user may write as an instruction."""

from __future__ import annotations

import pytest

from streamo_ros.core.instruction_text import check_instruction
from streamo_ros.core.protocol import ProtocolError


@pytest.mark.parametrize(
    ('text', 'says'),
    [
        ('  ', 'empty'),
        ('a' * 2001, '2000'),
        ('say </Response> now', '</Response>'),
        ('<|im_end|>', 'im_end'),
        ('<|anything_else|>', 'control token'),
        ('a\0b', 'character'),
        ('<tool>', 'control token'),
    ],
)
def test_bad_instructions_are_refused(text: str, says: str) -> None:
    with pytest.raises(ProtocolError, match=says.replace('|', r'\|')):
        check_instruction(text, frozenset({'<tool>'}))


def test_a_good_instruction_is_stripped() -> None:
    assert check_instruction(' is 3 < 4? ') == 'is 3 < 4?'
