# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Log-odds against the first minute: by hand, and as the assistant reports them."""

from __future__ import annotations

import math

import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.baseline import Baseline
from streamo_ros.core.baseline import log_odds
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import State

START = 1_790_000_000 * SECOND


def follow(chances):
    """What a baseline says of (seconds, probability) pairs."""
    baseline = Baseline()
    return [baseline.follow(START + round(at * SECOND), chance) for at, chance in chances]


def test_the_first_minute_is_the_measure_of_what_follows():
    found = follow([(0, 0.5), (30, 0.2), (59.9, 0.8), (60, 0.5), (61, 0.9)])
    assert all(map(math.isnan, found[:3]))
    # The mean of ln 1, ln 1/4 and ln 4 is 0.
    assert found[3:] == pytest.approx([0.0, math.log(9)])


def test_two_instructions_of_different_bias_are_on_one_scale():
    low = follow([(0, 0.01), (60, log_back(log_odds(0.01) + 2))])
    high = follow([(0, 0.4), (60, log_back(log_odds(0.4) + 2))])
    assert low[1] == pytest.approx(high[1]) == pytest.approx(2)


def log_back(odds):
    return 1 / (1 + math.exp(-odds))


def test_certainty_is_finite_and_what_is_unknown_stays_so():
    assert log_odds(1.0) == pytest.approx(-log_odds(0.0)) == pytest.approx(13.8155, abs=1e-4)
    found = follow([(0, math.nan), (1, 0.5), (60, math.nan), (61, 0.5)])
    assert math.isnan(found[2])
    assert found[3] == 0
    # Nothing was decided in the first minute: there is no measure.
    assert math.isnan(follow([(0, math.nan), (70, 0.5)])[1])


def test_each_instruction_has_a_first_minute_of_its_own(frame):
    book = InstructionBook(2)
    script = {65: State.RESPONSE, 66: State.STANDBY}
    backbone = ScriptedBackbone(
        lambda text, second: (script.get(int(second), State.SILENCE), 'yes'),
        lanes=2,
        capacity=65536,
    )
    assistant = Assistant(backbone, book, AssistantSettings())
    events = []
    for second in range(80):
        if second in (0, 10):
            book.add(f'watch {second}')
        events += assistant.observe(frame(second)) + assistant.speak(100)
    decided = {key: [] for key in (1, 2)}
    for event in events:
        if isinstance(event, Decided):
            decided[event.instruction_id].append(event)
    for key, began in ((1, 0), (2, 10)):
        odds = {one.frame.tick.index: one.log_odds for one in decided[key]}
        assert [at for at, value in odds.items() if not math.isnan(value)] == [
            *range(began + 60, 80)
        ]
        # A second of silence like all before; then the answer stands out.
        assert odds[began + 61] == pytest.approx(0, abs=1e-6)
        if began == 0:
            assert odds[65] > 3
