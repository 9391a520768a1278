# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The worst: models that raise, return NaN or hang, `kill -9`, a damaged journal."""

from __future__ import annotations

import itertools
import random
import signal
import time

import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray
from streamo_ros.srv import CancelInstruction

FAILED = FrameState.REASON_MODEL_FAILED

BROKEN = """
import time
import numpy as np
from streamo_ros.backbone.scripted import ScriptedBackbone
extend = ScriptedBackbone.extend
def broken(self, requests):
    result = extend(self, requests)
    said = ' '.join(self.transcript(one.slot) for one in requests)
    if 'raise' in said:
        raise RuntimeError('shape mismatch in a kernel')
    if 'lose' in said:
        raise RuntimeError('CUDA error: an illegal memory access was encountered')
    if 'nan' in said:
        return np.full((len(requests), 3), np.nan, np.float32)
    if 'hang' in said:
        time.sleep(1000)
    return result
ScriptedBackbone.extend = broken
"""


def test_a_model_that_raises_or_returns_nan_is_survived(start, peer, wait_for) -> None:
    node = start(prelude=BROKEN)
    states = peer.hear('~/frame_state', FrameState)
    statuses = peer.diagnostics()
    camera = peer.camera().matched()
    camera.until(lambda: states, 1000)
    second = 1000
    for text in ('raise an error', 'nan please', 'the kettle'):
        identity = peer.instruct(text).instruction_id
        for _ in range(2):
            second += 1
            count = len(states)
            camera.until(lambda: len(states) > count, second)  # noqa: B023
        expected = FrameState.REASON_NONE if 'kettle' in text else FAILED
        last = [state for state in states if state.instruction_id == identity]
        assert [one.unknown_reason for one in last] == [expected] * 2
        peer.call('~/cancel_instruction', CancelInstruction, instruction_id=identity)
    assert states[-1].dropped_frames == 4
    wait_for(
        lambda: any(
            statuse.level == b'\x02' and 'the model failed' in statuse.message
            for statuse in statuses
        )
    )
    assert 'shape mismatch' in node.text
    assert peer.state() == 'active'


def test_a_model_that_hangs_ends_the_process_and_the_journal_restores(
    start, peer, wait_for, tmp_path
) -> None:
    journal = tmp_path / 'state' / 'journal.sqlite'
    node = start(prelude=BROKEN, model__timeout=1.0, journal__path=journal)
    states = peer.hear('~/frame_state', FrameState)
    statuses = peer.diagnostics()
    camera = peer.camera().matched()
    peer.instruct('the kettle')
    camera.until(lambda: states, 1000)
    peer.instruct('hang, please')
    camera.until(lambda: node.process.poll() is not None, 1001)
    assert node.ended() == 3
    assert 'model.timeout = 1 s' in node.text
    wait_for(
        lambda: any(
            statuse.level == b'\x02' and 'model.timeout' in statuse.message for statuse in statuses
        )
    )
    began = time.monotonic()
    again = start(journal__path=journal)
    standing = peer.hear('~/instructions', InstructionArray, latched=True)
    wait_for(lambda: standing and len(standing[-1].instructions) == 2)
    assert time.monotonic() - began < 10
    assert [instruction.text for instruction in standing[-1].instructions] == [
        'the kettle',
        'hang, please',
    ]
    assert peer.instruct('a third').instruction_id == 3
    assert again.stop()[0] == 0


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('nan please', 'passes of the model failed in a row (model.max_failures is 4)'),
        ('lose the device', 'the process ends: the CUDA context is lost: CUDA error: an illegal'),
    ],
)
def test_a_model_that_is_broken_ends_the_process_and_says_so(
    start, peer, wait_for, text, sentence
) -> None:
    node = start(prelude=BROKEN, model__max_failures=4, instructions=f"['{text}']")
    camera = peer.camera().matched()
    second = itertools.count(1000)

    def over() -> bool:
        camera.show(next(second))
        return node.process.poll() is not None

    wait_for(over)
    assert node.ended() == 3
    assert sentence in node.text


