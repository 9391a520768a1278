# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Each public format, in a tiny fixture of its true layout, becomes raw records and dialogues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamo_ros import cli
from streamo_ros.core.protocol import State
from streamo_ros.training.annotations import FORMATS
from streamo_ros.training.annotations import read_annotations
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.record import AnnotationError


def main(argv):
    return cli.main(['convert', *argv])


ACTIVITYNET = json.dumps(
    {
        'v_QOlSCBRmfWY': {
            'duration': 82.73,
            'timestamps': [[0.83, 19.86], [17.37, 60.81], [56.26, 79.42]],
            'sentences': [
                'A young woman is seen standing in a room and leads into her dancing.',
                ' The girl dances around the room while the camera captures her movements.',
                ' She continues dancing around the room and ends by laying on the floor.',
            ],
        },
        'v_broken': {'duration': 12.0, 'sentences': []},
    }
)
YOUCOOK2 = json.dumps(
    {
        'database': {
            'GLd3aX16zBg': {
                'duration': 241.62,
                'subset': 'training',
                'recipe_type': '113',
                'video_url': 'https://www.youtube.com/watch?v=GLd3aX16zBg',
                'annotations': [
                    {
                        'segment': [90, 102],
                        'id': 0,
                        'sentence': 'spread margarine on two slices of bread',
                    },
                    {
                        'segment': [114, 127],
                        'id': 1,
                        'sentence': 'place a slice of cheese on the bread',
                    },
                ],
            },
            'broken': {'duration': 10.0, 'subset': 'training', 'recipe_type': '113'},
        }
    }
)
COIN = json.dumps(
    {
        'database': {
            'lCz2xLEdmTA': {
                'recipe_type': 12,
                'subset': 'training',
                'class': 'ReplaceCarTire',
                'duration': 120.3,
                'annotation': [
                    {'segment': [14.0, 20.0], 'id': '3', 'label': 'unscrew the screw'},
                    {'segment': [21.0, 33.0], 'id': '4', 'label': 'jack up the car'},
                ],
                'video_url': 'https://www.youtube.com/embed/lCz2xLEdmTA',
                'start': 10.0,
                'end': 80.0,
            },
            'broken': {'class': 'ReplaceCarTire', 'duration': 5.0},
        }
    }
)
QVHIGHLIGHTS = '\n'.join(
    json.dumps(line)
    for line in [
        {
            'qid': 2579,
            'query': 'A girl and her mother cooked while talking on facetime.',
            'duration': 150,
            'vid': 'NUsG9BgSes0_210.0_360.0',
            'relevant_clip_ids': [41, 42, 60],
            'saliency_scores': [[1, 2, 2], [4, 4, 3], [2, 2, 1]],
            'relevant_windows': [[82, 86], [120, 122]],
        },
        {
            'qid': 7,
            'query': 'Nothing.',
            'duration': 150,
            'vid': 'x_0.0_150.0',
            'relevant_windows': [],
        },
    ]
)
DIDEMO = json.dumps(
    [
        {
            'annotation_id': 12,
            'description': 'the baby claps',
            'video': '30508931@N02_3034990_5a.mov',
            'num_segments': 6,
            'dl_link': 'https://www.flickr.com/',
            'reference_description': '',
            'times': [[1, 2], [1, 1], [1, 2], [0, 1]],
        },
        {'annotation_id': 13, 'video': 'x.mov', 'num_segments': 6, 'times': [[0, 0]]},
    ]
)
CHARADES = (
    'AO8RW 0.0 6.9##a person is putting a book on a shelf.\nBROKEN 3.0 person opens a door.\n'
)
STREAMO = json.dumps(
    [
        {
            'video_name': 'a.mp4',
            'video_path': 'coin/a.mp4',
            'task_type': 'Event Grounding',
            'source': 'coin',
            'duration': 60,
            'question': [{'content': 'When is the tire changed?', 'time': '2'}],
            'response': [
                {
                    'content': 'Given event occurred between 34s to 50s.',
                    'st_time': 34.0,
                    'end_time': 50.0,
                    'time': '',
                }
            ],
        },
        {
            'video_name': 'b.mp4',
            'task_type': 'QA',
            'source': 'coin',
            'duration': 60,
            'question': [{'content': 'Why?', 'time': '2'}],
            'response': [],
        },
    ]
)
# format: file, its text, records, of them converted without videos, labels of bad entries
FIXTURES = {
    'activitynet': ('train.json', ACTIVITYNET, 4, 4, ['v_broken']),
    'youcook2': ('youcookii_annotations_trainval.json', YOUCOOK2, 3, 3, ['broken']),
    'coin': ('COIN.json', COIN, 1, 1, ['broken']),
    'qvhighlights': ('highlight_val_release.jsonl', QVHIGHLIGHTS, 1, 1, ['qid 7']),
    'didemo': ('val_data.json', DIDEMO, 1, 1, ['annotation_id 13']),
    'charades-sta': ('charades_sta_test.txt', CHARADES, 1, 0, ['line 2']),
    'streamo': ('event_grounding/coin.json', STREAMO, 2, 1, []),
}


