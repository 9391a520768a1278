# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What replay.launch.py asks before it starts anything."""

from __future__ import annotations

import pytest

from streamo_ros.replay.launch_plan import main
from streamo_ros.replay.launch_plan import parse_instructions
from streamo_ros.replay.launch_plan import PlanError


@pytest.mark.parametrize('text', ['', '[]', ' '])
def test_no_instruction_is_none(text: str) -> None:
    assert parse_instructions(text, 'lockstep') == []


def test_lock_step_keeps_the_seconds() -> None:
    assert parse_instructions("['tea@3', 'a@b.org']", 'lockstep') == ['tea@3', 'a@b.org']


def test_at_a_rate_the_second_0_is_taken_off_and_any_other_refused() -> None:
    assert parse_instructions("['tea@0', 'a@b.org']", 'rate') == ['tea', 'a@b.org']
    with pytest.raises(PlanError, match="'tea' begins at a second"):
        parse_instructions("['tea@3']", 'rate')


@pytest.mark.parametrize('text', ['[5]', '{a: b}', '["a', 'tea'])
def test_what_is_not_a_list_of_texts_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match='is not a list of texts'):
        parse_instructions(text, 'lockstep')


def test_bag_that_is_not_there_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['--bag', '/no/such/bag']) == 2
    assert capsys.readouterr().err.startswith('replay: /no/such/bag does not exist')
