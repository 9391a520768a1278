# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How an instruction is said: capitals, marks at the end, a greeting, a word of thanks.

Knows nothing that changes what is asked for, nor any word that holds the name of a shape.
"""

from __future__ import annotations

import re

import numpy as np

HEADS = (
    'robot, ',
    'hey robot, ',
    'hello robot, ',
    'ok robot, ',
    'dear robot, ',
    'hey, ',
    'hello, ',
    'hi, ',
    'hi there, ',
    'ok, ',
    'okay, ',
    'well, ',
    'so, ',
    'listen, ',
    'now, ',
    'excuse me, ',
    'alright, ',
    'good day, ',
    'next, ',
    'please: ',
    'hey you, ',
    'one more thing: ',
    'quick task: ',
    'a new task: ',
    'for today: ',
    'by the way, ',
    'if you can, ',
    'as we said, ',
    'now then, ',
)
TAILS = (
    ' please',
    ', please',
    ' for me',
    ', thanks',
    ', thank you',
    ', okay',
    ', robot',
    ' if you can',
    ' if possible',
    ', will you',
    ', my friend',
    ', that is all',
    ', thanks a lot',
    ' for us',
    ', if you please',
    ', would you',
)
_HEAD, _TAIL, _CAPITAL = 0.2, 0.18, 0.5
_BARE = 0.3
"""Share of questions that lose their mark."""
_MARKS = ('', '', '', '.', '.', '.', '!')
_ASKING = re.compile(
    r'(what|which|how|when (do|did|is|will)|is|has|do|does|did|can|could|would|will|are|from when'
    r'|between|at what|at which|in what|in which)\b'
)


def dress(text: str, draw: np.random.Generator) -> str:
    """A text as somebody says it: with or without a greeting, capitals and a mark."""
    if text.endswith('?'):
        mark, body = '' if draw.random() < _BARE else '?', text[:-1]
    else:
        mark, body = _MARKS[int(draw.integers(len(_MARKS)))], text
        if _ASKING.match(text) and '?' not in text and draw.random() < 0.5:
            mark = '?'
    if draw.random() < _TAIL:
        body += TAILS[int(draw.integers(len(TAILS)))]
    if draw.random() < _HEAD:
        body = HEADS[int(draw.integers(len(HEADS)))] + body
    if draw.random() < _CAPITAL:
        body = re.sub(r'(^|[?.] )(\w)', lambda at: at[1] + at[2].upper(), body)
    return body + mark
