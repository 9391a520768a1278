# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When a server is asked, and when not."""

from __future__ import annotations

import pytest

from streamo_ros.backbone.served.circuit import CircuitBreaker
from streamo_ros.backbone.served.circuit import FAILURES
from streamo_ros.backbone.served.circuit import LONGEST_PAUSE


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(clock, jitter=lambda: 0.5)


def fail(breaker, times=1):
    for _ in range(times):
        breaker.failed('the server does not answer')


def test_a_few_failures_do_not_stop_it(breaker):
    fail(breaker, FAILURES - 1)
    assert breaker.wait() == 0.0
    breaker.succeeded()
    fail(breaker, FAILURES - 1)
    assert breaker.wait() == 0.0


def test_after_a_pause_one_request_goes_through(breaker, clock):
    fail(breaker, FAILURES)
    assert breaker.wait() == pytest.approx(1.0)
    clock.now += 1.1
    assert breaker.wait() == 0.0
    assert breaker.wait() > 0.0
    breaker.succeeded()
    assert [breaker.wait() for _ in range(3)] == [0.0, 0.0, 0.0]


def test_pauses_double_up_to_a_limit(breaker, clock):
    fail(breaker, FAILURES)
    pauses = []
    for _ in range(8):
        pauses.append(breaker.wait())
        clock.now += pauses[-1]
        assert breaker.wait() == 0.0
        fail(breaker)
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30])
    assert pauses[-1] == LONGEST_PAUSE


def test_lanes_that_fail_together_are_one_failure(breaker):
    fail(breaker, FAILURES + 7)
    assert breaker.wait() == pytest.approx(1.0)


def test_robots_do_not_come_back_at_the_same_moment(clock):
    pauses = set()
    for jitter in (0.0, 0.3, 1.0):
        breaker = CircuitBreaker(clock, lambda share=jitter: share)
        fail(breaker, FAILURES)
        pauses.add(round(breaker.wait(), 3))
    assert pauses == {0.8, 0.92, 1.2}
