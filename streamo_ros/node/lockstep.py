# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Plays a bag through the running node in lock-step: the machine's speed changes nothing.

The player is paused. This client steps it frame by frame, and where a sampler like the node's
takes the frame, waits for the FrameState of every active instruction and for every answer before
it goes on. Instructions are set by service before the first sampled frame of their capture time.
Works with our player and rosbag2's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger

from streamo_ros.core.errors import ExitCode
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray
from streamo_ros.msg import Response
from streamo_ros.msg import ResponseDelta
from streamo_ros.node.client import BlockingClient
from streamo_ros.node.discovery import find_sampler
from streamo_ros.node.discovery import find_step
from streamo_ros.node.discovery import wait_for_link
from streamo_ros.node.graph import join_graph
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import Probabilities
from streamo_ros.sources.open import open_source
from streamo_ros.srv import SetInstruction

DEEP = QoSProfile(depth=1000)
LATCHED = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
GRACE = 1.0
"""Seconds that the last FrameState of an instruction may arrive after its end is announced."""


@dataclass(frozen=True)
class Decision:
    """What the node decided about a frame.

    Attributes:
        stamp: capture time, nanoseconds.
        instruction: its text; '' when none was active.
        state: name of the state.
        text: the complete answer; '' when there is none.
        probabilities: of Silence, Standby and Response, before thresholds; None for UNKNOWN.
    """

    stamp: int
    instruction: str
    state: str
    text: str = ''
    probabilities: Probabilities | None = None

    def to_json(self) -> dict[str, Any]:
        """An object of JSON, in which unknown probabilities are null."""
        return {**asdict(self), 'probabilities': self.probabilities or [None, None, None]}


