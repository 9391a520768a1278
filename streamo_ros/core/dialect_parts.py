# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of a dialect's description, each with Streamo's as its defaults; see `dialect`."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from streamo_ros.core.protocol import Kind
from streamo_ros.core.protocol import seconds_text
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS

Encoding = Literal['special_tokens', 'text_tags', 'first_token']


@dataclass(frozen=True)
class States:
    """How the states are spelled.

    Attributes:
        encoding: 'special_tokens': each state is one token of its own; 'text_tags': the states
            are ordinary text, told apart by one token; 'first_token': a reply that begins with
            `silence` is silent, and any other reply is an answer without a tag.
        silence: text of Silence.
        standby: text of Standby; '' = the checkpoint has no such state, it is never decided.
        response: text of Response; '' with 'first_token'.
        also_silent: with 'first_token': other tokens that mean silence when a reply begins with
            them.
        observation: text in the place of `response` before a remark that nobody asked for; '' =
            there are none.
        summary: the same before a summary of what has been seen for some time.
        delegation: text within an answer, after which a question for another, slower model
            stands; '' = there is none.
    """

    encoding: Encoding = 'special_tokens'
    silence: str = STATE_TAGS[State.SILENCE]
    standby: str = STATE_TAGS[State.STANDBY]
    response: str = STATE_TAGS[State.RESPONSE]
    also_silent: tuple[str, ...] = ()
    observation: str = ''
    summary: str = ''
    delegation: str = ''

    @property
    def openings(self) -> dict[Kind, str]:
        """The texts that begin an answer, by what it is; those that exist."""
        named = {
            Kind.ANSWER: self.response,
            Kind.OBSERVATION: self.observation,
            Kind.SUMMARY: self.summary,
        }
        return {kind: text for kind, text in named.items() if text}

    @property
    def texts(self) -> dict[State, str]:
        """The states that exist and their text."""
        named = {
            State.SILENCE: self.silence,
            State.STANDBY: self.standby,
            State.RESPONSE: self.response,
        }
        return {state: text for state, text in named.items() if text}


@dataclass(frozen=True)
class Tag:
    """How a time is written.

    Attributes:
        text: with {start}, {end}, {middle} and {quarter}, in seconds since the time origin, and
            with what separates it from what follows; '' = times are not written. {quarter} is the
            mean time of two frames, at the start and in the middle.
        decimals: of the seconds; -1 = at most three, without trailing zeros.
        per_step: one tag for all frames of a step; False = one for each frame.
    """

    text: str = '<{start}s-{end}s>\n'
    decimals: int = -1
    per_step: bool = False

    def write(self, start: Fraction, end: Fraction) -> str:
        """The tag of an interval, in seconds since the time origin."""
        return self.text.format(
            start=self.seconds(start),
            end=self.seconds(end),
            middle=self.seconds((start + end) / 2),
            quarter=self.seconds((3 * start + end) / 4),
        )

    def seconds(self, seconds: Fraction) -> str:
        """Seconds as this tag writes them."""
        if self.decimals < 0:
            return seconds_text(seconds)
        # Like Python's format of a float: a tie goes to the even digit.
        return f'{float(seconds):.{self.decimals}f}'


@dataclass(frozen=True)
class Question:
    """Where the instruction stands.

    Attributes:
        place: 'head': at the head of the user's first message, before everything of the first
            step, whatever leaves the window; 'message': a message of its own before the first
            step; 'turn': a part of the first step, see `Dialect.order`.
        text: with {question}; without it, the checkpoint takes no instruction, and this is put to
            it whatever the user says.
        repeated: with 'turn': when the step that holds it leaves the window, the first one that
            stays gets it.
    """

    place: Literal['head', 'message', 'turn'] = 'head'
    text: str = '{question}\n'
    repeated: bool = True

    @property
    def fixed(self) -> bool:
        """Whether it is the same whatever the user says, and so may hold control tokens."""
        return '{question}' not in self.text


@dataclass(frozen=True)
class Recount:
    """Earlier answers, which a dialogue that starts over with its question begins with.

    Attributes:
        open: text before them; '' = they are forgotten.
        group: those that left together, with {number}, {start} of the question and {question}.
        answer: one of them, with its {start} and {answer}.
        close: text between the last one and the question.
        most: groups that stay, the newest ones.
    """

    open: str = ''
    group: str = ''
    answer: str = ''
    close: str = ''
    most: int = 40


@dataclass(frozen=True)
class Window:
    """What stays of the past, where neither the user nor the checkpoint says.

    Attributes:
        policy: a choice of `context.policy`.
        frames: frames in the window; 0 = not specified.
    """

    policy: str = 'window'
    frames: int = 0


@dataclass(frozen=True)
class Past:
    """Where the words of steps that have left go: a message after the system prompt.

    Attributes:
        open: control text before them; '' = they leave with their step.
        close: control text after them.
        first: tokens of them that stay when they grow long, at the start.
        last: the same at the end.
    """

    open: str = ''
    close: str = ''
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class Decoding:
    """How answers are decoded, where the user does not say; all defaults = as the checkpoint says.

    Attributes:
        temperature: see `interface.Sampling`; 0 = greedily.
        top_k: see there.
        top_p: see there.
        repetition_penalty: see there.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0


@dataclass(frozen=True)
class Fingerprint:
    """By what a checkpoint is recognized.

    Attributes:
        tokens: control tokens that its tokenizer has; () = it cannot be recognized.
        architectures: transformers classes that it may be; () = any.
    """

    tokens: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()

    def fits(self, tokens: frozenset[str], architecture: str) -> bool:
        """Whether a checkpoint may be one of these."""
        known = not self.architectures or architecture in self.architectures
        return bool(self.tokens) and known and tokens.issuperset(self.tokens)
