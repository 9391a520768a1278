# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an instruction said and saw before a restart, as the store has it."""

from __future__ import annotations

from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import Instruction
from streamo_ros.core.protocol import State
from streamo_ros.core.restored_turns import PastTurn
from streamo_ros.memory.restart import turns_before
from test.memory.conftest import START

KETTLE = Instruction(1, 'Tell me when the kettle boils.')


def test_answers_and_the_last_frames_come_back_with_their_decisions(teller) -> None:
    one = teller()
    one.see(5, stream_id=1, shade=10)
    for second in range(20):
        state = {17: State.STANDBY, 18: State.RESPONSE}.get(second, State.SILENCE)
        one.see(second, state, 'It boils.' if second == 18 else '', stream_id=2)
    said = [
        PastTurn(START + at * SECOND, text=text) for at, text in ((3, 'Hot.'), (18, 'It boils.'))
    ]
    turns = turns_before(one.done(), KETTLE, said, 4)
    assert [((turn.stamp - START) // SECOND, turn.state, turn.text) for turn in turns] == [
        (3, State.RESPONSE, 'Hot.'),
        (16, State.SILENCE, ''),
        (17, State.STANDBY, ''),
        (18, State.RESPONSE, 'It boils.'),
        (19, State.SILENCE, ''),
    ]
    assert turns[0].frame is None
    for turn in turns[1:]:
        assert turn.frame is not None
        image = turn.frame.load()
        assert image is not None
        assert abs(int(image[0, 0, 0]) - 128) < 3


def test_an_answer_that_the_journal_does_not_have_is_left_out_with_its_frame(teller) -> None:
    one = teller()
    one.see(0)
    one.see(1, State.RESPONSE, 'It boils.')
    assert [turn.state for turn in turns_before(one.done(), KETTLE, [], 8)] == [State.SILENCE]


def test_decisions_for_another_instruction_are_not_taken(teller) -> None:
    one = teller()
    one.see(0)
    reader = one.done()
    assert not turns_before(reader, Instruction(1, 'Tell me when the dog barks.'), [], 8)
    assert not turns_before(reader, Instruction(2, KETTLE.text), [], 8)


def test_an_empty_store_gives_the_answers_alone(teller) -> None:
    said = [PastTurn(START, text='Hot.')]
    assert turns_before(teller().done(), KETTLE, said, 8) == said
