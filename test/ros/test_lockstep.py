# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One bag, two ways: in code, and through the running node. The same comes out.

In lock-step always; at a pace whenever nothing is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from forked_process import ForkedProcess
from streamo_ros.backbone.scripted import load_script
from streamo_ros.config.params_file import effective
from streamo_ros.config.settings import assistant_settings
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.sink import Step
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.run import replay
from streamo_ros.sources.open import open_source

pytest.importorskip('rclpy', reason='ROS 2 is not installed')
ROOT = Path(__file__).parents[2]
TINY = ROOT / 'models' / 'streamo-tiny'
ORDERS = [TimedInstruction('the kettle'), TimedInstruction('always say', 2.0)]


@pytest.fixture(scope='module')
def bags(tmp_path_factory: pytest.TempPathFactory, bag_maker: Any, bag_writer: Any) -> Path:
    folder = tmp_path_factory.mktemp('bags')
    bag_maker.make_awkward(folder)
    bag_writer.write_bag(folder / 'jpeg', bag_writer.jpeg_messages(bag_writer.frames(35)))
    bag_writer.write_bag(folder / 'slow', bag_writer.raw_messages(bag_writer.frames(8, 1)))
    bag_writer.write_bag(folder / 'quick', bag_writer.raw_messages(bag_writer.frames(12, 10)))
    broken = [
        bag_writer.raw,
        lambda *shot: bag_writer.raw(*shot, step=7),
        bag_writer.raw,
        lambda *shot: bag_writer.raw(*shot)[:200],
        bag_writer.raw,
    ]
    bag_writer.write_bag(
        folder / 'broken',
        [
            ('/camera/image_raw', bag_writer.IMAGE, stamp, make(stamp, rgb))
            for make, (stamp, rgb) in zip(broken, bag_writer.frames(5, 1), strict=True)
        ],
    )
    return folder


def in_code(
    bag: Path,
    script: Path,
    orders: list[TimedInstruction] = ORDERS,
    rate: int = 1,
    **parameters: object,
) -> list[tuple[int, str, str, str]]:
    """(stamp, instruction, state, answer); '' where a repetition is held back."""
    book, backbone = InstructionBook(), load_script(script)
    settings = assistant_settings(effective(parameters), backbone.info)
    decided: list[Decided] = []
    said: dict[int, str] = {}

    class Keep:
        def take(self, step: Step) -> None:
            decided.extend(event for event in step.events if isinstance(event, Decided))
            said.update(
                {
                    event.response_id: event.text
                    for event in step.events
                    if isinstance(event, Answered)
                }
            )

        def close(self, totals: Any) -> None:
            pass

    replay(
        open_source(bag),
        Assistant(backbone, book, settings),
        FrameSampler(Fraction(rate)),
        book,
        orders,
        [Keep()],
    )
    texts = {0: ''} | {one.id: one.text for one in book.active()}
    return [
        (one.frame.stamp, texts[one.instruction_id], one.state.name, said.get(one.response_id, ''))
        for one in decided
    ]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., ForkedProcess]]:
    """Starts players; ends them after the test."""
    started: list[ForkedProcess] = []
    log = tmp_path / 'players.log'

    def play(bag: Path, *arguments: str) -> ForkedProcess:
        given = [str(bag), '--topic', '/image', *arguments]
        started.append(ForkedProcess.of_module('streamo_ros.node.player', given, log))
        return started[-1]

    yield play
    for player in started:
        player.terminate()
        player.wait()
    if started:
        print(log.read_text())


@contextmanager
def stepping(patience: float = 30.0) -> Iterator[Any]:
    """A client in a context of its own."""
    import rclpy

    from streamo_ros.node.lockstep import LockStep

    rclpy.init(args=[])
    client = LockStep(patience=patience)
    try:
        yield client
    finally:
        client.destroy_node()
        rclpy.try_shutdown()


def stamps_of(bag: Path) -> list[int]:
    with closing(open_source(bag)) as source:
        return [record.stamp for record in source.records()]


LISTEN = (
    '-r',
    'image/compressed:=/image',
    '-p',
    'qos_overrides./image.subscription.reliability:=reliable',
    '-p',
    'qos_overrides./image.subscription.depth:=100',
    '-p',
    'use_sim_time:=true',
)


def in_lockstep(bag: Path, start: Callable, play: Callable, **parameters: object) -> list:
    """The same of the running node."""
    start(*LISTEN, **parameters)
    return step_through(bag, play)


