# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras as they are: broken frames, restarts, other encodings, wrong QoS, none at all."""

from __future__ import annotations

import itertools
import random
import time
from array import array

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.qos import QoSReliabilityPolicy
from rosgraph_msgs.msg import Clock
from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray

BAD = FrameState.REASON_BAD_FRAME


def test_one_bad_frame_is_that_frame_only_and_a_camera_may_restart(start, peer, wait_for) -> None:
    node = start(instructions="['nothing']")
    states = peer.hear('~/frame_state', FrameState)
    statuses = peer.diagnostics()
    camera = peer.camera().matched()
    wait_for(lambda: peer.node.count_publishers('/streamo/frame_state'))
    shows = [
        {},
        {'encoding': 'nonsense8'},
        {'step': 7},
        {'width': 0},
        {'data': b'\x80' * 7},
        {},
        # The camera restarts with another size, then with another encoding.
        {'width': 12, 'height': 12},
        {'width': 12, 'height': 12, 'encoding': 'mono8', 'step': 12, 'data': b'\x80' * 144},
    ]
    for number, fields in enumerate(shows):
        camera.until(lambda: len(states) == number + 1, 1000 + number, **fields)  # noqa: B023
    assert [state.unknown_reason for state in states] == [0, BAD, BAD, BAD, BAD, 0, 0, 0]
    assert states[-1].dropped_frames == 4
    assert states[-1].header.frame_id == 'optical'
    found = wait_for(
        lambda: [
            statuse
            for statuse in statuses
            if statuse.name.endswith('input') and statuse.level == b'\x01'
        ]
    )[-1]
    assert 'a frame was dropped' in found.message
    assert ('dropped: bad', '4') in [(value.key, value.value) for value in found.values]

    # A repeated, a late and a zero stamp are ignored; a clock set back is a new stream.
    for second in (1007, 1006.5, 0):
        camera.show(second)
    camera.film(500, 502)
    wait_for(lambda: len(states) == 9)
    assert (states[-1].stream_id, states[-1].frame_index) == (2, 0)
    assert states[-1].header.stamp.sec == 502
    # A year ahead is believed at the third frame and stays in the stream.
    camera.film(502 + 31536000, 504 + 31536000)
    wait_for(lambda: len(states) == 10)
    assert (states[-1].stream_id, states[-1].header.stamp.sec) == (2, 31536504)
    assert node.process.poll() is None


