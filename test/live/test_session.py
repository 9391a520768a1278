# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a page is told: numbered records, facts, lanes, pictures within bounds."""

from __future__ import annotations

import pytest

from streamo_ros.live.history import History
from streamo_ros.live.pictures import NewestPictures
from streamo_ros.live.pictures import StoredPictures
from streamo_ros.live.session import LANES
from streamo_ros.live.session import Session
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.run_rows import DeltaRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow

SECOND = 10**9
START = 1_790_000_000 * SECOND


def session() -> Session:
    return Session(History(1000), NewestPictures(1000), live=True)


def decision(second: float, key: int = 1, stream: int = 1, **fields) -> DecisionRow:
    stamp = START + int(second * SECOND)
    return DecisionRow(stamp, key, 'SILENCE', (0.9, 0.1, 0.0), stream_id=stream, **fields)


def test_history_keeps_its_numbers_when_the_oldest_records_go():
    history = History(10)
    for number in range(100):
        history.add([number])
    assert history.end == 100
    start, kept = history.after(0, 1000)
    assert start == history.first >= 89
    assert kept[0] == [start]
    assert kept[-1] == [99]


def test_reader_goes_on_where_it_was_and_never_beyond_the_end():
    history = History(10)
    history.add(['a'])
    history.add(['b'])
    assert history.after(1, 5) == (1, [['b']])
    assert history.after(7, 5) == (2, [])


def test_newest_pictures_stay_within_their_bytes_and_those_of_answers_stay_longer():
    pictures = NewestPictures(200)
    pictures.put(1, b'x' * 30)
    pictures.pin(1)
    for stamp in range(2, 20):
        pictures.put(stamp, b'y' * 30)
    assert pictures.get(1) == b'x' * 30
    assert [stamp for stamp in range(2, 20) if pictures.get(stamp)] == [17, 18, 19]


def test_stored_pictures_are_all_there():
    pictures = StoredPictures()
    for stamp in range(50):
        pictures.put(stamp, bytes([stamp]) * 10)
    assert pictures.get(7) == b'\x07' * 10
    assert pictures.get(99) == b''


def test_stamp_reaches_the_page_to_the_last_nanosecond(records):
    made = session()
    made.take(DecisionRow(1790000000123456789, 1, 'STANDBY', (0.1, 0.8, 0.1)))
    assert records(made, 'd')[0][2] == '1790000000123456789'


@pytest.mark.parametrize(
    ('model', 'thresholds', 'wanted'),
    [
        ({}, {}, (0, 0, False, False)),
        ({'response_threshold': 0.6}, {}, (0.6, 0, False, False)),
        (
            {'response_threshold': 0.6},
            {'response': 0.7, 'standby': 0.2, 'gate': False},
            (0.7, 0.2, False, False),
        ),
        ({}, {'response': 0.35, 'standby': 0.0, 'gate': True}, (0.35, 0, True, True)),
        ({}, {'response': 0.35, 'standby': 0.1, 'gate': True}, (0.35, 0.1, True, False)),
        # A log of before it had thresholds.
        ({'gate': 'objects', 'response_threshold': 0.35}, {}, (0.35, 0, True, True)),
    ],
)
def test_page_is_told_which_thresholds_decided(model, thresholds, wanted):
    made = session()
    made.take(StreamRow('a', rate=1.0, model=model, thresholds=thresholds))
    told = made.facts['thresholds']
    assert tuple(told[name] for name in ('response', 'standby', 'gate', 'half')) == wanted


def test_new_stream_goes_on_after_the_old_one(records):
    made = session()
    for row in (decision(0), decision(1), decision(0, stream=2)):
        made.take(row)
    assert [one[1] for one in records(made, 'd')] == [0.0, 1.0, 2.0]


def test_restarted_node_that_reuses_an_id_gets_a_new_lane(records):
    made = session()
    made.activate([InstructionRow(1, 'kettle')])
    made.take(decision(0))
    made.activate([InstructionRow(1, 'door')])
    made.take(decision(1))
    lanes = {one['lane']: (one['text'], one['active']) for one in made.facts['lanes']}
    assert lanes == {1: ('kettle', False), 2: ('door', True)}
    assert [one[3] for one in records(made, 'd')] == [1, 2]


def test_lanes_are_bounded_and_active_ones_stay():
    made = session()
    made.activate([InstructionRow(1, 'first')])
    for key in range(2, LANES + 20):
        made.activate([InstructionRow(1, 'first'), InstructionRow(key, f'text {key}')])
    texts = [one['text'] for one in made.facts['lanes']]
    assert len(texts) == LANES
    assert 'first' in texts


def test_late_piece_of_an_answer_is_not_shown_again():
    made = session()
    made.take(DeltaRow(1, 5, 'It bo'))
    made.take(DeltaRow(1, 5, 'ils'))
    assert made.facts['speaking'] == [[5, 1, 'It boils']]
    made.take(ResponseRow(START, 1, 5, 'It boils.'))
    made.take(DeltaRow(1, 5, '.', is_final=True))
    assert made.facts['speaking'] == []


def test_answer_of_one_lane_leaves_what_another_one_is_saying():
    made = session()
    made.take(DeltaRow(1, 5, 'slow'))
    made.take(DeltaRow(2, 6, 'quick'))
    made.take(ResponseRow(START, 2, 6, 'quick.'))
    assert [one[2] for one in made.facts['speaking']] == ['slow']
