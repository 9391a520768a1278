# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The control without history: what each frame's lane holds, and what is made of its answers."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from fractions import Fraction

import numpy as np

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import moments
from streamo_ros.evaluation.case_runner import settings_for
from streamo_ros.evaluation.last_frame import run_last_frame
from streamo_ros.evaluation.score import report
from streamo_ros.training.labeled_dialogue import LabeledTurn

TRUTH = '..--!..-'
STATES = {'.': State.SILENCE, '-': State.STANDBY, '!': State.RESPONSE}


@dataclass
class Listening(ScriptedBackbone):
    """Keeps what its lane holds when a state is read."""

    held: list[str] = field(default_factory=list)

    def extend(self, requests):
        rows = super().extend(requests)
        self.held.append(self.transcript(requests[0].slot))
        return rows


def make_case(truth=TRUTH):
    turns = [
        LabeledTurn(Fraction(300 + k), Fraction(301 + k), STATES[mark], 'gone' * (mark == '!'))
        for k, mark in enumerate(truth)
    ]
    return Case(
        'a',
        'leave',
        'tell me',
        moments(turns),
        lambda: (np.full((24, 32, 3), k, np.uint8) for k in range(len(turns))),
    )


def listening(truth=TRUTH):
    return Listening(lambda _, seconds: (STATES[truth[int(seconds)]], 'gone'), lanes=1)


def test_every_lane_holds_the_instruction_and_one_frame_with_its_own_tag():
    backbone, case = listening(), make_case()
    run_last_frame(backbone, case, settings_for(backbone))
    assert len(backbone.held) == len(TRUTH)
    for second, held in enumerate(backbone.held):
        assert held.count('<|vision_start|>') == 1
        assert 'tell me' in held
        assert f'<{second}s-{second + 1}s>' in held
        assert not any(
            f'</{state.name.title()}>' in held.rsplit('<|vision_start|>')[1]
            for state in STATES.values()
        )
    assert not backbone.rows


def test_states_and_answers_are_those_of_the_frames():
    backbone, case = listening(), make_case()
    watched = run_last_frame(backbone, case, settings_for(backbone))
    found = report([(case, watched)])
    assert found['state_macro_f1'] == found['timing_f1'] == found['answer_accuracy'] == 1
    assert len(watched.passes) == len(TRUTH)


def test_a_frame_that_the_model_fails_on_is_undecided():
    backbone = Listening(
        lambda _, seconds: (State.UNKNOWN if seconds == 1 else State.SILENCE, ''), lanes=1
    )
    watched = run_last_frame(backbone, make_case('...'), settings_for(backbone))
    assert watched.states == [State.SILENCE, State.UNKNOWN, State.SILENCE]
