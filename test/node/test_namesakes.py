# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A second node of our name is said, and one that is dead and still listed is not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from streamo_ros.node.lasting import LEASE
from streamo_ros.node.namesakes import Namesakes


class Node:
    """What is asked of a node and its graph."""

    def __init__(self) -> None:
        self.listed = [('streamo', '/a'), ('streamo', '/')]
        self.warned: list[str] = []

    def get_name(self) -> str:
        return 'streamo'

    def get_namespace(self) -> str:
        return '/a'

    def get_fully_qualified_name(self) -> str:
        return '/a/streamo'

    def get_node_names_and_namespaces(self) -> list[tuple[str, str]]:
        return self.listed

    def get_logger(self) -> Any:
        return SimpleNamespace(warning=self.warned.append)


class Clock:
    """The steady clock, as the test sets it."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr('streamo_ros.node.namesakes.time', made)
    return made


def check(checks: Namesakes, clock: Clock, now: float) -> str:
    clock.now = now
    return checks.check()


def test_a_node_of_another_namespace_is_no_namesake(clock: Clock) -> None:
    node = Node()
    checks = Namesakes(node)  # type: ignore[arg-type]
    assert {check(checks, clock, float(second)) for second in range(100)} == {''}


def test_a_killed_node_that_is_still_listed_is_no_namesake(clock: Clock) -> None:
    node = Node()
    checks = Namesakes(node)  # type: ignore[arg-type]
    for start in (0.0, 100.0):
        node.listed = [('streamo', '/a')] * 2
        assert not check(checks, clock, start)
        assert not check(checks, clock, start + LEASE - 1)
        node.listed = [('streamo', '/a')]
        assert not check(checks, clock, start + LEASE + 1)
    assert node.warned == []


def test_a_living_namesake_is_said_once_in_the_log_and_for_as_long_as_it_lives(
    clock: Clock,
) -> None:
    node = Node()
    node.listed = [('streamo', '/a')] * 3
    checks = Namesakes(node)  # type: ignore[arg-type]
    said = [check(checks, clock, float(second)) for second in range(int(LEASE) + 5)]
    assert [bool(sentence) for sentence in said] == [False] * int(LEASE) + [True] * 5
    assert node.warned == [said[-1]]
    assert said[-1].startswith('3 nodes are called /a/streamo')
