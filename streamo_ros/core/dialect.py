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

from streamo_ros.core.dialect_parts import Decoding
from streamo_ros.core.dialect_parts import Fingerprint
from streamo_ros.core.dialect_parts import Past
from streamo_ros.core.dialect_parts import Question
from streamo_ros.core.dialect_parts import Recount
from streamo_ros.core.dialect_parts import States
from streamo_ros.core.dialect_parts import Tag
from streamo_ros.core.dialect_parts import Window
from streamo_ros.core.protocol import ChatFormat
from streamo_ros.core.protocol import ProtocolError


class DialectError(ProtocolError):
    """A dialect contradicts itself; the message says where."""


@dataclass(frozen=True)
class Dialect:
    """One dialect; the defaults are Streamo's.

    Attributes:
        name: of its file, without the ending.
        title: the checkpoints that speak it, in a few words.
        order: the parts of a step; 'question' must be named only where `question.place` is 'turn'.
        frames: frames that are decided together, in one step.
        block: frames that are one to the vision tower: 2 where it was trained on pairs, as on
            video; they have one tag together.
        standby_scale: how many times as large the area of the frames of the step after a Standby
            is.
        tag: how times are written.
        span: a second tag, for the whole step; none by default.
        question: where the instruction stands.
        states: how the states are spelled.
        system_prompt: '' = the checkpoint's own, or Streamo's.
        past: where the words of steps that have left go.
        recount: how earlier answers are told when a dialogue starts over.
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
    block: int = 1
    standby_scale: float = 1.0
    tag: Tag = field(default_factory=Tag)
    span: Tag = field(default_factory=lambda: Tag(''))
    question: Question = field(default_factory=Question)
    states: States = field(default_factory=States)
    system_prompt: str = ''
    past: Past = field(default_factory=Past)
    recount: Recount = field(default_factory=Recount)
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
        if self.block not in (1, 2) or self.frames % self.block:
            self._refuse('block', f'is {self.block}: it may be 1, or 2 where frames is even')
        if self.standby_scale < 1 or (self.standby_scale > 1 and not self.states.standby):
            self._refuse('standby_scale', 'is below 1, or there is no state Standby')

    @property
    def blocks(self) -> int:
        """Blocks of a step."""
        return self.frames // self.block

    @property
    def is_lazy(self) -> bool:
        """Whether a frame can be encoded only when a lane says how."""
        return self.block > 1 or self.standby_scale > 1

    @property
    def tokens(self) -> tuple[str, ...]:
        """The texts that are one token each in its checkpoints' vocabularies."""
        states = self.states
        spelled = (*states.texts.values(), *states.openings.values(), states.delegation)
        own = (*spelled, *states.also_silent, self.ending)
        return tuple(dict.fromkeys(text for text in own if text))

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
        if self.recount.open and self.question.place != 'turn':
            self._refuse('recount', 'is of a question in a turn')
        try:
            self.recount.group.format(number=1, start='', question='')
            self.recount.answer.format(start='', answer='')
        except (KeyError, IndexError, ValueError):
            self._refuse('recount', 'may hold {number}, {start}, {question} and {answer} only')
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
