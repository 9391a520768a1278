# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One instruction's dialogue: what it has said, what its window holds.

Knows turns, their tokens and the order in which they stand in the lane's slot. Asks a policy what
leaves; decides nothing about states or speech, and knows no tensor.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction import WindowLimits
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import time_tag
from streamo_ros.core.turn import joined
from streamo_ros.core.turn import Turn
from streamo_ros.core.turn import vision_token_count


@dataclass(frozen=True)
class ContextLimits:
    """What a lane remembers.

    Attributes:
        max_frames: frames in the window.
        max_answers: turns kept for their answer after their frame has left.
        max_time: seconds of stream after which the tags begin again; 0 = never.
        max_new_tokens: room that is always left for an answer.
    """

    max_frames: int = 120
    max_answers: int = 8
    max_time: float = 0.0
    max_new_tokens: int = 128


class Dialogue:
    """The dialogue of one instruction in one slot of the window.

    A frame is appended by `request` … `settle` (or `undo` when the pass failed). What has been
    decided but not appended waits in `pending` and leads the next request: that is why a silent
    frame is one pass (Law 2).

    Args:
        backbone: where the slot is; one is taken at once and given back by `close`.
        policy: what leaves when the window is full.
        instruction: its text.
        memory: sizes.
    """

    def __init__(
        self, backbone: Backbone, policy: EvictionPolicy, instruction: str, memory: ContextLimits
    ) -> None:
        self._backbone = backbone
        self._policy = policy
        self._prompt = backbone.prompt
        self._memory = memory
        self._sink = self._prompt.sink(instruction)
        self._turns: list[Turn] = []
        self._before: tuple[int, tuple[int, ...]] = (0, ())
        self._origin: Tick | None = None
        self.pending = self._sink
        self.rebuilds = 0
        self.slot = backbone.open()

    @property
    def tokens(self) -> int:
        """Tokens that the slot holds."""
        return self._backbone.length(self.slot)

    @property
    def frames(self) -> int:
        """Frames that the window holds."""
        return sum(turn.vision is not None for turn in self._turns)

    @property
    def time_origin(self) -> int:
        """Capture time from which the tags count, nanoseconds; 0 before the first frame."""
        return self._origin.stamp if self._origin else 0

    def interval(self, tick: Tick) -> tuple[Fraction, Fraction]:
        """A tick's interval in seconds since the time origin."""
        start = self._origin.start if self._origin else tick.start
        return tick.start - start, tick.end - start

    def tag(self, tick: Tick) -> str:
        """A tick's time tag."""
        return time_tag(*self.interval(tick))

    def request(self, tick: Tick, vision: VisionTokens) -> Request:
        """Everything that this frame's one pass appends: what was pending, then its turn.

        Makes room and moves the time origin first when that is due.
        """
        self._move_origin(tick)
        self._make_room(self._turn_tokens(vision))
        if self._origin is None:
            self._origin = tick
        turn = Turn(
            tick,
            vision,
            self._prompt.head if self._turns else (),
            self._prompt.tag(*self.interval(tick)),
        )
        self._before = self.tokens, self.pending
        pieces = (self.pending, *turn.pieces(self._prompt))
        self._turns.append(turn)
        self.pending = ()
        return Request(self.slot, tuple(piece for piece in pieces if piece != ()))

    def undo(self) -> None:
        """The pass of the last request failed: it never happened."""
        length, self.pending = self._before
        self._backbone.truncate(self.slot, length)
        self._turns.pop()
        if length == 0:
            self._origin = None

    def settle(self, state: State) -> None:
        """The last frame was decided; its state token waits for the next pass."""
        reply = self._prompt.replies[state]
        self._turns[-1].answered = state is State.RESPONSE
        if state is State.RESPONSE:
            self.pending = reply
            return
        self.pending = reply + self._prompt.close
        self._turns[-1].reply = self.pending

    def feed(self) -> Request:
        """What the next decode step of the answer appends: the state's tokens, then the last."""
        self._before = self.tokens, self.pending
        self._turns[-1].reply += self.pending
        request = Request(self.slot, (self.pending,))
        self.pending = ()
        return request

    def heard(self, token: int) -> None:
        """The answer goes on with this token."""
        self.pending = (token,)

    def failed(self) -> None:
        """The decode step of the last `feed` failed: what it appended is taken back."""
        length, fed = self._before
        self._backbone.truncate(self.slot, length)
        reply = self._turns[-1].reply
        self._turns[-1].reply = reply[: len(reply) - len(fed)]
        self.pending = fed if not self._turns[-1].reply else ()

    def finish(self) -> None:
        """The answer is over; its end waits for the next pass."""
        self._turns[-1].reply += self.pending + self._prompt.close
        self.pending += self._prompt.close

    def forget_frames(self) -> None:
        """Rebuild from text alone: what was seen so far is of another image size."""
        for turn in self._turns:
            turn.vision = None
        self._rebuild([turn for turn in self._turns if turn.answered])

    def restore_answers(self, turns: list[Turn]) -> None:
        """Begin with turns from before a restart; call before the first frame."""
        self._rebuild(turns)

    def restart(self) -> None:
        """Begin anew with the instruction alone."""
        self._rebuild([])

    def close(self) -> None:
        """Give the slot back."""
        self._backbone.close(self.slot)

    def _turn_tokens(self, vision: VisionTokens) -> int:
        """Most tokens that a coming turn and its answer can take, pending ones not counted."""
        words = self._prompt
        fixed = len(words.head) + len(words.ask) + len(words.close) + _LONGEST_TAG
        reply = max(len(ids) for ids in words.replies.values())
        return fixed + reply + vision_token_count(vision, words) + self._memory.max_new_tokens

    def _make_room(self, need: int) -> None:
        limits = WindowLimits(
            self._backbone.capacity,
            len(self._sink),
            self._memory.max_frames,
            self._memory.max_answers,
        )
        actions = self._policy.plan(
            [turn.size(self._prompt) for turn in self._turns], need, limits
        )
        if actions is None or all(action is Action.KEEP for action in actions):
            return
        if Action.MERGE in actions:
            self._merge(actions)
        else:
            self._carry_out(actions)

    def _merge(self, actions: tuple[Action, ...]) -> None:
        """Average frames into those of the turns that stay, and say what is left again."""
        kept, seen = list[Turn](), list[VisionTokens]()
        for turn, action in zip(self._turns, actions, strict=True):
            seen += [turn.vision] if turn.vision is not None else []
            if action is Action.MERGE:
                continue
            if turn.vision is not None and len(seen) > 1:
                turn.vision = self._backbone.merge(seen)
            kept.append(turn)
            seen = []
        self._rebuild(kept)

    def _carry_out(self, actions: tuple[Action, ...]) -> None:
        """Evict, so that the kept text is again a well-formed dialogue.

        The first kept turn follows the instruction directly and has no opening of its own.
        """
        keep, at, kept = [(0, len(self._sink))], len(self._sink), list[Turn]()
        for turn, action in zip(self._turns, actions, strict=True):
            size = turn.size(self._prompt)
            if action is not Action.DROP:
                start = at + (0 if kept else len(turn.head))
                keep += turn.ranges(action, start, at, size)
                turn.head = turn.head if kept else ()
                turn.vision = None if action is Action.STRIP else turn.vision
                kept.append(turn)
            at += size.tokens
        waiting = len(self.pending)
        if actions[-1] is Action.DROP:
            self.pending = ()
        length = self.tokens
        self._backbone.evict(self.slot, joined(keep, length))
        self._turns = kept
        assert at - waiting == length, 'the lane and its slot disagree about what they hold'

    def _move_origin(self, tick: Tick) -> None:
        """Keep the tags in the trained range: rebuild with a new origin when they grow long."""
        longest = Fraction(self._memory.max_time).limit_denominator(1000)
        if not longest or self._origin is None or self.interval(tick)[0] < longest:
            return
        recent = [turn for turn in self._turns if tick.start - turn.tick.start <= longest / 2]
        while recent and recent[0].vision is None:
            recent.pop(0)
        self._rebuild(recent)

    def _rebuild(self, turns: list[Turn]) -> None:
        """Say the kept turns again from an empty slot; one bounded prefill, nothing is read."""
        waits = bool(turns and self._turns) and turns[-1] is self._turns[-1]
        ended = self.pending if waits else ()
        self._backbone.truncate(self.slot, 0)
        self._origin = turns[0].tick if turns else None
        pieces: list[Piece] = [self._sink]
        for turn in turns:
            turn.head = () if turn is turns[0] else self._prompt.head
            turn.tag = self._prompt.tag(*self.interval(turn.tick))
            pieces += [*turn.pieces(self._prompt), turn.reply]
        if ended:
            pieces[-1] = turns[-1].reply[: len(turns[-1].reply) - len(ended)]
        self._turns = turns
        self.pending = ended if turns else self._sink
        self.rebuilds += 1
        if turns:
            self._backbone.prefill(Request(self.slot, tuple(p for p in pieces if p != ())))


_LONGEST_TAG = 40