def test_corrupt_jpegs_cost_nothing_but_themselves(start, peer, wait_for) -> None:
    start(instructions="['nothing']", image_transport='compressed')
    states = peer.hear('~/frame_state', FrameState)
    camera = peer.camera('/image/compressed', compressed=True).matched()
    wait_for(lambda: peer.node.count_publishers('/streamo/frame_state'))
    chance = random.Random(3)
    good = cv2.imencode('.jpg', np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    broken = set(chance.sample(range(40), 8))
    camera.until(lambda: states, 999, format='jpeg', data=good)
    states.clear()
    for number in range(40):
        cut = chance.randrange(2, len(good) - 4)
        data = good[:cut] if number in broken else good
        camera.show(1000 + number, format='jpeg', data=data)
        wait_for(lambda: len(states) == number + 1)  # noqa: B023
    assert {n for n, one in enumerate(states) if one.unknown_reason == BAD} == broken
    assert states[-1].dropped_frames == len(broken)


def test_a_flood_is_sampled_and_a_pause_is_survived(start, peer, wait_for) -> None:
    node = start(instructions="['nothing']")
    states = peer.hear('~/frame_state', FrameState)
    camera = peer.camera().matched()
    wait_for(lambda: peer.node.count_publishers('/streamo/frame_state'))
    camera.until(lambda: states, 1000)
    camera.film(1000, 1005, step=1 / 60, wait=1 / 240)
    wait_for(lambda: len(states) >= 6)
    assert [state.header.stamp.sec for state in states] == list(range(1000, 1006))
    # Half an hour without a frame is a gap, not a fault.
    camera.film(2800, 2801)
    wait_for(lambda: len(states) == 8)
    assert states[-1].stream_id == 1
    before = node.memory()
    large = array('B', bytes(3840 * 2160 * 3))
    for number in range(8):
        camera.show(2810 + number / 10, width=3840, height=2160, data=large.tobytes())
        time.sleep(0.1)
    waits = peer.state_waits(0.5)
    assert waits[len(waits) // 2] < 0.1
    assert node.memory() - before < 300_000_000


def test_what_is_wrong_with_the_input_is_said(start, peer, wait_for) -> None:
    best_effort = QoSReliabilityPolicy.BEST_EFFORT
    picky = start(
        '-r',
        '__node:=picky',
        '-r',
        'image:=/strict',
        **{'qos_overrides./strict.subscription.reliability': 'reliable'},
    )
    alone = start('-r', '__node:=alone', '-r', 'image:=/nobody')
    other = start('-r', '__node:=other', '-r', 'image:=/packed')
    peer.camera('/packed/compressed', compressed=True)
    strict = peer.camera('/strict', reliability=best_effort)
    wait_for(lambda: 'incompatible RELIABILITY' in picky.text)
    assert 'peer: best_effort, volatile' in picky.text
    # Another camera serves it, and the one that does not fit goes.
    peer.name = 'picky'
    complaints = peer.diagnostics()
    fitting = peer.camera('/strict').matched()
    states = peer.hear('~/frame_state', FrameState)
    fitting.until(lambda: states, 1000)
    wait_for(lambda: any(complaint.level == b'\x01' for complaint in complaints))
    peer.node.destroy_publisher(strict.publisher)
    complaints.clear()
    second = itertools.count(1001)

    def fine() -> bool:
        fitting.show(next(second))
        return any(
            complaint.name.endswith('input') and complaint.level == b'\x00'
            for complaint in complaints
        )

    wait_for(fine)
    wait_for(lambda: 'it has no publishers; start the camera' in alone.text)
    wait_for(lambda: 'set image_transport to compressed' in other.text)
    statuses = peer.diagnostics()
    peer.name = 'alone'
    stale = wait_for(lambda: [statuse for statuse in statuses if statuse.level == b'\x03'])
    assert 'no frame on /nobody for 5 s' in stale[0].message
    # It appears at last.
    camera = peer.camera('/nobody').matched()
    states = peer.hear('~/frame_state', FrameState)
    camera.until(lambda: states, 1000)
    assert states[0].unknown_reason == FrameState.REASON_NO_INSTRUCTION
    wait_for(lambda: 'frames arrive on /nobody' in alone.text)


def inputs(statuses: list) -> list[tuple[int, str]]:
    return [
        (statuse.level[0], statuse.message)
        for statuse in list(statuses)
        if statuse.name.endswith(': input')
    ]


@pytest.mark.parametrize('stamp', [0.0, 1000.0])
def test_a_camera_without_usable_stamps_is_no_camera_that_works(
    start, peer, wait_for, stamp
) -> None:
    node = start(instructions="['nothing']")
    statuses = peer.diagnostics()
    camera = peer.camera().matched()
    camera.show(stamp)
    began = time.monotonic()

    def said() -> bool:
        camera.show(stamp)
        time.sleep(0.1)
        return 'set sampling.stamp to receive' in node.text

    wait_for(said)
    assert time.monotonic() - began < 5
    _, message = wait_for(lambda: [one for one in inputs(statuses) if one[0] == 2])[0]
    assert 'were ignored: their header.stamp' in message
    if stamp == 0:
        assert not [one for one in inputs(statuses) if 'frames arrive' in one[1]]
    assert node.text.count('were ignored') == 1


def test_stamps_of_reception_help_against_a_driver_that_sets_none(start, peer, wait_for) -> None:
    start(instructions="['nothing']", sampling__stamp='receive')
    states = peer.hear('~/frame_state', FrameState)
    camera = peer.camera().matched()

    def seen() -> bool:
        camera.show(0.0)
        time.sleep(0.2)
        return len(states) >= 3

    wait_for(seen)
    assert all(abs(state.header.stamp.sec - time.time()) < 60 for state in states)


def test_a_simulated_clock_that_nobody_publishes_is_said(start, peer, wait_for) -> None:
    node = start(use_sim_time=True)
    statuses = peer.diagnostics()
    wait_for(lambda: 'nothing publishes /clock' in node.text)
    assert wait_for(lambda: [one for one in inputs(statuses) if one[0] == 1])
    assert not [one for one in inputs(statuses) if 'frames arrive' in one[1]]


def test_a_simulated_clock_that_begins_or_leaps_is_no_silent_camera(start, peer, wait_for) -> None:
    node = start(use_sim_time=True)
    clock = peer.node.create_publisher(Clock, '/clock', 10)
    wait_for(lambda: 'watching /image' in node.text and clock.get_subscription_count())
    for second in (1000, 5000):
        # Longer than it takes until the node looks again.
        for _ in range(15):
            clock.publish(Clock(clock=Time(sec=second)))
            time.sleep(0.1)
    assert 'no frame on' not in node.text
    seconds = itertools.count(5001)

    def runs_on() -> bool:
        clock.publish(Clock(clock=Time(sec=next(seconds))))
        time.sleep(0.2)
        return 'no frame on /image for 5 s' in node.text

    wait_for(runs_on)


def test_bad_frames_are_in_the_log_with_their_frame_id_on_the_topic(start, peer, wait_for) -> None:
    node = start(instructions="['nothing']")
    states = peer.hear('~/frame_state', FrameState)
    camera = peer.camera().matched()
    camera.until(lambda: states, 1000, encoding='nonsense8')
    assert (states[0].unknown_reason, states[0].header.frame_id) == (BAD, 'optical')
    wait_for(lambda: "a frame was dropped: the image encoding 'nonsense8'" in node.text, 5)


def test_remapping_image_moves_the_compressed_topic_as_image_transport_does(
    start, peer, wait_for
) -> None:
    start('-r', 'image:=/cam/image_raw', image_transport='compressed')
    peer.camera('/cam/image_raw/compressed', compressed=True).matched()
    other = start(
        '-r', '__node:=other', '-r', 'image/compressed:=/packed', image_transport='compressed'
    )
    peer.camera('/packed', compressed=True).matched()
    assert other.process.poll() is None


def test_a_wrong_type_or_remapping_is_diagnosed_from_the_graph(start, peer, wait_for) -> None:
    peer.camera('/cam/compressed', compressed=True)
    peer.camera('/raw')
    nodes = {
        # A raw node that was remapped to the compressed topic.
        'peer publishes it as sensor_msgs/msg/CompressedImage, and this node expects '
        'sensor_msgs/msg/Image; set image_transport to compressed and remap `image` to /cam': (
            start('-r', '__node:=a', '-r', 'image:=/cam/compressed')
        ),
        # The transport was added to a name that has it already.
        'it has no publishers, but /cam/compressed has some; remap `image` to /cam': start(
            '-r', '__node:=b', '-r', 'image:=/cam/compressed', image_transport='compressed'
        ),
        'it has no publishers, but /raw has some; set image_transport to raw': start(
            '-r', '__node:=c', '-r', 'image:=/raw', image_transport='compressed'
        ),
        'remap `image` to its topic (published are /cam/compressed, /raw)': start(
            '-r', '__node:=d'
        ),
    }
    for sentence, node in nodes.items():
        wait_for(lambda: sentence in node.text, what=sentence)  # noqa: B023


def test_a_slow_camera_does_not_flap(start, peer, wait_for) -> None:
    node = start(instructions="['nothing']")
    states = peer.hear('~/frame_state', FrameState)
    camera = peer.camera().matched()
    camera.until(lambda: states, 1000)
    wait_for(lambda: 'no frame on' in node.text)
    camera.show(1007)
    for number in range(2, 5):
        time.sleep(6.5)
        camera.show(1000 + 7 * number)
    assert node.text.count('no frame on') == 1
    assert node.text.count('frames arrive on') <= 1


def test_two_nodes_of_one_name_and_two_cameras_on_one_topic_are_said(
    start, peer, meet, wait_for
) -> None:
    hurried = 'from streamo_ros.node import lasting\nlasting.LEASE = 2.0'
    nodes = [start(prelude=hurried), start(prelude=hurried)]
    statuses = peer.diagnostics()
    cameras = [peer.camera(), meet().camera()]
    for node in nodes:
        wait_for(lambda: '2 nodes are called /streamo, and' in node.text)  # noqa: B023
        wait_for(lambda: '/image has 2 publishers (peer, peer)' in node.text)  # noqa: B023
    wait_for(lambda: any('rename them' in status.message for status in statuses))
    assert len(cameras) == 2
    nodes[0].stop()
    statuses.clear()
    wait_for(
        lambda: any(
            (status.name, status.message) == ('streamo: process', 'running') for status in statuses
        )
    )


def test_two_nodes_in_one_graph(start, peer, wait_for) -> None:
    left = start('-r', '__ns:=/left', '-r', 'image:=camera/image_raw')
    # A simulated clock that stands still decides nothing.
    start('-r', '__ns:=/right', instructions="['the kettle']", use_sim_time=True)
    cameras = [
        peer.camera('/left/camera/image_raw').matched(),
        peer.camera('/right/image').matched(),
    ]
    peer.name = 'left/streamo'
    left_states = peer.hear('~/frame_state', FrameState)
    assert peer.instruct('anything').instruction_id == 1
    peer.name = 'right/streamo'
    right_states = peer.hear('~/frame_state', FrameState)
    standing = peer.hear('~/instructions', InstructionArray, latched=True)
    wait_for(lambda: standing)
    for name in ('left', 'right'):
        wait_for(lambda: peer.node.count_publishers(f'/{name}/streamo/frame_state'))  # noqa: B023
    cameras[0].until(lambda: left_states, 1000)
    cameras[1].until(lambda: right_states, 2000)
    assert (left_states[0].header.stamp.sec, right_states[0].header.stamp.sec) == (1000, 2000)
    assert left.stop()[0] == 0
