# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads a state from the log probabilities of the first tokens that a server generates.

Where each tag is one token, the first token decides. Where tags are spelled as text, the tokens
are followed until they differ: `</` fits all three, `S` two, `Silence` one. What a server does not
list is at most as probable as what it lists last, and is counted as that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS

CERTAIN = 30.0
"""Logit by which the state leads where a server gives text alone: the others are impossible."""
_LOWEST = -60.0
_SHOWN = 40


@dataclass(frozen=True)
class TokenStep:
    """One generated token.

    Attributes:
        text: its text.
        listed: log probabilities of the most probable tokens, itself included, by text.
    """

    text: str
    listed: dict[str, float]


@dataclass(frozen=True)
class StateReading:
    """What was read.

    Attributes:
        logits: of Silence, Standby and Response, float32, shape (3,).
        bounded: states that the server did not list, whose logit is the largest possible.
    """

    logits: NDArray[np.float32]
    bounded: int


def read_states(steps: Sequence[TokenStep], started: str = '') -> StateReading:
    """Read the states from generated tokens.

    Args:
        steps: the tokens, at least one.
        started: what the message already begins with.

    Raises:
        BackboneError: no state is among the listed tokens; says what the model wrote instead.
    """
    by_state: dict[State, list[float]] = {state: [] for state in DECISIONS}
    said, path, bound = started, 0.0, _LOWEST
    for step in steps:
        for text, chance in step.listed.items():
            fitting = states_that_fit(said + text)
            if len(fitting) == 1:
                by_state[fitting[0]].append(path + chance)
        bound = path + _largest_unlisted(step.listed)
        path += step.listed.get(step.text, 0.0)
        said += step.text
        if len(states_that_fit(said)) < 2:
            break
    if not any(by_state.values()):
        raise not_a_state(started + ''.join(step.text for step in steps))
    logits = [max(_sum(chances), _LOWEST) if chances else bound for chances in by_state.values()]
    return StateReading(np.array(logits, np.float32), sum(not it for it in by_state.values()))


def read_text(text: str) -> StateReading:
    """The state that a generated text begins with, as a certain one.

    Raises:
        BackboneError: it begins with none.
    """
    fitting = [state for state in DECISIONS if text.lstrip().startswith(STATE_TAGS[state])]
    if not fitting:
        raise not_a_state(text)
    logits = [0.0 if state in fitting else -CERTAIN for state in DECISIONS]
    return StateReading(np.array(logits, np.float32), 0)


def states_that_fit(text: str) -> list[State]:
    """The states whose tag such a beginning can still become, or has become."""
    text = text.lstrip()
    return [
        state
        for state in DECISIONS
        if STATE_TAGS[state].startswith(text) or text.startswith(STATE_TAGS[state])
    ]


def not_a_state(text: str) -> BackboneError:
    """The error for a text that begins with no state."""
    shown = text.strip()[:_SHOWN]
    return BackboneError(
        f'the served model began its turn with {shown!r} and not with a state: serve one that was '
        'trained for them, or give its streamo.json as model.settings'
    )


def _largest_unlisted(listed: dict[str, float]) -> float:
    """Log of the largest probability that a token can have that is not listed."""
    if not listed:
        return _LOWEST
    rest = 1.0 - sum(map(math.exp, listed.values()))
    return max(_LOWEST, min(*listed.values(), math.log(max(rest, 1e-30))))


def _sum(chances: Sequence[float]) -> float:
    """Log of a sum of probabilities."""
    most = max(chances)
    return most + math.log(sum(math.exp(chance - most) for chance in chances))
