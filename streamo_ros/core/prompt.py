# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The dialogue as token ids, for one tokenizer: the only place that knows a step's anatomy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from streamo_ros.core.dialect import Dialect
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.protocol import ChatFormat
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import Kind
from streamo_ros.core.protocol import ProtocolError
from streamo_ros.core.protocol import ProtocolKind
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import SYSTEM_PROMPT
from streamo_ros.core.protocol import Tokenizer

FrameT = TypeVar('FrameT')
HANDED_ON = '\ue000'
"""Stands for the token within an answer that hands a question on, in text around the frames."""
_OTHER_TOKENIZER = (
    'its tokenizer.json is not that of its architecture; copy it from where the checkpoint is from'
)
_UNTRAINED = (
    'it was not trained for these states; set model.dialect to zero_shot, which asks for them in '
    'words, or model.protocol to text_tags if it was trained on their text, or train it '
    "('streamo train' adds the tokens)"
)
Ids = tuple[int, ...]
Interval = tuple[Fraction, Fraction]
"""Start and end of what a frame represents, in seconds since the time origin."""
_KEPT_TEXTS = 16
"""Turns whose texts are kept: those of one step, with room for lanes of other origins."""


class PromptTokens:
    """A dialect in one tokenizer's ids.

    A dialogue is the sink followed by one turn per step. The sink is the system prompt, the
    opening of the first user turn and the instruction; where the dialect has the instruction in
    the turn itself, it ends with the system prompt. A turn is `turn_prefix` (for the first turn
    after the sink `first_prefix`), text and frames in the dialect's order, and `reply_prompt`;
    then the reply: a state's tokens, for Response the answer, and `close`.

    Args:
        tokenizer: see `Tokenizer`.
        chat: control text of the checkpoint's chat format.
        kind: 'special_tokens': each state tag is one id; 'text_tags': tags are ordinary text,
            and their common token prefix is forced at the end of `reply_prompt`; None = as the
            dialect says.
        system_prompt: the checkpoint's own system prompt.
        dialect: the layout, and how the states are spelled.

    Attributes:
        replies: tokens that each state begins with, by state; those that exist.
        delegation: tokens that hand a question on, within an answer; () = there are none.
        openings: tokens that an answer of each kind begins with; at least those of ANSWER.
        first_tokens: ids that mean silence when a reply begins with one; () where states have
            tokens of their own.

    Raises:
        ProtocolError: the first tokens of the states are not distinct.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        chat: ChatFormat | None = None,
        kind: ProtocolKind | None = None,
        system_prompt: str = SYSTEM_PROMPT,
        dialect: Dialect = STREAMO,
    ) -> None:
        if kind is not None and dialect.states.encoding != 'first_token':
            dialect = replace(dialect, states=replace(dialect.states, encoding=kind))
        self.tokenizer = tokenizer
        self.chat = chat = dialect.change_chat(chat or ChatFormat())
        self.dialect = dialect
        self.kind = dialect.states.encoding
        self.turn_prefix = tokenizer.control(chat.user_open)
        self.image_open = tokenizer.control(chat.image_open) if chat.image_open else ()
        self.image_close = tokenizer.control(chat.image_close) if chat.image_close else ()
        self.close = tokenizer.control(chat.close)
        self.stop = _single(tokenizer, chat.stop, _OTHER_TOKENIZER)
        past = dialect.past
        system = chat.system_open + system_prompt + chat.close + past.open
        self._system = tokenizer.control(system)
        self._past_close = tokenizer.control(past.close) if past.close else ()
        self.first_prefix = () if dialect.question.place == 'head' else self.turn_prefix
        forced, self.replies, self.openings = _state_ids(tokenizer, dialect)
        self.reply_prompt = tokenizer.control(chat.close + chat.assistant_open) + forced
        handed = dialect.states.delegation
        self.delegation = tokenizer.control(handed) if handed else ()
        self.first_tokens = _first_tokens(tokenizer, dialect)
        self.ending = _single_text(tokenizer, dialect.ending) if dialect.ending else ()
        # Lanes that count from the same frame have the same texts.
        self._texts: dict[tuple[tuple[Interval, ...], str], tuple[Ids, ...]] = {}

    @property
    def has_standby(self) -> bool:
        """Whether the state Standby exists."""
        return State.STANDBY in self.replies

    @property
    def state_ids(self) -> tuple[int, int, int]:
        """The ids over which a state is read, in the order Silence, Standby, Response.

        That of a state that does not exist is that of Silence.
        """
        silence = self.replies[State.SILENCE][0]
        _, standby, response = ((*self.replies.get(state, ()), silence)[0] for state in DECISIONS)
        return silence, standby, response

    @property
    def read_ids(self) -> Ids:
        """The ids whose logits `Backbone.extend` reads: of the states, then of other answers."""
        return self.state_ids + tuple(ids[0] for ids in list(self.openings.values())[1:])

    def answer_kind(self, logits: Sequence[float]) -> Kind:
        """What an answer is, as far as its beginning tells.

        Args:
            logits: of `read_ids`.
        """
        answers = list(logits[DECISIONS.index(State.RESPONSE) :])
        return list(self.openings)[max(range(len(answers)), key=answers.__getitem__)]

    def sink(self, instruction: str, words: Ids = ()) -> Ids:
        """What never leaves: system prompt, and the instruction where it is not in a turn.

        Args:
            instruction: the instruction's text.
            words: of steps that have left, where the dialect keeps them.
        """
        place, head = self.dialect.question.place, self._system + words + self._past_close
        if place == 'turn':
            return head
        asked = head + self.turn_prefix + self.encode(self.ask(instruction))
        return asked + (self.close if place == 'message' else ())

    def encode(self, text: str) -> Ids:
        """The tokens of a text around the frames; what the user says is never a control token."""
        own = self.dialect.question.fixed
        encode = self.tokenizer.control if own else self.tokenizer.plain
        first, *others = text.split(HANDED_ON)
        return sum((self.delegation + encode(part) for part in others), encode(first))

    def ask(self, instruction: str) -> str:
        """The instruction as it is put to the model."""
        asked = instruction.replace(HANDED_ON, '')
        return self.dialect.question.text.replace('{question}', asked)

    def instruction(self, sink: Ids) -> str:
        """The instruction that a sink without words of the past was made of."""
        opening = len(self._system) + len(self._past_close) + len(self.turn_prefix)
        return self.tokenizer.text(sink[opening:]).strip()

    @property
    def past_start(self) -> int:
        """Where in the sink the words of steps that have left begin."""
        return len(self._system)

    def tag(self, start: Fraction, end: Fraction) -> Ids:
        """The time tag and its newline; seconds since the dialogue's time origin."""
        return self.tokenizer.plain(self.dialect.tag.write(start, end))

    def texts(self, intervals: Sequence[Interval], question: str = '') -> tuple[Ids, ...]:
        """The text around the frames of a turn.

        Args:
            intervals: of its frames, or of the blocks that they are in.
            question: what the turn asks, see `ask`; '' = nothing, or the sink asks it.

        Returns:
            What stands before each frame, and what stands after the last one.
        """
        key = tuple(intervals), question
        if (texts := self._texts.get(key)) is None:
            if len(self._texts) >= _KEPT_TEXTS:
                self._texts.clear()
            texts = self._texts[key] = self._encode_texts(*key)
        return texts

    def _encode_texts(self, intervals: Sequence[Interval], question: str) -> tuple[Ids, ...]:
        order, tag = self.dialect.order, self.dialect.tag
        parts = [''] * (len(intervals) + 1)
        after = False
        for part in order:
            if part == 'frame':
                after = True
            elif part == 'question':
                parts[-1 if after else 0] += question
            elif part == 'span' or tag.per_step:
                written = self.dialect.span if part == 'span' else tag
                parts[-1 if after else 0] += written.write(intervals[0][0], intervals[-1][1])
            else:
                for number, interval in enumerate(intervals):
                    parts[number + after] += tag.write(*interval)
        return tuple(self.encode(part) if part else () for part in parts)

    def turn(self, texts: Sequence[Ids], frames: Sequence[FrameT]) -> tuple[Ids | FrameT, ...]:
        """A turn up to the point where its state is read.

        Args:
            texts: of `texts`; the first one led by what opens the turn.
            frames: whatever stands for the vision tokens of its frames; none when they have left.
        """
        if not frames:
            return (sum(texts, ()) + self.reply_prompt,)
        pieces: list[Ids | FrameT] = []
        before = texts[0]
        for frame, after in zip(frames, texts[1:], strict=True):
            pieces += [before + self.image_open, frame]
            before = self.image_close + after
        return (*pieces, before + self.reply_prompt)

    def frame_tokens(self, vision_tokens: int) -> int:
        """Tokens that a frame takes, markers included."""
        return vision_tokens + len(self.image_open) + len(self.image_close)

    def longest_turn(self, vision_tokens: int) -> int:
        """Most tokens that a turn takes, without instruction and answer.

        Args:
            vision_tokens: of one of its frames, markers not counted; 0 = its frames have left.
        """
        begun = [*self.replies.values(), *self.openings.values()]
        reply = max(map(len, begun)) + len(self.close)
        frames = self.dialect.blocks * self.frame_tokens(vision_tokens)
        prefix = max(len(self.turn_prefix), len(self.first_prefix))
        return prefix + self._longest_texts + frames + len(self.reply_prompt) + reply

    @cached_property
    def _longest_texts(self) -> int:
        """Tokens of a turn's tags after a month of stream, with all of their decimals."""
        month = Fraction(30 * 86_400) - Fraction(1, 1000)
        return sum(map(len, self.texts([(month, month + 1)] * self.dialect.blocks)))


