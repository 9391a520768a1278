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
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prefill import Prefill
from streamo_ros.core.protocol import Kind
from streamo_ros.core.protocol import State
from streamo_ros.core.step_frames import StepFrames
from streamo_ros.core.turn import evicted
from streamo_ros.core.turn import leaving
from streamo_ros.core.turn import merge_ranges
from streamo_ros.core.turn import merged
from streamo_ros.core.turn import newest
from streamo_ros.core.turn import restarted
from streamo_ros.core.turn import Turn
from streamo_ros.core.turn_layout import TurnLayout


class Dialogue:
    """The dialogue of one instruction in one slot of the window.

    A frame is appended by `request`, then `commit` once it is decided, or `undo` if the pass
    failed. Tokens that are decided but not yet appended wait in `pending` and lead the next
    request; that is why a silent frame costs a single pass (Law 2). A rebuild empties the slot;
    what it held is read again in parts, by `rereading`, or at once by the next request.

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
        self._layout = TurnLayout(self._prompt, instruction, limits.max_history)
        self._sink = self._layout.sink
        self._turns: list[Turn] = []
        self._step = StepFrames(self._prompt.dialect)
        self._lent = self.rebuilds = 0
        self._before: tuple[int, tuple[int, ...], int] = (0, (), 0)
        self._origin: Tick | None = None
        self.pending = self._sink
        self.slot = backbone.open()
        self.rereading = Prefill(backbone, self.slot)
        self._policy = policy.for_lane(self.slot, backbone.lanes)

    @property
    def tokens(self) -> int:
        """Tokens in the slot."""
        return self._backbone.length(self.slot)

    @property
    def frames(self) -> int:
        """Frames in the window."""
        return sum(len(turn.ticks) for turn in self._turns if turn.visions)

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
        start = (self._origin or tick).start
        return tick.start - start, tick.end - start

    @property
    def tag(self) -> str:
        """The time tag of the last turn's last frame; '' in a dialect without tags."""
        return self._layout.tag(self._turns[-1], self.interval)

    def gather(self, tick: Tick, vision: VisionTokens) -> VisionTokens | None:
        """Hold a frame that is decided together with later ones; see `StepFrames.add`."""
        return self._step.add(tick, vision)

    def prepare(self, tick: Tick) -> bool:
        """Begin the rebuild that is due before this frame; whether there is anything to read."""
        if not self._step:
            self._move_origin(tick)
        return bool(self.rereading)

    def request(self, tick: Tick, vision: VisionTokens) -> Request:
        """Everything that a step's single pass appends: what was pending, then its turn.

        Makes room first, and moves the time origin when that is due.

        Args:
            tick: of the step's last frame; `gather` has held those before it.
            vision: its vision tokens.

        Raises:
            BackboneError: instruction and turn do not fit into the slot, or a rebuild failed.
        """
        ticks, visions = self._step.take(tick, vision)
        self._move_origin(ticks[0])
        self.rereading.finish()
        need = self._layout.longest_turn(visions[-1].tokens)
        self._make_room(need + self._limits.max_new_tokens)
        self.rereading.finish()
        self._origin = self._origin or ticks[0]
        turn = Turn(ticks, visions)
        self._layout.apply(turn, self.interval, first=not self._turns)
        request = self._request([self.pending, *turn.pieces(self._prompt)])
        self._before = self.tokens, self.pending, self._lent
        self._turns.append(turn)
        self.pending, self._lent = (), 0
        return request

    def undo(self) -> None:
        """Take back the last request: its pass failed."""
        length, self.pending, self._lent = self._before
        self._backbone.truncate(self.slot, length)
        self._turns.pop()
        if length == 0:
            self._origin = None

    def commit(self, state: State, kind: Kind = Kind.ANSWER) -> None:
        """Record the last frame's decision; its state token leads the next pass."""
        turn = self._turns[-1]
        turn.answered, turn.kind = state is State.RESPONSE, kind
        self._step.larger = state is State.STANDBY
        if turn.answered:
            self.pending = self._prompt.openings[kind] or self._lend()
        else:
            self.pending = turn.reply = self._prompt.replies[state] + self._prompt.close

    def decode_request(self) -> Request:
        """What the answer's next decode step appends: the state's tokens, then the last token."""
        self._before = self.tokens, self.pending, self._lent
        turn = self._turns[-1]
        turn.reply += self.pending[self._lent :]
        said = turn.reply[len(self._prompt.openings[turn.kind]) :]
        request = Request(self.slot, (self.pending,), may_stop=bool(said), said=said)
        self.pending, self._lent = (), 0
        return request

    def on_tokens(self, tokens: tuple[int, ...]) -> None:
        """Continue the answer with these tokens: one, or what is kept of the last one."""
        self.pending = tokens

    def undo_decode(self) -> None:
        """Take back the last `decode_request`: its pass failed."""
        length, fed, lent = self._before
        self._backbone.truncate(self.slot, length)
        reply = self._turns[-1].reply
        reply = self._turns[-1].reply = reply[: len(reply) - len(fed[lent:])]
        self.pending, self._lent = ((), 0) if reply else (fed, lent)

    def finish(self) -> None:
        """End the answer; its closing tokens lead the next pass."""
        self._turns[-1].reply += self.pending[self._lent :] + self._prompt.close
        self.pending += self._prompt.close

    def tell(self, history: str) -> None:
        """Begin to read all again with the past in words in front; not while it answers.

        Raises:
            BackboneError: it does not fit into the slot.
        """
        text = f'{history}\n{self._instruction}' if history else self._instruction
        self._layout.instruct(text)
        self._sink = self._layout.sink
        self._rebuild(self._fitting(self._turns), self._origin)

    def forget_frames(self) -> None:
        """Rebuild from the last answers alone: the frames seen so far had another size.

        Raises:
            BackboneError: they do not fit into the slot.
        """
        for turn in self._turns:
            turn.visions = ()
        answered = [turn for turn in self._turns if turn.answered]
        self._rebuild(answered[max(0, len(answered) - self._limits.max_answers) :])

    def restore(self, turns: list[Turn]) -> None:
        """Begin with the last turns from before a restart that fit, before the first frame."""
        self._rebuild(self._fitting(turns))

    def restart(self) -> None:
        """Start over with the instruction alone."""
        self._rebuild([])

    def close(self) -> None:
        """Give the slot back."""
        self._backbone.close(self.slot)

    def _fitting(self, turns: list[Turn]) -> list[Turn]:
        """The last turns that leave room for another: a policy would evict right after this."""
        vision = max((encoded.tokens for turn in turns for encoded in turn.visions), default=0)
        room = self._backbone.capacity - len(self._sink) - self._limits.max_new_tokens
        return newest(turns, room - self._layout.longest_turn(vision), self._prompt)

    def _lend(self) -> tuple[int, ...]:
        """Take the last token out, to append it again: an answer without a tag begins there."""
        self._backbone.truncate(self.slot, self.tokens - 1)
        self._lent = 1
        return self._prompt.reply_prompt[-1:]

    def _request(self, pieces: list[Piece]) -> Request:
        """What these pieces append, if there is room for it."""
        request = Request(self.slot, tuple(piece for piece in pieces if piece != ()))
        need, capacity = self.tokens + request.tokens, self._backbone.capacity
        if need > capacity:
            raise BackboneError(
                f'the instruction and one frame take {need} tokens and the '
                f'context holds {capacity}: shorten the instruction or raise context.capacity'
            )
        return request

    def _make_room(self, need: int) -> None:
        step = self._prompt.dialect.frames
        limits = self._limits.window(self._backbone.capacity, len(self._sink), step)
        sizes = [turn.size(self._prompt) for turn in self._turns]
        actions = self._policy.plan(sizes, need, limits)
        if actions is None or all(action is Action.KEEP for action in actions):
            return
        if Action.MERGE in actions:
            # The same tags, so the same origin.
            self._rebuild(merged(self._turns, actions, self._backbone.merge), self._origin)
        else:
            self._evict(actions)

    def _evict(self, actions: tuple[Action, ...]) -> None:
        """Evict; all that stays is read again where its first turn takes in the instruction."""
        plan = self._turns, actions, len(self._sink), self._prompt
        pending, length = len(self.pending), self.tokens
        sink = merge_ranges(self._layout.let_go(leaving(*plan), self.interval), length)
        keep, kept, begin = evicted(*plan)
        # Words that are still pending cannot be moved.
        unread = sum(stop - start for start, stop in sink) < len(self._layout.sink)
        if unread or (kept and self._layout.must_ask(kept[0])):
            self._rebuild(kept, self._origin)
            return
        if actions[-1] is Action.DROP:
            self.pending, self._lent = (), 0
        self._backbone.evict(self.slot, merge_ranges([*sink, *keep], length))
        self._turns, self._sink = kept, self._layout.sink
        assert begin - pending == length, 'the dialogue and its slot are out of step'

    def _move_origin(self, tick: Tick) -> None:
        """Keep the tags in the trained range: rebuild with a new origin once they grow long."""
        longest = Fraction(self._limits.max_time).limit_denominator(1000)
        if not longest or self._origin is None or self.interval(tick)[0] < longest:
            return
        self._rebuild(restarted(self._turns, tick, longest))

    def _rebuild(self, turns: list[Turn], origin: Tick | None = None) -> None:
        """Empty the slot and begin to read the turns again, tagged from `origin` or the first."""
        same_end = bool(turns and self._turns) and turns[-1] is self._turns[-1]
        # A rebuild appends all of the reply prompt, also what was lent of it.
        pending = self.pending[self._lent :] if same_end else ()
        self._lent = 0
        self._step.clear()
        if not turns:
            self._layout.restart()
        self._backbone.truncate(self.slot, 0)
        self._sink = self._layout.sink
        self._origin = (origin or turns[0].ticks[0]) if turns else None
        pieces: list[Piece] = [self._sink]
        for turn in turns:
            self._layout.apply(turn, self.interval, first=turn is turns[0])
            pieces += [*turn.pieces(self._prompt), turn.reply]
        if pending:
            pieces[-1] = turns[-1].reply[: len(turns[-1].reply) - len(pending)]
        self._turns = turns
        self.pending = pending if turns else self._sink
        self.rebuilds += 1
        self.rereading.start(self._request(pieces).pieces if turns else ())
