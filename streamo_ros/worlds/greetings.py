# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Variations that leave an instruction's meaning alone: greetings, thanks, capitals, punctuation.

No word here may contain the name of a shape; see `grammar_rules`.
"""

from __future__ import annotations

import re

import numpy as np

from streamo_ros.worlds.draws import pick

GREETINGS = (
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
CLOSINGS = (
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
_GREETING, _CLOSING, _CAPITAL = 0.2, 0.18, 0.5
"""Probabilities of a greeting, a closing and capitals."""
_NO_MARK = 0.3
"""Share of questions that lose their question mark."""
_MARKS = ('', '', '', '.', '.', '.', '!')
_QUESTION = re.compile(
    r'(what|which|how|when (do|did|is|will)|is|has|do|does|did|can|could|would|will|are|from when'
    r'|between|at what|at which|in what|in which)\b'
)


def decorate(text: str, rng: np.random.Generator) -> str:
    """A text as people write it: with or without a greeting, capitals and punctuation."""
    if text.endswith('?'):
        mark, body = '' if rng.random() < _NO_MARK else '?', text[:-1]
    else:
        mark, body = pick(rng, _MARKS), text
        if _QUESTION.match(text) and '?' not in text and rng.random() < 0.5:
            mark = '?'
    if rng.random() < _CLOSING:
        body += pick(rng, CLOSINGS)
    if rng.random() < _GREETING:
        body = pick(rng, GREETINGS) + body
    if rng.random() < _CAPITAL:
        body = re.sub(r'(^|[?.] )(\w)', lambda match: match[1] + match[2].upper(), body)
    return body + mark