class LockStep(BlockingClient):
    """Steps the player and collects the node's decisions.

    Args:
        target: name of the node under test.
        player: name of the paused player.
        patience: seconds to wait for each step.
    """

    def __init__(
        self, target: str = '/streamo', player: str = '/streamo_player', patience: float = 30.0
    ) -> None:
        super().__init__('streamo_lockstep', patience)
        self._target, self._player = (f'/{name.strip("/")}' for name in (target, player))
        self._active: dict[int, str] = {}
        self._ended: dict[int, float] = {}
        self._listed: set[int] | None = None
        self._decisions: dict[tuple[int, int], DecisionRow] = {}
        self._answers: dict[int, str] = {}
        self.prepare(f'{self._target}/set_instruction', SetInstruction)
        self.prepare(f'{self._target}/reset', Trigger)
        listen = self.create_subscription
        listen(FrameState, f'{self._target}/frame_state', self._take_state, DEEP)
        listen(Response, f'{self._target}/response', self._take_answer, DEEP)
        listen(ResponseDelta, f'{self._target}/response_delta', self._take_delta, DEEP)
        # Created last: when its latched message is here, the node has discovered the other two.
        listen(InstructionArray, f'{self._target}/instructions', self._take_instructions, LATCHED)

    def run(
        self, stamps: Iterable[int], instructions: Sequence[TimedInstruction] = ()
    ) -> Iterator[Decision]:
        """Play all frames; the node forgets the stream that it watched before.

        Args:
            stamps: of all frames of the recording, in its order.
            instructions: set at their second since the first frame.

        Yields:
            All decisions in the order of frames, then of instructions, including those of
            instructions that the node had before.

        Raises:
            LockStepError: something did not come in time, or was refused.
        """
        step, sampler = self._connect()
        waiting, first = sorted(instructions, key=lambda timed: timed.seconds), None
        for stamp in stamps:
            tick = sampler.offer(stamp)
            if tick is not None:
                first = stamp if first is None else first
                while waiting and stamp >= first + round(waiting[0].seconds * SECOND):
                    self._set(waiting.pop(0).text)
            self.demand(f'{self._player}/play_next', step)
            if tick is not None:
                yield from self._decided(stamp)

    def _connect(self) -> tuple[Any, FrameSampler]:
        """The type of `play_next` and a sampler like the node's, once both nodes are ready."""
        sampler = find_sampler(self, self._target)
        self.until(
            lambda: self._listed is not None, f'{self._target}/instructions', 'configure the node'
        )
        step = find_step(self, self._player)
        self.demand(f'{self._target}/reset', Trigger)
        wait_for_link(self, self._target)
        return step, sampler

    # ---- frame by frame -----------------------------------------------------------------------

    def _decided(self, stamp: int) -> list[Decision]:
        """Wait until the frame is decided for all instructions, and every answer is complete."""
        expected = dict(self._active) or {0: ''}
        self.until(
            lambda: all(self._is_decided(stamp, key) for key in expected),
            f'the FrameState of the frame at {stamp / SECOND:.3f} s',
        )
        decisions = [
            self._decision(self._decisions.pop((stamp, key)), text)
            for key, text in expected.items()
            if (stamp, key) in self._decisions
        ]
        for key in self._ended:
            self._active.pop(key, None)
        return decisions

    def _is_decided(self, stamp: int, key: int) -> bool:
        """Whether the decision is here, or the instruction ended before the frame."""
        if (stamp, key) in self._decisions:
            return True
        return key in self._ended and time.monotonic() > self._ended[key] + GRACE

    def _decision(self, row: DecisionRow, instruction: str) -> Decision:
        answer = row.response_id
        if answer:
            self.until(lambda: answer in self._answers, f'response {answer}')
        text = self._answers.pop(answer) if answer else ''
        return Decision(row.stamp, instruction, row.state, text, row.probabilities)

    def _set(self, text: str) -> None:
        reply = self.demand(f'{self._target}/set_instruction', SetInstruction, text=text)
        self._active[reply.instruction_id] = text

    def _take_state(self, message: FrameState) -> None:
        row = DecisionRow.from_message(message)
        self._decisions[row.stamp, row.instruction_id] = row

    def _take_answer(self, message: Response) -> None:
        self._answers[message.response_id] = message.text

    def _take_delta(self, message: ResponseDelta) -> None:
        """A repetition that is held back has one empty piece, and no response follows."""
        if message.is_final and message.index == 0 and not message.text:
            self._answers.setdefault(message.response_id, '')

    def _take_instructions(self, message: InstructionArray) -> None:
        """Adopt instructions that others set, and note which have ended."""
        listed = {instruction.id: instruction.text for instruction in message.instructions}
        for key in (self._listed or set()) - listed.keys():
            self._ended[key] = time.monotonic()
        self._active |= {key: text for key, text in listed.items() if key not in self._active}
        self._listed = set(listed)


def main(argv: Sequence[str] | None = None) -> int:
    """Play a bag in lock-step; prints one line of JSON for each decision.

    Raises:
        LockStepError: a step failed.
        SourceError: the bag cannot be read.
    """
    options = _parser().parse_args(argv)
    with closing(open_source(options.source, options.source_topic, options.salvage)) as source:
        stamps = [record.stamp for record in source.records()]
    join_graph([])
    client = LockStep(options.target, options.player, options.patience)
    try:
        instructions = [TimedInstruction.parse(text) for text in options.instruction]
        for decision in client.run(stamps, instructions):
            print(json.dumps(decision.to_json(), ensure_ascii=False, allow_nan=False), flush=True)
    except ExternalShutdownException:
        return ExitCode.INTERRUPTED
    finally:
        client.destroy_node()
        rclpy.try_shutdown()
    return ExitCode.OK


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog='python3 -m streamo_ros.node.lockstep', description=__doc__)
    add = parser.add_argument
    add('source', help='the bag that the player plays')
    add('--source-topic', default='', help='its image topic')
    add('--salvage', action='store_true', help='play a damaged recording as far as possible')
    add('--instruction', '-i', action='append', default=[], metavar='TEXT[@SECONDS]')
    add('--target', default='/streamo', help='the node; default %(default)s')
    add('--player', default='/streamo_player', help='the player, e.g. /rosbag2_player')
    add('--patience', type=float, default=30.0, help='seconds for each step')
    return parser


if __name__ == '__main__':
    sys.exit(run_program('lockstep', main))
