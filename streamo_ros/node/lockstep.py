# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bag through the running node, frame by frame: nothing depends on how fast a machine is.

The player is paused; this asks it for the next frame, and where the sampler that the node has too
says that the frame is looked at, waits for the FrameState of every standing instruction and for
every answer before it goes on. Instructions are set by service before the first sampled frame of
their capture time. Drives our player, or rosbag2's where that is installed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger

from streamo_ros.frame import FrameSampler
from streamo_ros.frame import SECOND
from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray
from streamo_ros.msg import Response
from streamo_ros.protocol import State
from streamo_ros.replay.run import Order
from streamo_ros.replay.source import open_source
from streamo_ros.srv import SetInstruction

DEEP = QoSProfile(depth=1000)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class LockStepError(RuntimeError):
    """The node or the player did not do its part; the message says what was waited for."""


@dataclass(frozen=True)
class Decision:
    """What the node decided about a frame.

    Attributes:
        stamp: capture time, nanoseconds.
        instruction: text; '' when none stood.
        state: name of the state.
        text: the answer, whole; '' when there is none.
    """

    stamp: int
    instruction: str
    state: str
    text: str = ''


class LockStep(Node):
    """The client.

    Args:
        target: name of the node under test.
        player: name of the paused player.
        patience: seconds to wait for each step.
    """

    def __init__(
        self, target: str = '/streamo', player: str = '/streamo_player', patience: float = 30.0
    ) -> None:
        super().__init__('streamo_lockstep', parameter_overrides=[])
        self._patience = patience
        self._standing: dict[int, str] = {}
        self._states: dict[tuple[int, int], FrameState] = {}
        self._answers: dict[int, Response] = {}
        self._setter = self.create_client(SetInstruction, f'{target}/set_instruction')
        self._stepper = self.create_client(_step_type(), f'{player}/play_next')
        listen = self.create_subscription
        listen(FrameState, f'{target}/frame_state', self._take_state, DEEP)
        listen(Response, f'{target}/response', self._take_answer, DEEP)
        listen(InstructionArray, f'{target}/instructions', self._take_standing, LATCHED)

    def run(
        self, stamps: Iterable[int], sampler: FrameSampler, orders: Sequence[Order] = ()
    ) -> list[Decision]:
        """Play all frames.

        Args:
            stamps: of all frames of the recording, in its order.
            sampler: as the node's.
            orders: instructions with the seconds, since the first frame, from which they stand.

        Returns:
            All decisions in the order of frames, then of instructions.

        Raises:
            LockStepError: something did not come in time.
        """
        for client in (self._setter, self._stepper):
            if not client.wait_for_service(timeout_sec=self._patience):
                raise LockStepError(f'the service {client.srv_name} did not appear')
        self._await(lambda: self.count_publishers(_name(self, FrameState)) > 0, 'the node')
        waiting, first = sorted(orders, key=lambda order: order.seconds), None
        decisions: list[Decision] = []
        for stamp in stamps:
            tick = sampler.offer(stamp)
            if tick is not None:
                first = stamp if first is None else first
                while waiting and stamp >= first + round(waiting[0].seconds * SECOND):
                    self._set(waiting.pop(0).text)
            self._call(self._stepper, _step_type().Request())
            if tick is not None:
                decisions += self._decided(stamp)
        return decisions

    def _decided(self, stamp: int) -> list[Decision]:
        """Wait until the frame is decided for all, and everything begun is said."""
        expected = dict(self._standing) or {0: ''}
        self._await(
            lambda: all((stamp, key) in self._states for key in expected),
            f'the FrameState of the frame at {stamp / SECOND:.3f} s',
        )
        decisions = []
        for key, text in expected.items():
            state = self._states.pop((stamp, key))
            answer = state.response_id
            if answer:
                self._await(lambda one=answer: one in self._answers, f'response {answer}')
            said = self._answers.pop(answer).text if answer else ''
            decisions.append(Decision(stamp, text, State(state.state).name, said))
        return decisions

    def _set(self, text: str) -> None:
        answer = self._call(self._setter, SetInstruction.Request(text=text))
        if not answer.success:
            raise LockStepError(answer.message)
        self._standing[answer.instruction_id] = text

    def _call(self, client: Any, request: Any) -> Any:
        future = client.call_async(request)
        rclpy.spin_until_future_complete(self, future, timeout_sec=self._patience)
        answer = future.result()
        if answer is None or not answer.success:
            why = getattr(answer, 'message', '') or 'no answer'
            raise LockStepError(f'{client.srv_name} failed: {why}')
        return answer

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + self._patience
        while not condition():
            if time.monotonic() > end:
                raise LockStepError(f'{what} did not come within {self._patience:g} s')
            rclpy.spin_once(self, timeout_sec=0.05)

    def _take_state(self, message: FrameState) -> None:
        self._states[_stamp(message), message.instruction_id] = message

    def _take_answer(self, message: Response) -> None:
        self._answers[message.response_id] = message

    def _take_standing(self, message: InstructionArray) -> None:
        """Those that ended by themselves are no longer waited for."""
        listed = {one.id for one in message.instructions}
        newest = max(listed, default=0)
        self._standing = {
            key: text for key, text in self._standing.items() if key in listed or key > newest
        }


def _name(node: LockStep, kind: Any) -> str:
    return next(one.topic_name for one in node.subscriptions if one.msg_type is kind)


def _stamp(message: FrameState) -> int:
    return int(message.header.stamp.sec) * SECOND + int(message.header.stamp.nanosec)


def _step_type() -> Any:
    """The type of the player's `play_next`: rosbag2's where that is installed."""
    try:
        from rosbag2_interfaces.srv import PlayNext
    except ImportError:
        return Trigger
    return PlayNext


def main(argv: Sequence[str] | None = None) -> int:
    """Play a bag in lock-step; prints one line of JSON for each decision.

    Returns:
        0, or 1 when a step failed.
    """
    options, _ = _parser().parse_known_args(argv)
    source = open_source(options.source, options.source_topic)
    stamps = [record.stamp for record in source.records()]
    source.close()
    rclpy.init(args=[])
    client = LockStep(options.target, options.player, options.patience)
    try:
        sampler = FrameSampler(Fraction(options.rate).limit_denominator(100_000))
        orders = [Order.parse(text) for text in options.instruction]
        for decision in client.run(stamps, sampler, orders):
            print(json.dumps(asdict(decision), ensure_ascii=False), flush=True)
    except LockStepError as error:
        print(f'lockstep: {error}', file=sys.stderr)
        return 1
    finally:
        client.destroy_node()
        rclpy.try_shutdown()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog='streamo lockstep', description=__doc__)
    add = parser.add_argument
    add('source', help='the bag that the player plays')
    add('--source-topic', default='', help='its image topic')
    add('--instruction', action='append', default=[], metavar='TEXT[@SECONDS]')
    add('--rate', type=float, default=1.0, help='sampling.rate of the node')
    add('--target', default='/streamo', help='the node')
    add('--player', default='/streamo_player', help='the player, e.g. /rosbag2_player')
    add('--patience', type=float, default=30.0, help='seconds for each step')
    return parser


if __name__ == '__main__':
    sys.exit(main())
