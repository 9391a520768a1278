# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The life cycle from every state, and what a bad start says."""

from __future__ import annotations

import os
import time

from lifecycle_msgs.msg import Transition
from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray

from forked_process import ForkedProcess

CONFIGURE = Transition.TRANSITION_CONFIGURE
ACTIVATE = Transition.TRANSITION_ACTIVATE
DEACTIVATE = Transition.TRANSITION_DEACTIVATE
CLEANUP = Transition.TRANSITION_CLEANUP
SHUTDOWN = Transition.TRANSITION_ACTIVE_SHUTDOWN


def test_every_transition_again_and_again_leaves_nothing_behind(start, peer, wait_for) -> None:
    node = start(autostart=False)
    assert peer.state() == 'unconfigured'
    assert 'not configured' in peer.instruct('the kettle').message
    for illegal in (ACTIVATE, DEACTIVATE, CLEANUP, 77):
        assert not peer.change(illegal)
    states = peer.hear('~/frame_state', FrameState)
    camera = peer.camera()
    sizes = []
    for cycle in range(12):
        assert peer.change(CONFIGURE)
        assert not peer.change(CONFIGURE)
        assert peer.instruct('the kettle').instruction_id == 1
        assert camera.publisher.get_subscription_count() == 0
        assert peer.change(ACTIVATE)
        camera.matched()
        camera.until(lambda: len(states) > cycle, 1000 + cycle)  # noqa: B023
        assert peer.change(DEACTIVATE)
        assert peer.state() == 'inactive'
        assert peer.change(ACTIVATE)
        assert peer.change(DEACTIVATE)
        assert peer.change(CLEANUP)
        assert peer.state() == 'unconfigured'
        sizes.append((node.threads(), node.memory()))
    assert max(threads for threads, _ in sizes[2:]) <= sizes[2][0]
    assert sizes[-1][1] < sizes[3][1] + 4_000_000
    assert peer.change(CONFIGURE)
    assert peer.change(ACTIVATE)
    assert peer.change(SHUTDOWN)
    assert peer.state() == 'finalized'
    assert peer.instruct('a door').message == 'the node is shut down for good: start it again'
    assert node.stop()[0] == 0


def test_a_slow_model_makes_nobody_wait(start, peer, wait_for, tmp_path) -> None:
    pipe = tmp_path / 'slow.yaml'
    os.mkfifo(pipe)
    statuses = peer.diagnostics()
    node = start(model__path=pipe, instructions="['the kettle']")
    wait_for(lambda: peer.state() == 'configuring')
    waits = peer.state_waits(1.0)
    assert waits[len(waits) // 2] < 0.1
    assert not peer.change(CONFIGURE), 'a second transition is refused, not queued'
    wait_for(lambda: any('loading the model' in statuse.message for statuse in statuses))
    standing = peer.hear('~/instructions', InstructionArray, latched=True)
    pipe.write_text("- {instruction: '', say: []}")
    wait_for(lambda: peer.state() == 'active')
    wait_for(lambda: standing and standing[-1].instructions[0].text == 'the kettle')
    assert node.stop()[0] == 0


def test_sigint_while_the_model_loads_ends_at_once(start, peer, wait_for, tmp_path) -> None:
    pipe = tmp_path / 'slow.yaml'
    os.mkfifo(pipe)
    node = start(model__path=pipe)
    wait_for(lambda: peer.state() == 'configuring')
    code, seconds = node.stop()
    assert (code, seconds < 2) == (0, True)


def test_a_bad_model_is_refused_and_can_be_mended(start, peer, wait_for, script) -> None:
    start(autostart=False, model__path='/nowhere/at/all.yaml')
    statuses = peer.diagnostics()
    assert not peer.change(CONFIGURE)
    assert peer.state() == 'unconfigured'
    wait_for(
        lambda: any(
            statuse.level == b'\x02' and '/nowhere/at/all.yaml' in statuse.message
            for statuse in statuses
        )
    )
    assert peer.set_parameter('model.path', str(script)).successful
    assert peer.change(CONFIGURE)
    refused = peer.set_parameter('model.path', '/other')
    assert not refused.successful
    assert 'clean the node up first' in refused.reason


def test_a_bad_start_ends_with_one_sentence(start, tmp_path) -> None:
    began = {
        'is not a valid script': start(model__path=tmp_path / 'none.yaml'),
        '0 to 60 is allowed': start(sampling__rate=-1.0),
        'did you mean sampling.rate': start(sampling__rates=2.0),
        'choose one of raw, compressed': start(image_transport='smoke'),
        'control token': start(instructions="['say </Response>']"),
        'cannot be opened': start(journal__path='/proc/none/journal'),
    }
    for sentence, node in began.items():
        assert node.ended() == 2
        assert sentence in node.text
        assert 'Traceback' not in node.text


def test_a_bad_command_line_ends_with_one_sentence(tmp_path) -> None:
    twice = tmp_path / 'twice.yaml'
    twice.write_text('/**:\n  ros__parameters:\n    sampling: {rate: 1.0, rate: 2.0}\n')
    for arguments, code, sentence in (
        (['--ros-args', '-p', 'broken'], 2, "parameter override rule: '-p broken'"),
        (['--ros-args', '--params-file', '/none.yaml'], 2, "'--params-file /none.yaml'"),
        (['--ros-args', '--params-file', str(twice)], 2, "the key 'rate' of line 3 is repeated"),
        (['--fast'], 2, 'unrecognized arguments: --fast'),
        (['--help'], 0, 'docs/parameters.md'),
    ):
        log = tmp_path / 'said'
        log.write_text('')
        done = ForkedProcess.of_module('streamo_ros.node.main', arguments, log).wait(60)
        said = log.read_text()
        assert (done, sentence in said, 'Traceback' in said) == (code, True, False)


def test_sigterm_ends_it_cleanly_too(start, peer, wait_for) -> None:
    node = start()
    wait_for(lambda: peer.state() == 'active')
    began = time.monotonic()
    node.process.terminate()
    assert node.ended() == 0
    assert time.monotonic() - began < 2