def test_a_pass_that_hangs_stops_neither_sigint_nor_the_watchdog(start, meet, wait_for) -> None:
    node, peer = start(prelude=BROKEN, model__timeout=0.0, instructions="['hang']"), meet()
    statuses = peer.diagnostics()
    camera = peer.camera().matched()
    camera.until(
        lambda: any(
            (value.key, value.value) == ('sampled', '1')
            for one in statuses
            for value in one.values
        ),
        1000,
    )
    waits = peer.state_waits(0.5)
    assert waits[len(waits) // 2] < 0.1
    code, seconds = node.stop()
    assert (code, seconds < 2) == (0, True)
    peer.close()
    # Deactivating waits for the pass, and does not wait for ever.
    node, peer = start(prelude=BROKEN, model__timeout=2.0, instructions="['hang']"), meet()
    camera = peer.camera().matched()
    for second in range(1000, 1003):
        camera.show(second)
        time.sleep(0.2)
    change = peer.client('~/change_state', ChangeState)
    change.call_async(
        ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
    )
    assert node.ended() == 3


def test_a_damaged_journal_is_set_aside_and_a_taken_one_refused(start, wait_for, tmp_path) -> None:
    journal = tmp_path / 'journal.sqlite'
    journal.write_bytes(b'this is no database, though it is long enough to look like one')
    node = start(journal__path=journal)
    wait_for(lambda: 'set aside as' in node.text)
    wait_for(lambda: 'watching' in node.text)
    other = start('-r', '__node:=other', journal__path=journal)
    assert other.ended() == 2
    assert 'one file for each node' in other.text
    assert node.process.poll() is None


def kill_and_restore(start, meet, wait_for, path, times: int, seed: int) -> None:
    """Kill the node at random moments while instructions come and go; nothing promised is lost."""
    chance = random.Random(seed)
    promised: dict[int, str] = {}
    highest = 0
    for _ in range(times):
        node, peer = start(journal__path=path), meet()
        heard = peer.hear('~/instructions', InstructionArray, latched=True)
        wait_for(lambda: heard)  # noqa: B023
        assert {
            instruction.id: instruction.text for instruction in heard[0].instructions
        } == promised
        for number in range(chance.randrange(1, 6)):
            oldest = min(promised) if len(promised) >= 6 else 0
            text = f'stands {chance.random()} {number}'
            reply = peer.instruct(text, replace_id=oldest)
            assert reply.instruction_id > highest
            highest = reply.instruction_id
            promised.pop(oldest, None)
            promised[highest] = text
        time.sleep(chance.random() * 0.05)
        node.stop(signal.SIGKILL)
        # Discovery on one machine counts to 32 participants.
        peer.close()


def test_kill_9_loses_nothing_that_stood(start, meet, wait_for, tmp_path) -> None:
    kill_and_restore(start, meet, wait_for, tmp_path / 'journal.sqlite', times=4, seed=1)


@pytest.mark.slow
def test_kill_9_fifty_times(start, meet, wait_for, tmp_path) -> None:
    kill_and_restore(start, meet, wait_for, tmp_path / 'journal.sqlite', times=50, seed=2)


def test_the_dialogue_goes_on_after_a_restart(start, meet, wait_for, tmp_path) -> None:
    journal = tmp_path / 'journal.sqlite'
    origins = []
    for first, last in ((1000, 1006), (1020, 1021)):
        node, peer = start(journal__path=journal, journal__context=True), meet()
        states = peer.hear('~/frame_state', FrameState)
        camera = peer.camera().matched()
        if first == 1000:
            assert peer.instruct('the kettle').success
        for second in range(first, last + 1):
            count = len(states)
            camera.until(lambda: len(states) > count, second)  # noqa: B023
        origins.append(states[-1].time_origin.sec)
        assert node.stop()[0] == 0
        peer.close()
    assert origins == [1000, 1005]
