# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node on a real graph, as a robot's engineer meets it: camera in, states and answers out."""

from __future__ import annotations

from streamo_ros.msg import FrameState
from streamo_ros.msg import InstructionArray
from streamo_ros.msg import ModelInfo
from streamo_ros.msg import Response
from streamo_ros.msg import ResponseDelta

SILENCE, STANDBY, RESPONSE = FrameState.SILENCE, FrameState.STANDBY, FrameState.RESPONSE


def test_camera_in_states_and_answers_out(start, peer, wait_for) -> None:
    node = start(instructions="['tell me when the kettle boils']")
    states = peer.hear('~/frame_state', FrameState)
    answers = peer.hear('~/response', Response)
    pieces = peer.hear('~/response_delta', ResponseDelta)
    standing = peer.hear('~/instructions', InstructionArray, latched=True)
    models = peer.hear('~/model_info', ModelInfo, latched=True)
    camera = peer.camera().matched()
    wait_for(lambda: standing and models)
    camera.until(lambda: states, 1000)
    camera.film(1000.1, 1006.9, step=0.1)
    wait_for(lambda: len(states) == 7 and answers)

    assert [state.state for state in states] == [SILENCE] * 3 + [STANDBY] * 2 + [RESPONSE, SILENCE]
    assert [state.header.stamp.sec for state in states] == list(range(1000, 1007))
    assert {state.header.frame_id for state in states} == {'optical'}
    assert states[-1].received_frames >= 61
    assert states[-1].dropped_frames == 0
    assert all(0 < state.latency < 5 for state in states)
    (answer,) = answers
    assert (answer.text, answer.response_id) == ('It boils.', states[5].response_id)
    assert (answer.event_start.sec, answer.event_end.sec) == (1003, 1005)
    assert answer.finish_reason == Response.FINISH_STOP
    assert answer.model_id == models[-1].model_id == 'scripted:kettle'
    assert ''.join(piece.text for piece in pieces) == 'It boils.'
    assert standing[0].instructions[0].text == 'tell me when the kettle boils'
    assert 'sampling.rate: 0.0' in models[-1].parameters
    assert models[-1].sampling_rate == 1.0

    code, seconds = node.stop()
    assert (code, seconds < 2) == (0, True)
