# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is said about a camera that sends something, but nothing of use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SECOND
from streamo_ros.core.sink import Step
from streamo_ros.node.finding_log import FindingLog
from streamo_ros.node.input_health import Finding
from streamo_ros.node.input_health import GraphView
from streamo_ros.node.input_health import InputHealth
from streamo_ros.node.input_health import Level
from streamo_ros.node.input_health import Patience

NOTHING = GraphView()


class Camera:
    """A camera at 10 Hz, a sampler, and the health that is asked once a second."""

    def __init__(self) -> None:
        self.sampler = FrameSampler()
        self.now = 10_000.0
        self.health = InputHealth('/image', self.sampler.counts, self.now)
        self.logged: list[str] = []
        self.informed: list[str] = []
        self._log = FindingLog(self.logged.append, self.informed.append)
        self._useful = 0

    def run(
        self,
        seconds: int,
        stamp: Callable[[float], float],
        image: Frame | None = None,
        graph: GraphView = NOTHING,
    ) -> list[Finding]:
        found: list[Finding] = []
        for _ in range(seconds):
            for tenth in range(10):
                tick = self.sampler.offer(round(stamp(self.now + tenth / 10) * SECOND))
                if tick is not None and image is not None:
                    self.show(replace(image, tick=tick))
            self.now += 1.0
            found = self.health.findings(self.now, graph)
            well = self.health.useful > self._useful
            self._useful = self.health.useful
            self._log.write(found, self.health.summary(), well, self.now)
        return found

    def show(self, frame: Frame) -> None:
        reason = frame.reason or Reason.NO_INSTRUCTION
        self.health.take(Step((Decided(frame, 0, reason=reason),), frame, time=self.now))


@pytest.fixture
def good(frame: Callable) -> Frame:
    return frame(0)


@pytest.fixture
def bad(good: Frame) -> Frame:
    return good.missed(Reason.BAD_FRAME, "the image encoding 'rggb' is not known")


def test_nothing_is_claimed_before_a_frame_was_of_use(good: Frame, bad: Frame) -> None:
    camera = Camera()
    assert camera.health.summary() == 'waiting for the first frame on /image'
    camera.run(3, lambda now: now, bad)
    assert camera.health.summary() == 'waiting for the first frame on /image'
    camera.run(1, lambda now: now, good)
    assert camera.health.summary() == 'frames arrive on /image'


@pytest.mark.parametrize(
    ('stamp', 'kind', 'words'),
    [
        (
            lambda _: 0.0,
            'zero',
            'is zero, negative or missing; let the camera driver set header',
        ),
        (lambda _: 50.0, 'frozen', 'repeats that of an earlier message'),
    ],
)
def test_useless_stamps_are_an_error_within_five_seconds(good, stamp, kind, words) -> None:
    camera = Camera()
    (finding,) = camera.run(4, stamp, good)
    assert (finding.kind, finding.level) == (kind, Level.ERROR)
    assert words in finding.sentence
    assert 'set sampling.stamp to receive' in finding.sentence
    assert len(camera.logged) == 1
    # It lasts: said again once a minute, not once a second.
    camera.run(90, stamp, good)
    assert len(camera.logged) == 2
    # Mended.
    assert camera.run(7, lambda now: now, good) == []
    assert camera.informed == ['frames arrive on /image']


def test_a_second_publisher_that_lags_is_named(good: Frame) -> None:
    camera = Camera()
    turn = iter(range(10**6))
    graph = GraphView(publishers=('left', 'right'))

    def stamp(now: float) -> float:
        return now - 3600 * (next(turn) % 3 == 0) if now > 10_001 else now

    (finding,) = camera.run(7, stamp, good, graph)
    assert (finding.kind, finding.level) == ('late', Level.WARN)
    assert 'it has 2 publishers (left, right): keep one' in finding.sentence


def test_two_cameras_on_a_topic_are_said_once_neither_can_be_dead(good: Frame) -> None:
    camera = Camera()
    both, single = GraphView(publishers=('left', 'right')), GraphView(publishers=('left',))
    # A camera that was killed stays listed for a while; its successor is no second one.
    assert camera.run(25, lambda now: now, good, both) == []
    assert camera.run(1, lambda now: now, good, single) == []
    assert camera.run(25, lambda now: now, good, both) == []
    (finding,) = camera.run(7, lambda now: now, good, both)
    assert (finding.kind, finding.level) == ('publishers', Level.WARN)
    assert '/image has 2 publishers (left, right)' in finding.sentence
    assert len(camera.logged) == 1


def test_a_late_frame_now_and_then_is_no_fault(good: Frame) -> None:
    camera = Camera()
    turn = iter(range(10**6))
    assert camera.run(30, lambda now: now - 0.3 * (next(turn) % 20 == 19), good) == []
    assert camera.logged == []


def test_a_frame_that_cannot_be_used_is_in_the_log_at_once(good: Frame, bad: Frame) -> None:
    camera = Camera()
    camera.run(1, lambda now: now, good)
    (finding,) = camera.run(1, lambda now: now, bad)
    assert (finding.level, finding.sentence) == (
        Level.WARN,
        "a frame was dropped: the image encoding 'rggb' is not known",
    )
    (finding,) = camera.run(3, lambda now: now, bad)
    assert finding.level is Level.ERROR
    assert 'none of the last' in finding.sentence
    assert len(camera.logged) == 1


def test_another_cause_is_said_at_once(good: Frame, bad: Frame) -> None:
    camera = Camera()
    camera.run(4, lambda now: now, bad)
    camera.run(4, lambda _: 0.0, good)
    assert len(camera.logged) == 2
    assert 'header.stamp is zero, negative or missing' in camera.logged[1]


def test_black_images_are_said_within_five_seconds_and_dark_ones_are_not(good: Frame) -> None:
    black = replace(good, image=np.zeros((48, 64, 3), np.uint8))
    night = np.zeros((48, 64, 3), np.uint8)
    night[7, 9] = 40
    assert Camera().run(5, lambda now: now, replace(good, image=night)) == []
    camera = Camera()
    (finding,) = camera.run(4, lambda now: now, black)
    assert (finding.kind, finding.level) == ('black', Level.WARN)
    assert 'lens cap' in finding.sentence
    assert camera.run(1, lambda now: now, good) == []


def test_a_pass_that_fails_is_an_error_in_the_log(good: Frame) -> None:
    camera = Camera()
    missed = good.missed(Reason.MODEL_FAILED, 'out of memory')
    failed = Decided(missed, 1, reason=Reason.MODEL_FAILED)
    camera.health.take(Step((failed,), good, time=camera.now))
    (finding,) = camera.run(1, lambda now: now)
    assert (finding.level, finding.kind) == (Level.ERROR, 'model')
    assert 'out of memory' in camera.logged[0]


def test_what_the_graph_says_comes_first(good: Frame) -> None:
    camera = Camera()
    graph = GraphView(silence='no frame on /image', clock='nothing publishes /clock')
    found = camera.run(1, lambda now: now, good, graph)
    assert [finding.kind for finding in found] == ['silence', 'clock']


def test_a_slow_camera_is_waited_for() -> None:
    patience = Patience()
    assert patience.seconds == 5
    patience.learn(0.1)
    assert patience.seconds == 5
    patience.learn(7.0)
    assert patience.seconds == 17.5
