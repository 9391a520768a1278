# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The Streamo protocol: states, system prompt, turns, and how they become token ids and back.

Independent of any model, cache, image or clock: times come in as seconds, and a frame is a
placeholder that the caller fills.

Source: Xia et al., 'Streaming Video Instruction Tuning' (Streamo), arXiv 2512.21334, sec. 3.2,
Tab. 10 (system prompt) and the turn format of the authors' released data: instruction first, then
the time tag, then the frame.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal
from typing import Protocol
from typing import TypeVar

from streamo_ros.core.errors import StreamoError

SYSTEM_PROMPT = (
    '\n'
    'You are a helpful assistant specializing in streaming video analysis. \n'
    'You will receive input frame by frame, each labeled with absolute time intervals \n'
    'in the exact format <Xs-Ys> (e.g., <0s-1s>). Follow these rules precisely:\n'
    '\n'
    '1. Use </Silence> when:\n'
    '   - No relevant event has started, OR\n'
    '   - The current input is irrelevant to the given question.  \n'
    '\n'
    '2. Use </Standby> when:\n'
    '   - An event is in progress but has not yet completed, OR\n'
    '   - The current input is relevant but the question cannot yet be answered.  \n'
    '\n'
    '3. Use </Response> only when:\n'
    '   - An event has fully concluded, OR\n'
    '   - The available information is sufficient to fully answer the question.\n'
    '   Provide a complete description at this point.  \n'
    '\n'
    'Do not provide partial answers or speculate beyond the given information.  \n'
    'Whenever you deliver an answer, begin with </Response>.\n'
)


class ProtocolError(StreamoError, ValueError):
    """The dialogue cannot be formed; the message states the problem and how to fix it."""


class State(enum.IntEnum):
    """The decision for one frame; the values are those of FrameState.msg."""

    UNKNOWN = 0
    SILENCE = 1
    STANDBY = 2
    RESPONSE = 3


DECISIONS = (State.SILENCE, State.STANDBY, State.RESPONSE)
STATE_TAGS = {
    State.SILENCE: '</Silence>',
    State.STANDBY: '</Standby>',
    State.RESPONSE: '</Response>',
}
_TAG = re.compile(r'<(-?[\d.]+)s-(-?[\d.]+)s>')
_TAG_STATES = {tag: state for state, tag in STATE_TAGS.items()}

ProtocolKind = Literal['special_tokens', 'text_tags']
FrameT = TypeVar('FrameT')


@dataclass(frozen=True)
class ChatFormat:
    """The control text around the messages; the defaults are ChatML as Qwen-VL uses it.

    Attributes:
        image_open: control text before a frame's vision tokens; '' for none.
        image_close: control text after them; '' for none.
    """

    system_open: str = '<|im_start|>system\n'
    user_open: str = '<|im_start|>user\n'
    assistant_open: str = '<|im_start|>assistant\n'
    close: str = '<|im_end|>\n'
    stop: str = '<|im_end|>'
    image_open: str = '<|vision_start|>'
    image_close: str = '<|vision_end|>'


class Tokenizer(Protocol):
    """What the protocol needs from a tokenizer."""

    @property
    def control_tokens(self) -> frozenset[str]:
        """Every string that the tokenizer maps to a single control id."""

    @property
    def control_ids(self) -> frozenset[int]:
        """The ids of the control tokens; a generated one ends an answer."""

    def control(self, text: str) -> tuple[int, ...]:
        """Encode our own text, in which control tokens are recognized."""

    def plain(self, text: str) -> tuple[int, ...]:
        """Encode text from outside: the result never contains a control id."""

    def text(self, ids: Sequence[int]) -> str:
        """Decode generated ids; control tokens are dropped."""


def seconds_text(seconds: Fraction) -> str:
    """Seconds with at most three decimals, zeros stripped: '7', '0.5', '0.333'."""
    thousandths = round(seconds * 1000)
    whole, rest = divmod(abs(thousandths), 1000)
    sign = '-' if thousandths < 0 else ''
    return f'{sign}{whole}.{rest:03d}'.rstrip('0').rstrip('.') if rest else f'{sign}{whole}'


def time_tag(start: Fraction, end: Fraction) -> str:
    """The tag of the interval that a frame represents, in seconds: '<7s-8s>', '<0.5s-1s>'."""
    return f'<{seconds_text(start)}s-{seconds_text(end)}s>'


def find_time_tag(text: str) -> tuple[Fraction, Fraction] | None:
    """The interval of the last time tag in our own text, in seconds; None if there is none."""
    found = _TAG.findall(text)
    return (Fraction(found[-1][0]), Fraction(found[-1][1])) if found else None


@dataclass(frozen=True)
class Reply:
    """An assistant turn, parsed.

    Attributes:
        state: UNKNOWN when the turn does not begin with a state tag.
        text: the answer, stripped; always '' for Silence and Standby.
        well_formed: False for text after Silence or Standby, an answer without text, a second
            state tag, or no tag at all.
    """

    state: State
    text: str
    well_formed: bool


def parse_reply(turn: str) -> Reply:
    """Parse an assistant turn; never raises, whatever the model produced."""
    turn = turn.strip()
    tag = next((tag for tag in _TAG_STATES if turn.startswith(tag)), None)
    if tag is None:
        return Reply(State.UNKNOWN, '', well_formed=False)
    state, rest = _TAG_STATES[tag], turn[len(tag) :].strip()
    if state is not State.RESPONSE:
        return Reply(state, '', well_formed=not rest)
    text = clean_answer(rest)
    return Reply(state, text, well_formed=bool(text) and text == rest)


