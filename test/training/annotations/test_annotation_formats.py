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
HACS = json.dumps(
    {
        'database': {
            'aVu2j7JbYgk': {
                'duration': 90.682,
                'subset': 'training',
                'resolution': '854x480',
                'url': 'https://www.youtube.com/watch?v=aVu2j7JbYgk',
                'annotations': [
                    {'segment': [4.957, 15.957], 'label': 'Ice fishing'},
                    {'segment': [17.816, 29.435], 'label': 'Ice fishing'},
                    {'segment': [32.843, 44.152], 'label': 'Making a sandwich'},
                ],
            },
            'nothing': {'duration': 5.0, 'subset': 'validation', 'annotations': []},
            'hidden': {'duration': 5.0, 'subset': 'testing', 'annotations': []},
        }
    }
)
EGO_TIMEQA = json.dumps(
    [
        {
            'video_id': '000a3525-6c98-4650-aaab-be7d2c7b9402',
            'sample_id': 'x_0',
            'question': 'where did l put the knife?',
            'answer': 'on the table',
            'wrong_answers': ['in the sink', 'on the shelf', 'in the drawer'],
            'moment_start_frame': 97,
            'moment_end_frame': 182,
        },
        {'video_id': 'y', 'question': 'why?', 'answer': 'because'},
    ]
)
SHOT2STORY = json.dumps(
    [
        {
            'video': 'W26nTWGbf3g.8.mp4',
            'image_id': 'W26nTWGbf3g.8.mp4',
            'id': 0,
            'whole_caption': 'A man cooks, then eats.',
            'whole_ASR': '',
            'nvid': 'W26nTWGbf3g.8.mp4',
            'video_names': ['W26nTWGbf3g.8_0_49.mp4', 'W26nTWGbf3g.8_50_119.mp4'],
            'audio_captions': ['', 'He says that it is good.'],
            'captions': ['A man cooks.', 'The man eats.'],
            'ASR': ['', 'good'],
        },
        {'video': 'bad.mp4', 'video_names': ['shot_one.mp4'], 'captions': ['A dog.']},
    ]
)
VITT = json.dumps(
    [
        {
            'id': 'FmTp',
            'annotations': [
                {'timestamp': 260, 'tag': 'Opening'},
                {'timestamp': 16000, 'tag': 'Displaying technique'},
                {'timestamp': 23990, 'tag': 'Closing'},
            ],
        },
        {'id': 'abcd', 'annotations': [{'timestamp': 260, 'tag': 'Opening'}]},
    ]
)


def et_instruct(task: str, tgt: list[float] | None, answer: str) -> dict:
    return {
        'task': task,
        'source': 'how_to_step',
        'video': 'how_to_step/PJi8ZEHAFcI.mp4',
        'duration': 100.767,
        **({} if tgt is None else {'tgt': tgt}),
        'conversations': [
            {'from': 'human', 'value': '<image>\nWhich steps are shown?'},
            {'from': 'gpt', 'value': answer},
        ],
    }


