# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A language model on a server that compares texts, for what no rule can count.

The papers do not publish the prompts of their judges, and judges differ: figures of two judges are
not comparable, and a judge's own name belongs beside each figure.
"""

from __future__ import annotations

import re
from typing import Any

from streamo_ros.backbone.served.endpoint import Endpoint
from streamo_ros.core.errors import StreamoError

TIMEOUT = 120.0
"""Seconds that a judgment may take."""
_LONGEST = 16
"""Tokens of a judgment."""
_POINTS = (
    'You grade what an assistant said about a video.\nQuestion: {question}\nTrue answer: {true}\n'
    'The assistant said: {said}\nHow much of the true answer is covered? 3: all or nearly all of '
    'it. 2: a part of it. 1: nothing of it, or it is wrong. Reply with the number alone.'
)
_BETTER = (
    'Two assistants watched the same video.\nTask: {question}\n\nAssistant A:\n{first}\n\n'
    'Assistant B:\n{second}\n\nWhich one did the task better? What is said must be right, '
    'complete and without repetition. Reply with A or B alone, or with C if they are equal.'
)
_SAME = (
    'Question about a video: {question}\nTrue answer: {true}\nGiven answer: {said}\nDo they say '
    'the same? Reply with yes or no alone.'
)


class JudgeError(StreamoError, RuntimeError):
    """The judge's reply is not one of those that it was asked for."""


class Judge:
    """Asks a server; the same question gets the same reply where the server allows it.

    Args:
        url: of an OpenAI-compatible server, such as http://host:8000/v1; its key comes from the
            environment, see `Endpoint`.
        name: of the model there; '' = the first that the server lists.

    Raises:
        BackboneError: the URL is not one, or the server does not answer.
    """

    def __init__(self, url: str, name: str = '') -> None:
        self._endpoint = Endpoint(url, TIMEOUT)
        self.name = name or self._first_model()

    def points(self, question: str, true: str, said: str) -> int:
        """How much of the true answer was said: 2 all, 1 a part, 0 nothing.

        Raises:
            JudgeError: the reply is no number.
            BackboneError: the server does not answer.
        """
        reply = self._ask(_POINTS.format(question=question, true=true, said=said))
        return int(self._match(r'[123]', reply, 'a number from 1 to 3')) - 1

    def win(self, question: str, ours: str, theirs: str) -> float:
        """1 if ours is better, 0 if theirs is, 0.5 if they are equal or the order decided.

        Both orders are asked, because judges favor the one they read first. Errors as `points`.
        """
        score = 0.0
        for first, second, won in ((ours, theirs, 'A'), (theirs, ours, 'B')):
            reply = self._ask(_BETTER.format(question=question, first=first, second=second))
            choice = self._match(r'\b[ABC]\b', reply, 'A, B or C')
            score += 0.25 if choice == 'C' else 0.5 * (choice == won)
        return score

    def same(self, question: str, true: str, said: str) -> bool:
        """Whether an answer says what is true. Errors as `points`."""
        reply = self._ask(_SAME.format(question=question, true=true, said=said))
        return self._match(r'\b(?:yes|no)\b', reply.lower(), 'yes or no') == 'yes'

    def _match(self, pattern: str, reply: str, wanted: str) -> str:
        match = re.search(pattern, reply)
        if match is None:
            raise JudgeError(
                f'the judge {self.name} replied {reply[:60]!r} where {wanted} was asked for: give '
                'a model that follows instructions with --judge-name'
            )
        return match[0]

    def _ask(self, text: str) -> str:
        body = {
            'model': self.name,
            'messages': [{'role': 'user', 'content': text}],
            'temperature': 0,
            'seed': 42,
            'max_tokens': _LONGEST,
        }
        reply = self._endpoint.post('/chat/completions', body)
        return _content(reply) or ''

    def _first_model(self) -> str:
        listed = self._endpoint.get('/models').get('data')
        names = [row.get('id') for row in listed or [] if isinstance(row, dict)]
        if not names or not isinstance(names[0], str):
            raise JudgeError(
                f'the server {self._endpoint.url} lists no model: name one with --judge-name'
            )
        return names[0]


def _content(reply: dict[str, Any]) -> str | None:
    try:
        content = reply['choices'][0]['message']['content']
    except (KeyError, IndexError, TypeError):
        return None
    return content if isinstance(content, str) else None
