# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Truth files: what they say, and by which line what is wrong with them is named."""

from __future__ import annotations

import json

import pytest

from streamo_ros.core.errors import StreamoError
from streamo_ros.evaluation.recordings.truth import TruthError
from streamo_ros.evaluation.recordings.truth_file import read_truth

GOOD = """
- recording: kitchen.mcap
  instruction: tell me when the kettle boils
  from: 10
  events:
  - 12.5
  - {start: 1:05, end: 70, words: [kettle, boils]}
  unsure: [[20, 25]]
- instruction: tell me when someone comes in
"""


def test_yaml_and_json_lines_say_the_same(tmp_path):
    (tmp_path / 't.yaml').write_text(GOOD)
    rows = [
        {
            'recording': 'kitchen.mcap',
            'instruction': 'tell me when the kettle boils',
            'from': 10,
            'events': [12.5, {'start': '1:05', 'end': 70, 'words': ['kettle', 'boils']}],
            'unsure': [[20, 25]],
        },
        {'instruction': 'tell me when someone comes in'},
    ]
    (tmp_path / 't.jsonl').write_text('\n'.join(map(json.dumps, rows)))
    for found in (read_truth(tmp_path / 't.yaml'), read_truth(tmp_path / 't.jsonl')):
        kettle, someone = found
        assert [event.span for event in kettle.events] == [(12.5, 12.5), (65, 70)]
        assert kettle.events[1].words == ('kettle', 'boils')
        assert (kettle.since, kettle.unsure) == (10, ((20, 25),))
        assert (someone.recording, someone.events) == ('', ())
    assert read_truth(tmp_path / 't.yaml')[0].events[1].place.endswith('t.yaml, line 7')


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('- instruction: a\n  events: [5, 3]', 'line 1: the event at 3 s comes after'),
        ('- instruction: a\n  events:\n  - {start: 1, end: 5}\n  - {start: 4}', 'line 4'),
        ('- instruction: a\n  events:\n  - {start: 5, end: 1}', 'line 3: the event ends at 1'),
        ('- instruction: a\n  events:\n  - {end: 1}', 'line 3: the event has no start'),
        ('- instruction: a\n- instruction: a', 'line 2: the instruction .* at .* line 1'),
        ('- instruction: a\n  event: [5]', "line 1: unknown key 'event'"),
        ('- events: [5]', 'line 1: instruction is missing'),
        ('- instruction: a\n  events: [-1]', 'an event is -1'),
        ('- instruction: a\n  events: [true]', 'an event is True'),
        ('- instruction: a\n  unsure: [5]', 'give pairs'),
        ('- instruction: a\n  events: [{start: 1, words: [1]}]', 'words is'),
        ('instruction: a', 'is not a list'),
        ('- [', 'line 1: not YAML'),
        ('', 'is not a list'),
        ('[]', 'has no instruction'),
    ],
)
def test_what_is_wrong_is_named_by_its_line(tmp_path, text, words):
    (tmp_path / 't.yaml').write_text(text)
    with pytest.raises(TruthError, match=words):
        read_truth(tmp_path / 't.yaml')


def test_a_line_that_is_not_json_is_named(tmp_path):
    (tmp_path / 't.jsonl').write_text('{"instruction": "a"}\n\n{')
    with pytest.raises(TruthError, match='line 3: not JSON'):
        read_truth(tmp_path / 't.jsonl')
    with pytest.raises(TruthError, match='cannot be read'):
        read_truth(tmp_path / 'missing.yaml')


CLIP = {
    'tracks': [
        {
            'class': 'person',
            'start_s': 2.0,
            'end_s': 6.0,
            'enters': 'left',
            'leaves': 'present_at_end',
        }
    ],
    'counts': [
        {'class': 'person', 'from_s': 0, 'to_s': 1.9, 'count': 0},
        {'class': 'person', 'from_s': 2.2, 'to_s': 6, 'count': 1},
    ],
    'absent': ['dog'],
}


def test_clips_with_tracks_become_instructions_with_events(tmp_path):
    (tmp_path / 'hall.json').write_text(json.dumps(CLIP))
    found = {one.instruction: one for one in read_truth(tmp_path)}
    assert {one.recording for one in found.values()} == {'hall'}
    assert [e.span for e in found['tell me when a person appears'].events] == [(2, 2)]
    assert found['tell me when the person leaves'].events == ()
    assert found['tell me when a dog appears'].events == ()
    count = next(one for text, one in found.items() if text.startswith('how many'))
    assert [e.start for e in count.events] == [0, 2.2]
    assert count.unsure == ((1.9, 2.2),)
    assert found['tell me when a person appears'].events[0].accepts('A person has appeared.')
    assert not found['tell me when a person appears'].events[0].accepts('A person has left.')


def test_an_unknown_class_is_named_by_its_line(tmp_path):
    text = json.dumps({**CLIP, 'absent': ['unicorn']}, indent=1)
    (tmp_path / 'hall.json').write_text(text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if 'unicorn' in row)
    with pytest.raises(StreamoError, match=f"line {line}: 'unicorn' is none of the 80 kinds"):
        read_truth(tmp_path / 'hall.json')