def _state_ids(
    tokenizer: Tokenizer, dialect: Dialect
) -> tuple[Ids, dict[State, Ids], dict[Kind, Ids]]:
    """What is forced before a state is read, and the tokens of each state and kind of answer."""
    states = dialect.states
    if states.encoding == 'first_token':
        silence = _single_text(tokenizer, states.silence)
        return (), {State.SILENCE: silence, State.RESPONSE: ()}, {Kind.ANSWER: ()}
    texts = [*states.texts.values(), *states.openings.values()]
    forced: Ids = ()
    if states.encoding == 'special_tokens':
        begun: dict[str, Ids] = {text: (_single(tokenizer, text, _UNTRAINED),) for text in texts}
    else:
        forced, begun = _told_apart({text: tokenizer.plain(text) for text in texts})
    return (
        forced,
        {state: begun[text] for state, text in states.texts.items()},
        {kind: begun[text] for kind, text in states.openings.items()},
    )


def _told_apart(spelled: dict[str, Ids]) -> tuple[Ids, dict[str, Ids]]:
    """What texts begin with in common, and the rest of each, whose first token is its own."""
    shared = 0
    while len({ids[shared] for ids in spelled.values() if len(ids) > shared}) == 1:
        shared += 1
    rest = {text: ids[shared:] for text, ids in spelled.items()}
    if len({ids[0] for ids in rest.values() if ids}) < len(spelled):
        raise ProtocolError(
            f'the tokenizer cannot tell {", ".join(spelled)} apart in one token: add them '
            "as special tokens and use model.protocol 'special_tokens'"
        )
    return next(iter(spelled.values()))[:shared], rest


def _first_tokens(tokenizer: Tokenizer, dialect: Dialect) -> Ids:
    states = dialect.states
    if states.encoding != 'first_token':
        return ()
    texts = (states.silence, *states.also_silent)
    return tuple(_single_text(tokenizer, text)[0] for text in texts)


def _single(tokenizer: Tokenizer, token: str, otherwise: str) -> int:
    ids = tokenizer.control(token)
    if len(ids) != 1:
        raise ProtocolError(
            f'{token} is {len(ids)} tokens in this checkpoint and not one: {otherwise}'
        )
    return ids[0]


def _single_text(tokenizer: Tokenizer, text: str) -> Ids:
    """A text that must be one token, its own or of the vocabulary."""
    ids = tokenizer.control(text)
    if len(ids) != 1:
        raise ProtocolError(
            f'{text!r} is {len(ids)} tokens in this checkpoint and not one: it does not speak '
            'this dialect; name another one in model.dialect'
        )
    return ids
