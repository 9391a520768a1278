# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The laws of replay: what is looked at, when instructions stand, what awkward times do."""

from __future__ import annotations

from fractions import Fraction

import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import State
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.run import replay
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.open import open_source


def script(instruction, seconds):
    if seconds == 3:
        return State.RESPONSE, f'{instruction} at three'
    return (State.STANDBY, '') if seconds == 2 else (State.SILENCE, '')


class Steps(list):
    closed = None

    def take(self, step):
        self.append(step)

    def close(self, totals):
        self.closed = totals

    def all(self, kind):
        return [event for step in self for event in step.events if isinstance(event, kind)]


class Read:
    """A source whose images count how often they are decoded."""

    def __init__(self, source):
        self.source, self.decoded = source, 0
        self.name, self.topic = source.name, source.topic

    def records(self):
        for record in self.source.records():
            yield Counted(record, self)

    def close(self):
        self.source.close()


class Counted:
    def __init__(self, record, read):
        self.record, self.read = record, read
        self.stamp, self.topic, self.frame_id = record.stamp, record.topic, record.frame_id

    def image(self):
        self.read.decoded += 1
        return self.record.image()


def run(path, *orders, rate=1, salvage=False, stop=lambda: False):
    source, steps = Read(open_source(path, salvage=salvage)), Steps()
    book = InstructionBook()
    assistant = Assistant(ScriptedBackbone(script), book)
    orders = orders or (TimedInstruction('watch'),)
    totals = replay(source, assistant, FrameSampler(Fraction(rate)), book, orders, [steps], stop)
    return source, steps, totals


def seconds_of(steps):
    return [step.seconds(step.frame) for step in steps]


def test_every_sampled_frame_is_decided_and_only_those_are_decoded(bags):
    source, steps, totals = run(bags / 'raw_mcap')
    assert seconds_of(steps) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert [event.state.name for event in steps.all(Decided)] == [
        'SILENCE',
        'SILENCE',
        'STANDBY',
        'RESPONSE',
        *['SILENCE'] * 4,
    ]
    assert [event.text for event in steps.all(Answered)] == ['watch at three']
    assert (source.decoded, totals.counts.received, totals.counts.sampled) == (8, 40, 8)
    assert totals.stream_seconds == 7


@pytest.mark.parametrize(
    'name',
    [
        'raw_mcap',
        'zstd_mcap',
        'lz4_mcap.mcap',
        'split_mcap',
        'raw_sqlite',
        'message_sqlite',
        'jpeg_mcap',
        'jpeg_sqlite',
    ],
)
def test_the_storage_changes_no_decision_and_no_text(bags, name):
    def told(path):
        return [
            (step.frame.stamp, event.state if isinstance(event, Decided) else event.text)
            for step in run(path)[1]
            for event in step.events
        ]

    assert told(bags / name) == told(bags / 'raw_mcap')


def test_instruction_binds_to_a_capture_time(bags):
    _, steps, _ = run(bags / 'raw_mcap', TimedInstruction('early'), TimedInstruction('late', 4.5))
    late = [event for event in steps.all(Decided) if event.instruction_id == 2]
    assert [(event.frame.stamp - steps[0].frame.stamp) / 1e9 for event in late] == [5, 6, 7]
    # Its own tags count from its own first frame.
    assert late[0].tag == '<0s-1s>'
    assert [event.instruction_id for event in steps[0].events] == [1]


@pytest.mark.parametrize(
    ('argument', 'order'),
    [
        ('tell me@12.5', TimedInstruction('tell me', 12.5)),
        ('tell me', TimedInstruction('tell me')),
        ('mail a@b.org', TimedInstruction('mail a@b.org')),
        ('mail a@b.org@3', TimedInstruction('mail a@b.org', 3)),
        ('mail me @infinity', TimedInstruction('mail me @infinity')),
        ('x@nan', TimedInstruction('x@nan')),
        ('x@-3', TimedInstruction('x@-3')),
        ('two\nlines@.5', TimedInstruction('two\nlines', 0.5)),
    ],
)
def test_order_is_read_as_text_and_seconds(argument, order):
    assert TimedInstruction.parse(argument) == order