def step_through(bag: Path, play: Callable) -> list:
    """The same of a node that runs."""
    play(bag, '--start-paused')
    with stepping() as client:
        decisions = list(client.run(stamps_of(bag), ORDERS))
    return [
        (decision.stamp, decision.instruction, decision.state, decision.text)
        for decision in decisions
    ]


@pytest.mark.parametrize(('bag', 'transport'), [('loop', 'raw'), ('jpeg', 'compressed')])
def test_lock_step_and_code_agree(
    bags: Path, bag: str, transport: str, script: Path, start: Callable, play: Callable
) -> None:
    expected = in_code(bags / bag, script)
    assert {state for _, _, state, _ in expected} == {'SILENCE', 'STANDBY', 'RESPONSE'}
    assert ('RESPONSE', '') in {(state, text) for _, _, state, text in expected}
    found = in_lockstep(bags / bag, start, play, image_transport=transport)
    assert found == expected


def test_an_unknown_state_is_strict_json_with_null_probabilities() -> None:
    from streamo_ros.msg import FrameState

    from streamo_ros.node.lockstep import Decision
    from streamo_ros.report.rows import DecisionRow

    nan = float('nan')
    row = DecisionRow.from_message(
        FrameState(
            silence_probability=nan,
            standby_probability=nan,
            response_probability=nan,
            unknown_reason=FrameState.REASON_BAD_FRAME,
        )
    )
    assert (row.state, row.reason, row.probabilities) == ('UNKNOWN', 'BAD_FRAME', None)
    decision = Decision(row.stamp, 'the kettle', row.state, '', row.probabilities)
    line = json.dumps(decision.to_json(), allow_nan=False)
    assert json.loads(line)['probabilities'] == [None, None, None]


def said_of(capfd: pytest.CaptureFixture) -> str:
    """What the command printed as an error; it is one line."""
    (line,) = capfd.readouterr().err.splitlines()
    return line


