# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo ask` as a user sees it: answers, an overview, export, erasure, exit codes."""

from __future__ import annotations

import json

import pytest

from streamo_ros import cli
from streamo_ros.core.frame import SECOND
from streamo_ros.core.protocol import State
from streamo_ros.memory.reader import EVER
from streamo_ros.memory.reader import StoreReader
from test.memory.conftest import START
from test.memory.conftest import Vision


@pytest.fixture
def store(teller):
    one = teller()
    for second in range(100):
        boils = second == 50
        one.see(
            second,
            State.RESPONSE if boils else State.SILENCE,
            'The secret kettle boils.' if boils else '',
            vision=Vision(None, ()),
        )
    one.writer.flush()
    one.writer.close()
    return one.folder


@pytest.fixture
def ask(store, capsys):
    def run(*arguments, folder=store):
        code = cli.main(['ask', str(folder), '--time-zone', 'UTC', *map(str, arguments)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_an_answer_comes_with_its_evidence_and_pictures(ask, tmp_path) -> None:
    code, out, _ = ask('When did the kettle boil?', '--pictures', tmp_path / 'seen')
    assert code == 0
    assert 'From the record: at 22:14:10, “The secret kettle boils.”.' in out
    assert 'evidence: 22:14:10' in out
    names = {path.name for path in (tmp_path / 'seen').iterdir()}
    assert f'{START + 50 * SECOND}.jpg' in names


def test_an_answer_as_json(ask) -> None:
    code, out, _ = ask('When did the kettle boil?', 'And the phone?', '--json')
    first, second = map(json.loads, out.splitlines())
    assert code == 1
    assert first['outcome'] == 'ANSWERED'
    assert first['evidence'] == [START + 50 * SECOND]
    assert second['outcome'] == 'NOT_FOUND'


def test_without_a_question_it_tells_what_there_is(ask) -> None:
    code, out, _ = ask()
    assert code == 0
    assert '100 frames, 100 pictures, 1 answers, 1 streams' in out
    assert 'watched for: Tell me when the kettle boils.' in out
    assert json.loads(ask('--json')[1])['frames'] == 100


@pytest.mark.parametrize(
    ('arguments', 'says'),
    [
        (['what happened tomorrow?'], 'in the future'),
        (['what happened?', '--frames', '0'], '--frames must be'),
        (['what happened?', '--erase', 'all'], 'cannot be combined'),
        (['--erase', 'the kettle'], 'is no time'),
        (['--erase', 'kettle today'], 'is no time'),
        (['hm?', '--time-zone', 'Mars'], 'no time zone'),
    ],
)
def test_bad_input_is_refused_in_a_sentence(ask, arguments, says) -> None:
    code, out, err = ask(*arguments)
    assert (code, out) == (2, '')
    assert says in err


def test_a_folder_that_is_not_there_is_no_store(ask, tmp_path) -> None:
    code, _, err = ask('hm?', folder=tmp_path / 'nothing')
    assert code == 2
    assert 'is no store' in err


def test_export_writes_everything_as_plain_files(ask, tmp_path) -> None:
    code, out, _ = ask('--export', tmp_path / 'all')
    assert code == 0
    assert '100 frames, 100 pictures and 1 answers' in out
    rows = [json.loads(line) for line in (tmp_path / 'all' / 'memory.jsonl').open()]
    frames = [row for row in rows if row['row'] == 'frame']
    assert len(frames) == 100
    assert all((tmp_path / 'all' / row['picture']).stat().st_size > 100 for row in frames)
    (answer,) = [row for row in rows if row['row'] == 'answer']
    assert answer['text'] == 'The secret kettle boils.'


def test_what_is_erased_is_gone_from_the_disk(ask, store) -> None:
    code, out, _ = ask('--erase', 'between 22:14:00 and 22:14:30')
    assert code == 0
    assert '31 frames' in out
    reader = StoreReader(store)
    seconds = {(frame.stamp - START) // SECOND for frame in reader.every_frame()}
    assert seconds == set(range(100)) - set(range(40, 71))
    assert set(reader.pictures.all()) == {frame.id for frame in reader.frames(EVER)}
    assert not reader.answers(EVER)
    runs = reader.states(EVER, State.SILENCE)
    assert not [run for run in runs if START + 40 * SECOND <= run.end <= START + 70 * SECOND]
    assert len(runs) == 2
    reader.close()
    for path in store.rglob('*'):
        assert path.is_dir() or b'secret' not in path.read_bytes(), path
    assert ask('When did the kettle boil?')[0] == 1


def test_all_can_be_erased(ask, store) -> None:
    code, out, _ = ask('--erase', 'all')
    assert (code, out) == (0, '100 frames and all that was said of them are erased\n')
    assert [path.name for path in store.rglob('*')] == ['lock', 'pictures']


def test_an_erasure_says_what_a_damaged_database_has_left(ask, store) -> None:
    (store / 'damaged-1').mkdir()
    code, _, err = ask('--erase', 'between 22:14:00 and 22:14:30')
    assert code == 0
    assert 'damaged-1' in err
    assert '--erase all' in err
    assert ask('--erase', 'all')[0] == 0
    assert not (store / 'damaged-1').exists()


def test_a_store_that_a_node_uses_is_not_erased_from(ask, store) -> None:
    from streamo_ros.memory.store import Store

    one = Store(store)
    code, _, err = ask('--erase', 'all')
    one.close()
    assert code == 2
    assert 'in use by another process' in err