def test_gap_skips_seconds_and_invents_none(bags):
    _, steps, totals = run(bags / 'gap')
    assert seconds_of(steps) == [0, 1, 2, 13, 14, 15]
    assert steps.all(Decided)[3].tag == '<13s-14s>'
    assert totals.counts.received == 30


def test_duplicates_are_counted_and_change_nothing(bags):
    _, steps, totals = run(bags / 'duplicate')
    assert seconds_of(steps) == [0, 1, 2, 3, 4, 5]
    assert totals.counts.duplicate == 30


def test_reordered_frames_are_counted_and_time_never_goes_back(bags):
    _, steps, totals = run(bags / 'reordered')
    assert seconds_of(steps) == sorted(seconds_of(steps))
    assert totals.counts.reordered == 15


def test_jitter_takes_the_first_frame_of_every_second(bags):
    _, steps, _ = run(bags / 'jitter')
    assert [int(at) for at in seconds_of(steps)] == [0, 1, 2, 3, 4, 5]


def test_dropped_frames_leave_one_frame_a_second(bags):
    _, steps, totals = run(bags / 'drops')
    assert totals.counts.received < 30
    assert [int(at) for at in seconds_of(steps)] == [0, 1, 2, 3, 4, 5]


def test_looped_bag_is_a_new_stream_at_the_jump(bags):
    _, steps, totals = run(bags / 'loop')
    assert [step.frame.tick.stream_id for step in steps] == [1] * 6 + [2] * 6
    assert totals.counts.jumps == 1
    # Two frames pass until the jump is believed, so the second round begins 0.4 s later.
    assert [event.tag for event in steps.all(Decided)][6:8] == ['<0s-1s>', '<1s-2s>']
    assert len(steps.all(Answered)) == 2


def test_bag_without_stamps_is_refused_with_the_cause(bags):
    with pytest.raises(
        SourceError,
        match=r'none of the 30 frames .* 30 are zero, negative or missing; let the camera',
    ):
        run(bags / 'zero')


@pytest.mark.parametrize('name', ['wrong_encoding', 'lying_step', 'cut_messages'])
def test_undecodable_frame_is_unknown_and_costs_nothing_else(bags, name):
    _, steps, totals = run(bags / name)
    states = [(event.state, event.reason) for event in steps.all(Decided)]
    assert len(states) == 10
    assert states[1::2] == [(State.UNKNOWN, Reason.BAD_FRAME)] * 5
    assert all(reason is Reason.NONE for _, reason in states[::2])
    assert totals.bad_frames == steps[-1].dropped == 5
    assert totals.flaw


def test_damage_closes_what_was_begun_and_says_so(bags):
    source, steps, book = open_source(bags / 'flipped.mcap'), Steps(), InstructionBook()
    assistant = Assistant(ScriptedBackbone(script), book)
    with pytest.raises(SourceError, match='--salvage'):
        replay(source, assistant, FrameSampler(), book, [TimedInstruction('watch')], [steps])
    assert '--salvage' in steps.closed.failure


def test_stop_ends_after_the_frame_under_way(bags):
    _, steps, totals = run(bags / 'raw_mcap', stop=lambda: True)
    assert totals.stopped
    assert len(steps) == 1
    assert steps.closed is totals


def test_phase_of_sampling_changes_frames_but_not_the_law(bags):
    _, steps, _ = run(bags / 'raw_mcap', rate=2.5)
    assert seconds_of(steps) == pytest.approx([0.4 * k for k in range(20)])
    _, steps, _ = run(bags / 'raw_mcap', rate=Fraction(1, 3))
    assert seconds_of(steps) == [0, 3, 6]
    assert steps.all(Decided)[1].tag == '<3s-6s>'
