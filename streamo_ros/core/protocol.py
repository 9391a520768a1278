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
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal
from typing import Protocol

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


class Kind(enum.IntEnum):
    """What an answer is; the values are those of Response.msg."""

    ANSWER = 0
    OBSERVATION = 1
    SUMMARY = 2
    DELEGATION = 3


DECISIONS = (State.SILENCE, State.STANDBY, State.RESPONSE)
STATE_TAGS = {
    State.SILENCE: '</Silence>',
    State.STANDBY: '</Standby>',
    State.RESPONSE: '</Response>',
}
_TAG = re.compile(r'<(-?[\d.]+)s-(-?[\d.]+)s>')
_TAG_STATES = {tag: state for state, tag in STATE_TAGS.items()}

ProtocolKind = Literal['special_tokens', 'text_tags']


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
    tags = _TAG.findall(text)
    return (Fraction(tags[-1][0]), Fraction(tags[-1][1])) if tags else None


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


def clean_answer(text: str, marks: Iterable[str] = tuple(STATE_TAGS.values())) -> str:
    """The answer up to a stray mark, stripped.

    Args:
        text: the answer.
        marks: texts that cannot be part of it; the state tags.
    """
    text = text.lstrip()
    cuts = [at for at in map(text.find, marks) if at >= 0]
    return text[: min(cuts)].strip() if cuts else text.strip()