ET_INSTRUCT = json.dumps(
    [
        et_instruct(
            'slc', [36, 44, 49, 57.5], '36 - 44 seconds, peel it. 49.0 - 57.5 seconds, boil it.'
        ),
        et_instruct('tal', [5, 8, 20, 21], 'It happens in 5 - 8 and 20 - 21 seconds.'),
        et_instruct('gvq', [30, 42], '(B) 30 - 42 seconds'),
        et_instruct('rvq', None, 'A potato.'),
        et_instruct('tvg', [5], '5 seconds'),
        et_instruct('tvg', [5, 6], 'from <vid> to <vid>'),
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
    'hacs': ('HACS_segments_v1.1.1.json', HACS, 3, 3, ['nothing']),
    'ego-timeqa': ('annotations.EgoTimeQA.json', EGO_TIMEQA, 1, 0, ['2 (y)']),
    'shot2story': ('43k_human_train.json', SHOT2STORY, 1, 0, ['bad.mp4']),
    'vitt': ('ViTT-annotations.json', VITT, 1, 0, ['2 (abcd)']),
    'et-instruct': (
        'et_instruct_164k_txt.json',
        ET_INSTRUCT,
        4,
        4,
        ['5 (how_to_step/PJi8ZEHAFcI.mp4)', '6 (how_to_step/PJi8ZEHAFcI.mp4)'],
    ),
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
    assert output.exists() == bool(converted)
    dialogues = list(read_dialogues(output)) if converted else []
    assert len(dialogues) == converted
    for dialogue in dialogues:
        states = [turn.state for turn in dialogue.turns]
        assert State.RESPONSE in states
        assert State.STANDBY in states or dialogue.task == 'rvq'
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


def answers(tmp_path, name):
    return [
        [(part['content'], part['st_time'], part['end_time']) for part in record['response']]
        for _, _, record in read_annotations(write(tmp_path, name), name, lambda finding: None)
    ]


def test_hacs_asks_for_every_interval_of_an_action(tmp_path):
    caption, fishing, sandwich = answers(tmp_path, 'hacs')
    assert [text for text, *_ in caption] == ['ice fishing', 'ice fishing', 'making a sandwich']
    assert fishing == [
        ('Given event occurred between 5s to 16s.', 4.957, 15.957),
        ('Given event occurred between 17.8s to 29.4s.', 17.816, 29.435),
    ]
    assert len(sandwich) == 1
    _, _, record = next(read_annotations(tmp_path / FIXTURES['hacs'][0], 'hacs', print))
    assert record['video_path'] == 'Ice_fishing/v_aVu2j7JbYgk'


def test_ego_timeqa_answers_when_the_moment_is_over(tmp_path):
    (record,) = (
        raw for _, _, raw in read_annotations(write(tmp_path, 'ego-timeqa'), 'ego-timeqa', print)
    )
    assert record['question'][0]['content'] == 'Where did I put the knife?'
    assert answers(tmp_path, 'ego-timeqa') == [[('On the table', 3.233, 6.067)]]


def test_vitt_sections_end_where_the_next_begins(tmp_path):
    assert answers(tmp_path, 'vitt') == [
        [('opening', 0.26, 16.0), ('displaying technique', 16.0, 23.99)]
    ]


def test_et_instruct_answers_after_each_interval(tmp_path):
    steps, intervals, letter, whole = answers(tmp_path, 'et-instruct')
    assert steps == [('Peel it.', 36, 44), ('Boil it.', 49, 57.5)]
    assert intervals == [
        ('Given event occurred between 5s to 8s.', 5, 8),
        ('Given event occurred between 20s to 21s.', 20, 21),
    ]
    assert letter == [('(B) 30 - 42 seconds', 30, 42)]
    assert whole == [('A potato.', '', '')]


def test_shot2story_counts_in_frames_of_the_video(tmp_path, make_video):
    make_video(tmp_path / 'W26nTWGbf3g.8.mp4', frames=120, rate=10.0)
    output = tmp_path / 'out.jsonl'
    command = [str(write(tmp_path, 'shot2story')), '--format', 'shot2story', '-o', str(output)]
    assert main([*command, '--videos', str(tmp_path)]) == 0
    (dialogue,) = read_dialogues(output)
    due = [(turn.start, turn.text) for turn in dialogue.turns if turn.text]
    assert due == [(5, 'A man cooks.'), (12, 'The man eats.')]


def test_narration_and_changing_answers_are_made_of_captions(tmp_path):
    output = tmp_path / 'out.jsonl'
    command = [str(write(tmp_path, 'coin')), '--format', 'coin', '-o', str(output)]
    assert main([*command, '--without-videos', '--narration']) == 0
    tasks = {dialogue.task: dialogue for dialogue in read_dialogues(output)}
    assert list(tasks) == ['action_caption', 'narration', 'TSQA']
    due = {
        task: [(turn.start, turn.text) for turn in dialogue.turns if turn.text]
        for task, dialogue in tasks.items()
    }
    assert due == {
        'action_caption': [(20, 'unscrew the screw'), (33, 'jack up the car')],
        'narration': [(17, 'unscrew the screw'), (27, 'jack up the car')],
        'TSQA': [(15, 'unscrew the screw'), (22, 'jack up the car')],
    }
    assert len({dialogue.turns[0].instruction for dialogue in tasks.values()}) == 3
