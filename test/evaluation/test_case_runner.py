# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is gathered of a case where several frames are decided together."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Tick
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case_runner import CaseSink


def test_a_step_of_several_frames_is_the_state_of_each_of_them() -> None:
    case = SimpleNamespace(moments=range(6))
    sink = CaseSink({1: case}, step=2)
    for last, state in ((1, State.SILENCE), (3, State.STANDBY)):
        tick = Tick(last, Fraction(last), Fraction(last + 1), last, 1)
        sink.take(SimpleNamespace(events=[Decided(Frame(tick, None, ''), 1, state)]))
    assert (
        sink.results[1].states == [State.SILENCE] * 2 + [State.STANDBY] * 2 + [State.UNKNOWN] * 2
    )