def clean_answer(text: str) -> str:
    """The answer up to a stray state tag, stripped."""
    cuts = [at for at in (text.find(tag) for tag in _TAG_STATES) if at >= 0]
    return text[: min(cuts)].strip() if cuts else text.strip()


class PromptTokens:
    """The dialogue as token ids, for one tokenizer: the only place that knows a turn's anatomy.

    A dialogue is the sink followed by one turn per frame. The sink is the system prompt, the
    opening of the first user turn and the instruction. A turn is `turn_prefix` (left out for the
    first turn after the sink), the time tag, the frame between its markers, and `reply_prompt`;
    then the reply: a state's tokens, for Response the answer, and `close`.

    Args:
        tokenizer: see `Tokenizer`.
        chat: control text of the checkpoint's chat format.
        kind: 'special_tokens': each state tag is one id; 'text_tags': tags are ordinary text,
            and their common token prefix is forced at the end of `reply_prompt`.
        system_prompt: the checkpoint's own system prompt.

    Raises:
        ProtocolError: the first tokens of the states are not distinct.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        chat: ChatFormat | None = None,
        kind: ProtocolKind = 'special_tokens',
        system_prompt: str = SYSTEM_PROMPT,
    ) -> None:
        self.tokenizer = tokenizer
        self.chat = chat = chat or ChatFormat()
        self.kind = kind
        self.turn_prefix = tokenizer.control(chat.user_open)
        self.image_open = tokenizer.control(chat.image_open) if chat.image_open else ()
        self.image_close = tokenizer.control(chat.image_close) if chat.image_close else ()
        self.close = tokenizer.control(chat.close)
        self.stop = _single(tokenizer, chat.stop)
        self._system = tokenizer.control(chat.system_open + system_prompt + chat.close)
        forced, self.replies = _state_ids(tokenizer, kind)
        self.reply_prompt = tokenizer.control(chat.close + chat.assistant_open) + forced

    @property
    def state_ids(self) -> tuple[int, int, int]:
        """The ids over which a state is read, in the order Silence, Standby, Response."""
        silence, standby, response = (self.replies[state][0] for state in DECISIONS)
        return silence, standby, response

    def sink(self, instruction: str) -> tuple[int, ...]:
        """System prompt, opening of the first user turn, instruction and newline."""
        return self._system + self.turn_prefix + self.tokenizer.plain(instruction + '\n')

    def instruction(self, sink: tuple[int, ...]) -> str:
        """The instruction that a sink was made of."""
        opening = len(self._system) + len(self.turn_prefix)
        return self.tokenizer.text(sink[opening:]).strip()

    def tag(self, start: Fraction, end: Fraction) -> tuple[int, ...]:
        """The time tag and its newline; seconds since the dialogue's time origin."""
        return self.tokenizer.plain(time_tag(start, end) + '\n')

    def turn(
        self, opening: tuple[int, ...], frame: FrameT | None
    ) -> tuple[tuple[int, ...] | FrameT, ...]:
        """A turn up to the point where its state is read.

        Args:
            opening: prefix and time tag.
            frame: whatever stands for the frame's vision tokens; None when they have left.
        """
        if frame is None:
            return (opening + self.reply_prompt,)
        return opening + self.image_open, frame, self.image_close + self.reply_prompt

    def frame_tokens(self, vision_tokens: int) -> int:
        """Tokens that a frame takes, markers included."""
        return vision_tokens + len(self.image_open) + len(self.image_close)

    def longest_turn(self, vision_tokens: int) -> int:
        """Most tokens that a turn with a frame takes, its reply without the answer's text.

        Args:
            vision_tokens: of the frame, markers not counted.
        """
        text = len(self.turn_prefix) + self._longest_tag + len(self.reply_prompt)
        reply = max(map(len, self.replies.values())) + len(self.close)
        return text + self.frame_tokens(vision_tokens) + reply

    @cached_property
    def _longest_tag(self) -> int:
        """Tokens of a tag after a month of stream, with all of its decimals."""
        month = Fraction(30 * 86_400) - Fraction(1, 1000)
        return len(self.tag(month, month + 1))


def _state_ids(
    tokenizer: Tokenizer, kind: ProtocolKind
) -> tuple[tuple[int, ...], dict[State, tuple[int, ...]]]:
    if kind == 'special_tokens':
        return (), {state: (_single(tokenizer, tag),) for state, tag in STATE_TAGS.items()}
    spelled = {state: tokenizer.plain(tag) for state, tag in STATE_TAGS.items()}
    shared = 0
    while len({ids[shared] for ids in spelled.values() if len(ids) > shared}) == 1:
        shared += 1
    rest = {state: ids[shared:] for state, ids in spelled.items()}
    if len({ids[0] for ids in rest.values() if ids}) < len(DECISIONS):
        raise ProtocolError(
            'the tokenizer cannot tell the three state tags apart in one token: add them as '
            "special tokens and use model.protocol 'special_tokens'"
        )
    return spelled[State.SILENCE][:shared], rest


def _single(tokenizer: Tokenizer, token: str) -> int:
    ids = tokenizer.control(token)
    if len(ids) != 1:
        raise ProtocolError(
            f'{token} is {len(ids)} tokens in this checkpoint and not one: add the state tokens '
            "with 'streamo train --add-tokens' or set model.protocol to 'text_tags'"
        )
    return ids[0]
