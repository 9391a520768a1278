# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Batches that other processes draw ahead."""

from __future__ import annotations

import os

import pytest

from streamo_ros.tiny.objects.drawn_ahead import DrawnAhead


def draw(step: int) -> tuple[int, int]:
    return step * step, os.getpid()


@pytest.mark.parametrize('processes', [0, 1, 2])
def test_steps_come_in_turn_and_from_where_a_run_was_interrupted(processes):
    drawn = DrawnAhead(draw, 30, processes)
    values = [drawn(step) for step in (*range(4), *range(20, 30))]
    assert [value for value, _ in values] == [n * n for n in (*range(4), *range(20, 30))]
    assert all((where == os.getpid()) == (not processes) for _, where in values)


def test_a_fault_of_a_drawing_process_reaches_the_run():
    def fail(step: int) -> int:
        raise ValueError(f'step {step}')

    with pytest.raises(ValueError, match='step 7'):
        DrawnAhead(fail, 30, 1)(7)
