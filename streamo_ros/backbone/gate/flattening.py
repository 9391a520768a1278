# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A dialogue without its silent turns, and shortened to a longest length.

Source: Wang et al., 'StreamBridge', arXiv 2505.05467, appendix (round-decayed compression).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from itertools import groupby

from streamo_ros.core.eviction.round_decay import pooled_frames
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State

Ids = tuple[int, ...]
Merge = Callable[[Sequence[VisionTokens]], VisionTokens]
"""Makes one frame of several."""


@dataclass
class Shown:
    """A frame, and its time tag with what opens the image."""

    before: Ids
    vision: VisionTokens


@dataclass
class Round:
    """What was seen up to an answer.

    Attributes:
        frames: in order.
        after: the answer and what opens the next turn; of the last round, what opens the answer
            that is due.
    """

    frames: list[Shown] = field(default_factory=list)
    after: Ids = ()


@dataclass
class Flat:
    """A dialogue without its silent turns.

    Attributes:
        prompt: the dialogue's form.
        sink: system prompt, instruction, and answers whose frames have left.
        rounds: oldest first; the last one is to be answered.
    """

    prompt: PromptTokens
    sink: Ids
    rounds: list[Round]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All of it, as a request has it."""
        parts: list[Piece] = [self.sink]
        for each in self.rounds:
            for shown in each.frames:
                parts += [shown.before, shown.vision, self.prompt.image_close]
            parts.append(each.after)
        return tuple(piece for piece in parts if piece != ())

    @property
    def tokens(self) -> int:
        """Tokens of all of it."""
        return sum(len(it) if isinstance(it, tuple) else it.tokens for it in self.pieces)


def flatten(row: Sequence[int | VisionTokens], sink: Ids, prompt: PromptTokens) -> Flat:
    """Take a lane's row apart.

    Args:
        row: what a dialogue has appended to a slot, up to an answer that is due; a frame stands
            in it once for each of its tokens.
        sink: what it begins with.
        prompt: the dialogue's form.
    """
    texts, visions = _parts(row[len(sink) :])
    texts = [_without_silence(text, prompt) for text in texts]
    head, before = _at_last_turn(texts[0], prompt)
    rounds = [Round()]
    for vision, text in zip(visions, texts[1:], strict=True):
        rounds[-1].frames.append(Shown(before, vision))
        rounds[-1].after, before = _at_last_turn(text[len(prompt.image_close) :], prompt)
        if rounds[-1].after:
            rounds.append(Round())
    rounds[-1].after += before
    return Flat(prompt, sink + head, rounds)


def shorten(flat: Flat, longest: int, merge: Merge) -> Flat:
    """Average the frames of old rounds until it fits; where that does not suffice, drop some.

    Args:
        flat: is changed.
        longest: tokens that it may have.
        merge: averages frames.

    Raises:
        BackboneError: not even the instruction with one frame fits.
    """
    counts = _pooled(flat, longest)
    for each, count in zip(flat.rounds, counts, strict=True):
        if count > 1:
            mean = merge([shown.vision for shown in each.frames[:count]])
            each.frames[:count] = [Shown(each.frames[count - 1].before, mean)]
    while flat.tokens > longest:
        if len(flat.rounds) > 1:
            del flat.rounds[0]
        elif len(flat.rounds[0].frames) > 1:
            del flat.rounds[0].frames[0]
        else:
            raise BackboneError(
                f'the instruction and one frame take {flat.tokens} tokens, more than '
                f'context.max_len {longest}: raise it or shorten the instruction'
            )
    return flat


def _pooled(flat: Flat, longest: int) -> tuple[int, ...]:
    """How many of each round's first frames become one, so that it just fits.

    A frame that is averaged away takes its time tag along. Tags differ in length, so the rule,
    which takes all frames for equally long, is asked for more until its result is short enough.
    """
    close = len(flat.prompt.image_close)
    sizes = [
        [len(shown.before) + shown.vision.tokens + close for shown in each.frames]
        for each in flat.rounds
    ]
    most = max((size for each in sizes for size in each), default=1)
    frames = [len(each) for each in sizes]
    length = wanted = flat.tokens
    while True:
        counts = pooled_frames(frames, wanted, longest, most)
        gone = sum(
            sum(each[: count - 1]) for each, count in zip(sizes, counts, strict=True) if count
        )
        excess = length - gone - longest
        if excess <= 0 or wanted > 2 * length:
            return counts
        wanted += excess


def _parts(row: Sequence[int | VisionTokens]) -> tuple[list[Ids], list[VisionTokens]]:
    """Texts and the frames between them; there is one text more than frames."""
    texts: list[Ids] = [()]
    visions: list[VisionTokens] = []
    for key, group in groupby(row, lambda token: None if isinstance(token, int) else id(token)):
        tokens = list(group)
        if key is None:
            texts[-1] = tuple(token for token in tokens if isinstance(token, int))
        else:
            visions += [token for token in tokens[:1] if not isinstance(token, int)]
            texts.append(())
    return texts, visions


def _without_silence(text: Ids, prompt: PromptTokens) -> Ids:
    """A text without the turns that said nothing: the user's turn goes on behind them."""
    for state in (State.SILENCE, State.STANDBY):
        silent = prompt.reply_prompt + prompt.replies[state] + prompt.close + prompt.turn_prefix
        at = _find(text, silent)
        while at >= 0:
            text = text[:at] + text[at + len(silent) :]
            at = _find(text, silent)
    return text


def _at_last_turn(text: Ids, prompt: PromptTokens) -> tuple[Ids, Ids]:
    """A text up to and from where the last turn begins; all from, where none does."""
    mark = prompt.close + prompt.turn_prefix
    starts = [at for at in range(len(text)) if text[at : at + len(mark)] == mark]
    cut = starts[-1] + len(mark) if starts else 0
    return text[:cut], text[cut:]


def _find(text: Ids, part: Ids) -> int:
    """Where a part begins; -1 = nowhere."""
    last = len(text) - len(part)
    return next((at for at in range(last + 1) if text[at : at + len(part)] == part), -1)
