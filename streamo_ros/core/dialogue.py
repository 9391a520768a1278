# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One instruction's dialogue in one slot of the key-value window.

Keeps turns, their tokens and their order in step with the slot, and carries out what an eviction
policy plans. States and answers are decided elsewhere; no tensor appears here.
"""

from __future__ import annotations

from fractions import Fraction

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.eviction import Action
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction import WindowLimits
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import time_tag
from streamo_ros.core.turn import merge_ranges
from streamo_ros.core.turn import Turn


class Dialogue:
    """The dialogue of one instruction in one slot of the window.

    A frame is appended by `request`, then `commit` once it is decided, or `undo` if the pass
    failed. Tokens that are decided but not yet appended wait in `pending` and lead the next
    request; that is why a silent frame costs a single pass (Law 2).

    Args:
        backbone: owns the slot, which is taken here and given back by `close`.
        policy: decides what leaves when the window is full.
        instruction: the instruction's text.
        limits: how much is remembered.

    Raises:
        BackboneError: all slots are taken.
    """

    def __init__(
        self, backbone: Backbone, policy: EvictionPolicy, instruction: str, limits: ContextLimits
    ) -> None:
        self._backbone = backbone
        self._prompt = backbone.prompt
        self._limits = limits
        self._instruction = instruction
        self._sink = self._prompt.sink(instruction)
        self._turns: list[Turn] = []
        self._before: tuple[int, tuple[int, ...]] = (0, ())
        self._origin: Tick | None = None
        self.pending = self._sink
        self.rebuilds = 0
        self.slot = backbone.open()
        self._policy = policy.for_lane(self.slot, backbone.lanes)

    @property
    def tokens(self) -> int:
        """Tokens in the slot."""
        return self._backbone.length(self.slot)

    @property
    def frames(self) -> int:
        """Frames in the window."""
        return sum(turn.vision is not None for turn in self._turns)

    @property
    def is_full(self) -> bool:
        """Whether the pending tokens no longer fit into the slot."""
        return self.tokens + len(self.pending) > self._backbone.capacity

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
        """Everything that this frame's single pass appends: what was pending, then its turn.

        Makes room first, and moves the time origin when that is due.

        Raises:
            BackboneError: instruction and turn do not fit into the slot, or a rebuild failed.
        """
        self._move_origin(tick)
        self._make_room(self._prompt.longest_turn(vision.tokens) + self._limits.max_new_tokens)
        if self._origin is None:
            self._origin = tick
        prefix = self._prompt.turn_prefix if self._turns else ()
        turn = Turn(tick, vision, prefix, self._prompt.tag(*self.interval(tick)))
        request = _request(self.slot, [self.pending, *turn.pieces(self._prompt)])
        self._check_room(request.tokens)
        self._before = self.tokens, self.pending
        self._turns.append(turn)
        self.pending = ()
        return request

    def undo(self) -> None:
        """Take back the last request: its pass failed."""
        length, self.pending = self._before
        self._backbone.truncate(self.slot, length)
        self._turns.pop()
        if length == 0:
            self._origin = None

    def commit(self, state: State) -> None:
        """Record the last frame's decision; its state token leads the next pass."""
        reply = self._prompt.replies[state]
        self._turns[-1].answered = state is State.RESPONSE
        if state is State.RESPONSE:
            self.pending = reply
            return
        self.pending = reply + self._prompt.close
        self._turns[-1].reply = self.pending

    def decode_request(self) -> Request:
        """What the answer's next decode step appends: the state's tokens, then the last token."""
        self._before = self.tokens, self.pending
        first = not self._turns[-1].reply
        self._turns[-1].reply += self.pending
        said = self._turns[-1].reply[len(self._prompt.replies[State.RESPONSE]) :]
        request = Request(self.slot, (self.pending,), may_stop=not first, said=said)
        self.pending = ()
        return request

    def on_token(self, token: int) -> None:
        """Continue the answer with this token."""
        self.pending = (token,)

    def undo_decode(self) -> None:
        """Take back the last `decode_request`: its pass failed."""
        length, fed = self._before
        self._backbone.truncate(self.slot, length)
        reply = self._turns[-1].reply
        self._turns[-1].reply = reply[: len(reply) - len(fed)]
        self.pending = fed if not self._turns[-1].reply else ()

    def finish(self) -> None:
        """End the answer; its closing tokens lead the next pass."""
        self._turns[-1].reply += self.pending + self._prompt.close
        self.pending += self._prompt.close

    def tell(self, history: str) -> None:
        """Put the past in words in front of the instruction: one prefill; not while it answers.

        Raises:
            BackboneError: the rebuild failed.
        """
        text = f'{history}\n{self._instruction}' if history else self._instruction
        self._sink = self._prompt.sink(text)
        # With room for the next turn: otherwise a policy would evict right after this.
        vision = max((turn.vision.tokens for turn in self._turns if turn.vision), default=0)
        need = self._prompt.longest_turn(vision) + self._limits.max_new_tokens
        room = self._backbone.capacity - len(self._sink) - need
        turns = list(self._turns)
        while turns and sum(turn.size(self._prompt).tokens for turn in turns) > room:
            turns.pop(0)
        self._rebuild(turns, self._origin if turns else None)

    def forget_frames(self) -> None:
        """Rebuild from the last answers alone: the frames seen so far had another size.

        Raises:
            BackboneError: the rebuild failed.
        """
        for turn in self._turns:
            turn.vision = None
        answered = [turn for turn in self._turns if turn.answered]
        self._rebuild(answered[max(0, len(answered) - self._limits.max_answers) :])

    def restore(self, turns: list[Turn]) -> None:
        """Start with turns from before a restart; call before the first frame.

        Raises:
            BackboneError: they do not fit into the slot.
        """
        self._rebuild(turns)

    def restart(self) -> None:
        """Start over with the instruction alone."""
        self._rebuild([])

    def close(self) -> None:
        """Give the slot back."""
        self._backbone.close(self.slot)

    def _check_room(self, tokens: int) -> None:
        capacity = self._backbone.capacity
        if self.tokens + tokens > capacity:
            raise BackboneError(
                f'the instruction and one frame take {self.tokens + tokens} tokens and the '
                f'context holds {capacity}: shorten the instruction or raise context.capacity'
            )

    def _make_room(self, need: int) -> None:
        limits = WindowLimits(
            self._backbone.capacity,
            len(self._sink),
            self._limits.max_frames,
            self._limits.max_answers,
        )
        sizes = [turn.size(self._prompt) for turn in self._turns]
        actions = self._policy.plan(sizes, need, limits)
        if actions is None or all(action is Action.KEEP for action in actions):
            return
        if Action.MERGE in actions:
            self._merge(actions)
        else:
            self._evict(actions)

    def _merge(self, actions: tuple[Action, ...]) -> None:
        """Average frames into those of the turns that stay, and rebuild with the same tags."""
        kept, visions = list[Turn](), list[VisionTokens]()
        for turn, action in zip(self._turns, actions, strict=True):
            visions += [turn.vision] if turn.vision is not None else []
            if action is Action.MERGE:
                continue
            if turn.vision is not None and len(visions) > 1:
                turn.vision = self._backbone.merge(visions)
            kept.append(turn)
            visions = []
        self._rebuild(kept, self._origin)

    def _evict(self, actions: tuple[Action, ...]) -> None:
        """Evict so that the text that stays is again a well-formed dialogue.

        The first turn that stays follows the instruction directly and loses its prefix.
        """
        keep, begin, kept = [(0, len(self._sink))], len(self._sink), list[Turn]()
        for turn, action in zip(self._turns, actions, strict=True):
            size = turn.size(self._prompt).tokens
            if action is not Action.DROP:
                start = begin + (0 if kept else len(turn.prefix))
                keep += turn.kept_ranges(action, start, begin, self._prompt)
                turn.prefix = turn.prefix if kept else ()
                turn.vision = None if action is Action.STRIP else turn.vision
                kept.append(turn)
            begin += size
        pending = len(self.pending)
        if actions[-1] is Action.DROP:
            self.pending = ()
        length = self.tokens
        self._backbone.evict(self.slot, merge_ranges(keep, length))
        self._turns = kept
        assert begin - pending == length, 'the dialogue and its slot are out of step'

    def _move_origin(self, tick: Tick) -> None:
        """Keep the tags in the trained range: rebuild with a new origin once they grow long."""
        longest = Fraction(self._limits.max_time).limit_denominator(1000)
        if not longest or self._origin is None or self.interval(tick)[0] < longest:
            return
        recent = [turn for turn in self._turns if tick.start - turn.tick.start <= longest / 2]
        while recent and recent[0].vision is None:
            recent.pop(0)
        self._rebuild(recent)

    def _rebuild(self, turns: list[Turn], origin: Tick | None = None) -> None:
        """Append the turns to an emptied slot: one bounded prefill that reads no logits.

        Args:
            turns: what stays.
            origin: where the tags count from; None = from the first of the turns.
        """
        same_end = bool(turns and self._turns) and turns[-1] is self._turns[-1]
        pending = self.pending if same_end else ()
        self._backbone.truncate(self.slot, 0)
        self._origin = origin or (turns[0].tick if turns else None)
        pieces: list[Piece] = [self._sink]
        for turn in turns:
            turn.prefix = () if turn is turns[0] else self._prompt.turn_prefix
            turn.tag = self._prompt.tag(*self.interval(turn.tick))
            pieces += [*turn.pieces(self._prompt), turn.reply]
        if pending:
            pieces[-1] = turns[-1].reply[: len(turns[-1].reply) - len(pending)]
        self._turns = turns
        self.pending = pending if turns else self._sink
        self.rebuilds += 1
        if turns:
            request = _request(self.slot, pieces)
            self._check_room(request.tokens)
            self._backbone.prefill(request)


def _request(slot: int, pieces: list[Piece]) -> Request:
    return Request(slot, tuple(piece for piece in pieces if piece != ()))
