# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the terminal shows."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from streamo_ros.demo.live import LiveView
from streamo_ros.report.event_log import from_json
from streamo_ros.report.rows import DecisionRow


def rows() -> list[dict[str, Any]]:
    states = ['SILENCE', 'STANDBY', 'RESPONSE', 'SILENCE']
    decisions = [
        {
            'row': 'decision',
            'stamp': 10**9 * (5 + index),
            'frame_index': index,
            'instruction_id': 1,
            'state': state,
            'latency': 0.02,
        }
        for index, state in enumerate(states)
    ]
    answer = {
        'row': 'response',
        'stamp': 7 * 10**9,
        'instruction_id': 1,
        'response_id': 1,
        'text': 'It boils [now].',
    }
    piece = {'row': 'delta', 'instruction_id': 1, 'response_id': 1, 'text': 'It bo'}
    asked = {'row': 'instruction', 'id': 1, 'text': 'the kettle'}
    return [asked, *decisions[:3], piece, answer, piece, decisions[3]]


def show(terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, color_system=None)
    with LiveView('camera', console) as view:
        for row in rows():
            view.take(from_json(row))
    return out.getvalue()


def test_a_terminal_shows_states_and_answers_with_their_time() -> None:
    last = show(terminal=True).rsplit('camera', 1)[1]
    assert '1 the kettle ·▄█·' in last
    assert '2.0 s [1] It boils [now].' in last
    assert 'It bo…' not in last
    assert '4 frames · latency 20 ms' in last


def test_elsewhere_each_answer_is_one_line() -> None:
    assert show(terminal=False) == '   2.0 s  [1] the kettle: It boils [now].\n'


def test_frames_without_an_instruction_are_no_fault() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, color_system=None)
    with LiveView('camera', console) as view:
        for index in range(3):
            idle = DecisionRow(10**9, 0, 'UNKNOWN', reason='NO_INSTRUCTION', frame_index=index)
            view.take(idle)
    last = out.getvalue().rsplit('camera', 1)[1]
    assert '(no instruction) –––' in last
    assert '???' not in last