def test_what_is_missing_is_named_and_an_undecodable_frame_is_unknown_for_all(
    bags: Path,
    script: Path,
    start: Callable,
    play: Callable,
    peer: Any,
    wait_for: Callable,
    capfd: pytest.CaptureFixture,
) -> None:
    from streamo_ros.srv import SetInstruction

    from streamo_ros.node import lockstep
    from streamo_ros.program import run_program

    def main(argv: list[str]) -> int:
        return run_program('lockstep', lambda: lockstep.main(argv))

    assert main(['/no/such/bag']) == 2
    assert '/no/such/bag' in said_of(capfd)
    assert main([str(bags / 'broken'), '--patience', '1']) == 1
    assert said_of(capfd) == (
        'lockstep: the service /streamo/get_parameters did not come within 1 s: start the node, '
        'or give its name with --target'
    )
    start(*LISTEN)
    peer.client('~/set_instruction', SetInstruction)
    wait_for(lambda: peer.state() == 'active')
    assert main([str(bags / 'broken'), '--patience', '10', '--player', 'nobody']) == 1
    assert said_of(capfd) == (
        'lockstep: the service /nobody/play_next did not come within 10 s: start a paused player '
        '(docs/replay.md), or give its name with --player'
    )
    # Set by somebody else, and at an end after the first frame.
    assert peer.instruct('always, but once', max_responses=1).success
    decisions = step_through(bags / 'broken', play)
    once = [decision for decision in decisions if decision[1] == 'always, but once']
    assert [(state, text) for *_, state, text in once] == [('RESPONSE', 'Yes, here it is.')]
    found = [decision for decision in decisions if decision not in once]
    states = [(stamp // SECOND % 10, instruction, state) for stamp, instruction, state, _ in found]
    assert [state for state in states if state[2] == 'UNKNOWN'] == [
        (1, 'the kettle', 'UNKNOWN'),
        (3, 'the kettle', 'UNKNOWN'),
        (3, 'always say', 'UNKNOWN'),
    ]
    assert states[-1] == (4, 'always say', 'RESPONSE')
    assert found == in_code(bags / 'broken', script)


@pytest.fixture
def quick_script(script: Path, tmp_path: Path) -> Path:
    """The script with a kettle that boils within a second."""
    quick = tmp_path / 'quick.yaml'
    quick.write_text(
        script.read_text()
        .replace('from: 3, to: 5', 'from: 0.2, to: 0.6')
        .replace('from: 5, to: 6', 'from: 0.6, to: 0.9')
    )
    return quick


def rows(states: list[Any], answers: list[Any]) -> list[tuple[int, str, str, str]]:
    """What was heard of the two instructions of the test of paces, as `in_code` gives it."""
    said = {answer.response_id: answer.text for answer in answers}
    return [
        (
            state.header.stamp.sec * SECOND + state.header.stamp.nanosec,
            ('', 'the kettle', 'always say')[state.instruction_id],
            ('UNKNOWN', 'SILENCE', 'STANDBY', 'RESPONSE')[state.state],
            said.get(state.response_id, ''),
        )
        for state in states
    ]


def test_pace_of_the_player_changes_nothing_when_nothing_is_dropped(
    bags: Path,
    quick_script: Path,
    start: Callable,
    play: Callable,
    peer: Any,
    wait_for: Callable,
) -> None:
    from std_srvs.srv import Trigger
    from streamo_ros.msg import FrameState
    from streamo_ros.msg import Response

    expected = in_code(
        bags / 'quick',
        quick_script,
        [TimedInstruction('the kettle'), TimedInstruction('always say')],
        5,
        **{'notify.repeats': True},
    )
    assert {state for _, _, state, _ in expected} == {'SILENCE', 'STANDBY', 'RESPONSE'}
    assert len(expected) == 2 * 6
    start(
        *LISTEN,
        '-p',
        'instructions:=["the kettle", "always say"]',
        model__path=quick_script,
        sampling__rate=5.0,
        sampling__queue=64,
        notify__repeats=True,
    )
    states, answers = peer.hear('~/frame_state', FrameState), peer.hear('~/response', Response)
    peer.client('~/reset', Trigger)
    wait_for(lambda: peer.state() == 'active')
    for rate in ('0.5', '1', '5'):
        player = play(bags / 'quick', '--rate', rate)
        wait_for(lambda: len(states) >= len(expected), what=f'all decisions at rate {rate}')
        wait_for(
            lambda: (
                {state.response_id for state in states}
                <= {0, *(answer.response_id for answer in answers)}
            ),
            what='all answers',
        )
        # A lane that speaks decides later, so only the order of each instruction's own is fixed.
        assert sorted(rows(states, answers)) == sorted(expected), f'at rate {rate}'
        player.terminate()
        assert player.wait(30) == 0
        states.clear()
        answers.clear()
        assert peer.call('~/reset', Trigger).success


def test_the_embedded_model_says_the_same_in_code_and_in_lock_step(
    bags: Path, start: Callable, play: Callable, peer: Any
) -> None:
    pytest.importorskip('torch')
    from rcl_interfaces.srv import SetParameters

    from streamo_ros.replay.job import ReplayJob
    from streamo_ros.replay.job import run_job

    bag = bags / 'slow'
    orders = (
        TimedInstruction('Tell me when something moves.'),
        TimedInstruction('Say what you see.', 3.0),
    )
    short = {'generation.max_new_tokens': 12, 'notify.repeats': True}
    start(*LISTEN, model__path=TINY, generation__max_new_tokens=12, notify__repeats=True)

    def compare(
        orders: tuple[TimedInstruction, ...], given: tuple[TimedInstruction, ...], **more: float
    ) -> int:
        """Both ways must agree; the number of decisions."""
        outcome = run_job(
            ReplayJob(
                str(bag),
                TINY,
                orders,
                parameters={
                    **short,
                    **{name.replace('__', '.'): value for name, value in more.items()},
                },
            )
        )
        player = play(bag, '--start-paused')
        with stepping(60.0) as client:
            decisions = list(client.run(stamps_of(bag), given))
        player.terminate()
        assert player.wait(30) == 0
        for key, order in enumerate(orders, 1):
            mine = [decision for decision in decisions if decision.instruction == order.text]
            track = outcome.timeline.tracks[key]
            assert [one.state for one in mine] == [point.decision.state for point in track.points]
            assert [one.text for one in mine if one.state == 'RESPONSE'] == [
                answer.text for answer in track.answers
            ]
            for one, point in zip(mine, track.points, strict=True):
                assert one.probabilities == pytest.approx(point.decision.probabilities, abs=1e-3)
        return len(decisions)

    peer.client('~/set_parameters', SetParameters)
    assert compare(orders, orders) == 8 + 5
    # Once more from the start, and so eager that every frame is answered and there is text.
    assert peer.set_parameter('thresholds.response', 0.000001).successful
    standing = tuple(TimedInstruction(order.text) for order in orders)
    assert compare(standing, (), thresholds__response=0.000001) == 8 + 8