def write(tmp_path: Path, name: str) -> Path:
    path = tmp_path / FIXTURES[name][0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FIXTURES[name][1])
    return path


def test_every_format_has_a_fixture():
    assert set(FIXTURES) == set(FORMATS)


@pytest.mark.parametrize('name', list(FIXTURES))
def test_a_format_is_read_and_its_bad_entries_reported(tmp_path, name):
    _, _, count, _, bad = FIXTURES[name]
    findings = []
    records = list(read_annotations(write(tmp_path, name), name, findings.append))
    assert len(records) == count
    assert [finding.record for finding in findings] == bad


@pytest.mark.parametrize('name', list(FIXTURES))
def test_a_format_becomes_dialogues(tmp_path, name):
    converted = FIXTURES[name][3]
    output, report = tmp_path / 'out.jsonl', tmp_path / 'report.json'
    status = main(
        [
            str(write(tmp_path, name)),
            '--format',
            name,
            '-o',
            str(output),
            '--without-videos',
            '--report',
            str(report),
        ]
    )
    assert status == (0 if converted else 1)
    dialogues = list(read_dialogues(output))
    assert len(dialogues) == converted
    for dialogue in dialogues:
        states = [turn.state for turn in dialogue.turns]
        assert State.RESPONSE in states
        assert State.STANDBY in states
        assert any(turn.instruction for turn in dialogue.turns[:3])


def records_of(tmp_path, name):
    return [raw for _, _, raw in read_annotations(write(tmp_path, name), name, lambda _: None)]


def test_activitynet_gives_a_caption_and_a_question_an_event(tmp_path):
    caption, *grounding = records_of(tmp_path, 'activitynet')
    assert caption['task_type'] == 'event_caption'
    assert len(caption['response']) == len(grounding) == 3
    assert caption['response'][1]['content'].startswith('The girl dances')
    answer = grounding[0]['response'][0]
    assert answer['content'] == 'Given event occurred between 0.8s to 19.9s.'
    assert 'young woman' in grounding[0]['question'][0]['content']


def test_qvhighlights_answers_after_each_window(tmp_path):
    (record,) = records_of(tmp_path, 'qvhighlights')
    assert [(r['st_time'], r['end_time']) for r in record['response']] == [(82, 86), (120, 122)]
    assert len(record['question']) == 1


def test_didemo_takes_the_interval_most_people_gave(tmp_path):
    (record,) = records_of(tmp_path, 'didemo')
    assert (record['response'][0]['st_time'], record['response'][0]['end_time']) == (5.0, 15.0)
    assert record['duration'] == 30.0


def test_youcook2_names_the_folder_of_the_video(tmp_path):
    assert records_of(tmp_path, 'youcook2')[0]['video_path'] == 'training/113/GLd3aX16zBg'


def test_the_folder_of_streamo_instruct_is_walked(tmp_path):
    write(tmp_path, 'streamo')
    (tmp_path / 'qa').mkdir()
    (tmp_path / 'qa' / 'llava.json').write_text(STREAMO)
    files = {
        Path(file).name for file, _, _ in read_annotations(tmp_path, 'streamo', lambda _: None)
    }
    assert files == {'coin.json', 'llava.json'}


def test_a_file_of_another_format_is_reported(tmp_path):
    findings = []
    path = write(tmp_path, 'charades-sta')
    assert not list(read_annotations(path, 'coin', findings.append))
    assert 'the file is not COIN' in findings[0].why


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(AnnotationError, match='choose from'):
        list(read_annotations(tmp_path, 'tvr', lambda _: None))
