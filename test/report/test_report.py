# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report shows what the rows say, whatever happened and however long it took."""

from __future__ import annotations

import pytest

from streamo_ros.report.event_log import from_json
from streamo_ros.report.html import write_report
from streamo_ros.report.svg import clock
from streamo_ros.report.timeline import PICTURES
from streamo_ros.report.timeline import Timeline

HEAD = {
    'row': 'replay',
    'source': 'bag',
    'topic': '/image',
    'rate': 1.0,
    'model': {'model': 'tiny', 'model_id': 'abc', 'device': 'cpu'},
}
START = 1_700_000_000


def decision(at, state='SILENCE', stream=1, **more):
    known = state != 'UNKNOWN'
    return {
        'row': 'decision',
        'stamp': (START + at) * 10**9,
        'instruction_id': 1,
        'state': state,
        'probabilities': [0.5, 0.25, 0.25] if known else [None] * 3,
        'reason': '',
        'stream_id': stream,
        'encode_time': 0.002,
        'extend_time': 0.01,
        'latency': 0.02,
        'dropped': 0,
        **more,
    }


def response(at, began, text='done', **more):
    return {
        'row': 'response',
        'stamp': (START + at) * 10**9,
        'instruction_id': 1,
        'response_id': 1,
        'text': text,
        'probability': 0.5,
        'finish': 'STOP',
        'event_start': (START + began) * 10**9,
        **more,
    }


def timeline(*rows):
    made = Timeline()
    for row in (HEAD, {'row': 'instruction', 'id': 1, 'text': 'watch'}, *rows):
        made.take(from_json(row))
    return made


def page(tmp_path, *timelines, **more):
    write_report(tmp_path / 'report.html', timelines, **more)
    return (tmp_path / 'report.html').read_text()


def test_second_stream_goes_on_where_the_first_ended():
    again = decision(0, 'STANDBY', stream=2), decision(1, stream=2)
    made = timeline(decision(0), decision(1), *again)
    assert [point.at for point in made.tracks[1].points] == [0, 1, 2, 3]
    assert made.jumps == [2]


def test_undecided_frames_have_their_color_and_reason(tmp_path):
    made = timeline(decision(0), decision(1, 'UNKNOWN', reason='BAD_FRAME', dropped=1))
    text = page(tmp_path, made)
    assert '1 silence, 1 unknown (bad frame)' in text
    assert '1 frames' in text


def test_response_shows_text_interval_picture_and_early_end(tmp_path):
    made = timeline(decision(0), decision(5, 'RESPONSE'))
    made.take(from_json(response(5, 2, 'Five & <done>', finish='LENGTH')), b'\xff\xd8jpeg')
    text = page(tmp_path, made)
    assert 'Five &amp; &lt;done&gt;' in text
    assert 'event 2 s to 5 s, p = 0.50, ended by length' in text
    assert 'src="data:image/jpeg;base64,/9hqcGVn"' in text


@pytest.mark.parametrize(
    ('end', 'sentence'),
    [
        (None, 'was stopped before the end of its source'),
        ({'row': 'end', 'stopped': True}, 'was stopped before the end of its source'),
        ({'row': 'end', 'failure': 'bag is damaged'}, 'The replay failed: bag is damaged.'),
        (
            {'row': 'end', 'bad_frames': 3, 'flaw': 'no pixels'},
            '3 frames could not be decoded: no pixels.',
        ),
        (
            {'row': 'end', 'duplicate': 2, 'zero': 1},
            'stamps that were ignored: 1 zero, 2 duplicate.',
        ),
    ],
)
def test_what_was_not_whole_is_said_first(tmp_path, end, sentence):
    rows = [decision(0)] + ([end] if end else [])
    assert sentence in page(tmp_path, timeline(*rows))


def test_whole_replay_has_no_warning(tmp_path):
    assert 'class="warning"' not in page(tmp_path, timeline(decision(0), {'row': 'end'}))


def test_empty_replay_still_gives_a_page(tmp_path):
    assert 'Model and source' in page(tmp_path, timeline({'row': 'end'}))


def test_twelve_hours_give_a_page_of_bearable_size(tmp_path):
    states = ('SILENCE', 'SILENCE', 'SILENCE', 'STANDBY')
    made = timeline(*(decision(at, states[at // 600 % 4]) for at in range(43_200)))
    for _ in range(200):
        made.show(b'x' * 3000)
    assert len(page(tmp_path, made)) < 400_000
    assert len(made.strip) <= PICTURES


def test_a_frame_without_an_instruction_is_no_fault(tmp_path):
    idle = {'instruction_id': 0, 'state': 'UNKNOWN', 'probabilities': [None] * 3}
    made = timeline(
        decision(0, **{**idle, 'reason': 'NO_INSTRUCTION'}),
        decision(1, **idle),
        decision(2),
    )
    text = page(tmp_path, made)
    assert 'without an instruction: 2 no instruction' in text
    assert 'class="unknown"' not in text
    assert ' unknown' not in text


def test_a_broken_frame_without_an_instruction_is_one(tmp_path):
    broken = decision(0, 'UNKNOWN', instruction_id=0, reason='BAD_FRAME')
    assert 'without an instruction: 1 unknown (bad frame)' in page(tmp_path, timeline(broken))


def test_time_is_told_as_people_tell_it():
    told = [clock(at) for at in (0, 7.5, 59, 59.97, 125, 3725)]
    assert told == ['0 s', '7.5 s', '59 s', '1:00', '2:05', '1:02:05']


def test_an_event_between_two_frames_of_one_second_has_two_times():
    told = [clock(at) for at in (69.5, 70, 74.5, 75, 119.5, 120, 3725.5)]
    assert told == ['1:09.5', '1:10', '1:14.5', '1:15', '1:59.5', '2:00', '1:02:05.5']
    assert [clock(at) for at in (69.25, 69.35, 69.45)] == ['1:09.3', '1:09.4', '1:09.5']


def test_the_length_is_that_of_the_summary(tmp_path):
    text = page(
        tmp_path, timeline(decision(0), decision(7), {'row': 'end', 'stream_seconds': 7.0})
    )
    assert '<b>7 s</b><span>capture time' in text


def test_what_a_model_says_of_itself_is_no_source_text(tmp_path):
    model = {
        **HEAD['model'],
        'sampling': {'temperature': 0.0, 'top_k': 40},
        'image_size': [64, 48],
    }
    made = Timeline()
    made.take(from_json({**HEAD, 'model': model}))
    made.take(from_json(decision(0)))
    text = page(tmp_path, made)
    assert 'temperature 0.0, top k 40' in text
    assert '64 × 48' in text
