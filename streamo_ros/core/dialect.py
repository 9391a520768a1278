# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a checkpoint was trained to read and to say, as data.

A dialect says how a step is laid out (question, time tag, frames), how the states are spelled, and
what stays of the past. `prompt.PromptTokens` turns it into token ids; the files are read by
`backbone.dialects`.

Source of the layouts: the runtimes that were released with the checkpoints; see docs/dialects.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from fractions import Fraction
from typing import get_args
from typing import Literal

from streamo_ros.core.protocol import ChatFormat
from streamo_ros.core.protocol import Kind
from streamo_ros.core.protocol import ProtocolError
from streamo_ros.core.protocol import seconds_text
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS

Encoding = Literal['special_tokens', 'text_tags', 'first_token']
Part = Literal['question', 'tag', 'frame', 'span']
PARTS = get_args(Part)


class DialectError(ProtocolError):
    """A dialect contradicts itself; the message says where."""


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
            start=self._seconds(start),
            end=self._seconds(end),
            middle=self._seconds((start + end) / 2),
            quarter=self._seconds((3 * start + end) / 4),
        )

    def _seconds(self, seconds: Fraction) -> str:
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
class Window:
    """What stays of the past, where neither the user nor the checkpoint says.

    Attributes:
        policy: a choice of `context.policy`.
        frames: frames in the window; 0 = not specified.
    """

    policy: str = 'window'
    frames: int = 0


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


@dataclass(frozen=True)
class Dialect:
    """One dialect; the defaults are Streamo's.

    Attributes:
        name: of its file, without the ending.
        title: the checkpoints that speak it, in a few words.
        order: the parts of a step; 'question' must be named only where `question.place` is 'turn'.
        frames: frames that are decided together, in one step.
        tag: how times are written.
        span: a second tag, for the whole step; none by default.
        question: where the instruction stands.
        states: how the states are spelled.
        system_prompt: '' = the checkpoint's own, or Streamo's.
        preface: control text between the system prompt and the first user message.
        chat: control texts that differ from those of the model family, by field of `ChatFormat`.
        cut: texts at which an answer ends; what follows is not part of the dialogue.
        ending: text that ends an answer and stays in the dialogue; one token.
        window: what stays of the past.
        decoding: how answers are decoded.
        sampling_rate: frames per second; 0 = not specified.
        max_pixels: largest area of a frame; 0 = not specified.
        fingerprint: by what a checkpoint is recognized.
        limits: what this program does not do as the checkpoint's own runtime does, for the reader.
    """

    name: str = 'streamo'
    title: str = ''
    order: tuple[str, ...] = ('tag', 'frame')
    frames: int = 1
    tag: Tag = field(default_factory=Tag)
    span: Tag = field(default_factory=lambda: Tag(''))
    question: Question = field(default_factory=Question)
    states: States = field(default_factory=States)
    system_prompt: str = ''
    preface: str = ''
    chat: dict[str, str] = field(default_factory=dict)
    cut: tuple[str, ...] = ()
    ending: str = ''
    window: Window = field(default_factory=Window)
    decoding: Decoding = field(default_factory=Decoding)
    sampling_rate: float = 0.0
    max_pixels: int = 0
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    limits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            DialectError: with the place.
        """
        self._check_order()
        self._check_texts()
        self._check_states()
        if self.frames < 1:
            self._refuse('frames', f'is {self.frames}, which is not a number of frames')

    def change_chat(self, chat: ChatFormat) -> ChatFormat:
        """The control texts of a model family, with the dialect's own in their place."""
        return ChatFormat(**{**_texts_of(chat), **self.chat})

    def _check_order(self) -> None:
        wanted = {'frame'}
        wanted |= {'tag'} if self.tag.text else set()
        wanted |= {'span'} if self.span.text else set()
        wanted |= {'question'} if self.question.place == 'turn' else set()
        if set(self.order) != wanted or len(set(self.order)) != len(self.order):
            self._refuse('order', f'must name {", ".join(sorted(wanted))}, each once')

    def _check_texts(self) -> None:
        if not self.question.text:
            self._refuse('question.text', 'is empty')
        for place, tag in (('tag', self.tag), ('span', self.span)):
            try:
                tag.write(Fraction(0), Fraction(1))
            except (KeyError, IndexError, ValueError):
                self._refuse(f'{place}.text', 'may hold {start}, {quarter}, {middle}, {end} only')
        unknown = sorted(set(self.chat) - set(_texts_of(ChatFormat())))
        if unknown:
            self._refuse(f'chat.{unknown[0]}', f'is none of {", ".join(_texts_of(ChatFormat()))}')

    def _check_states(self) -> None:
        states = self.states
        if not states.silence:
            self._refuse('states.silence', 'is empty')
        if states.encoding == 'first_token' and (states.standby or states.response):
            self._refuse('states', 'of encoding first_token have no standby and no response')
        if states.encoding != 'first_token' and not states.response:
            self._refuse('states.response', 'is empty')
        if states.encoding == 'first_token' and len(states.openings):
            self._refuse('states', 'of encoding first_token have no observation and no summary')
        texts = [states.silence, states.standby, *states.openings.values(), states.delegation]
        texts = [text for text in texts if text]
        if len(set(texts)) < len(texts):
            self._refuse('states', 'are not distinct')

    def _refuse(self, place: str, problem: str) -> None:
        raise DialectError(f'the dialect {self.name}: {place} {problem}')


def _texts_of(chat: ChatFormat) -> Mapping[str, str]:
    return {entry.name: getattr(chat, entry.name) for entry in fields(chat)}


STREAMO = Dialect()
"""Streamo's own; see `protocol`."""
