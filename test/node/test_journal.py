# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The journal: what stood before a crash stands after it, and a broken file stops nobody."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st

from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionError
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.node.instruction_sync import InstructionSync
from streamo_ros.node.journal import Journal
from streamo_ros.node.journal import JournalAnswer
from streamo_ros.node.journal import JournalError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'folder' / 'journal.sqlite'


def test_what_stood_stands_again_with_its_id(path: Path) -> None:
    book = InstructionBook(8)
    book.add('first', source=InstructionSource.SERVICE)
    kept = book.add('second', source=InstructionSource.SERVICE, max_responses=3, cooldown=5)
    book.count_response(kept.id)
    book.add('of a goal', source=InstructionSource.ACTION)
    book.cancel(1)
    journal = Journal(path)
    assert journal.keep(book.active())
    journal.close()

    again = InstructionBook(8)
    reopened = Journal(path)
    again.restore(reopened.active(), reopened.next_id())
    (one,) = again.active()
    assert (one.id, one.text, one.response_count, one.max_responses) == (2, 'second', 1, 3)
    assert again.add('new').id == 4
    reopened.close()


def test_what_does_not_fit_any_more_is_said_and_does_not_stand(path: Path) -> None:
    book, journal = InstructionBook(8), Journal(path)
    for text in ('short', 'too long for this model', 'fits as well'):
        book.add(text, source=InstructionSource.SERVICE)
    assert journal.keep(book.active())

    def check(text: str) -> str:
        if 'too long' in text:
            raise InstructionError('the instruction takes 900 tokens')
        return text

    again = InstructionBook(8, check)
    remark = InstructionSync(again, journal, publisher=None).restore()
    assert [one.text for one in again.active()] == ['short', 'fits as well']
    assert remark == 'instruction 2 is not active again: the instruction takes 900 tokens'
    journal.close()


def test_an_id_is_never_given_twice_even_when_all_are_cancelled(path: Path) -> None:
    book, journal = InstructionBook(8), Journal(path)
    for _ in range(3):
        book.add('x')
        journal.keep(book.active())
    book.cancel(0)
    journal.keep(book.active())
    journal.close()
    assert Journal(path).next_id() == 4


def test_the_last_answers_of_what_stands_are_kept(path: Path) -> None:
    book, journal = InstructionBook(8), Journal(path, most_answers=2)
    book.add('x')
    journal.keep(book.active())
    for number in range(5):
        journal.keep(book.active(), [JournalAnswer(1, number, f'answer {number}')])
    assert [answer.text for answer in journal.answers(1)] == ['answer 3', 'answer 4']
    book.cancel(1)
    journal.keep(book.active())
    assert journal.answers(1) == ()


def test_only_its_user_may_read_it(path: Path) -> None:
    Journal(path)
    modes = {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_nodes_cannot_share_one(path: Path) -> None:
    journal = Journal(path)
    journal.keep(())
    with pytest.raises(JournalError, match='one file for each node'):
        Journal(path)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(JournalError, match='cannot be opened'):
        Journal(tmp_path / 'file' / 'journal.sqlite')


def test_a_full_disk_is_said_and_forgiven(path: Path) -> None:
    book, journal = InstructionBook(64), Journal(path)
    pages = journal._database.execute('PRAGMA page_count').fetchone()[0]
    journal._database.execute(f'PRAGMA max_page_count = {pages}')
    for number in range(64):
        book.add(f'{number} ' + 'x' * 1900)
    assert not journal.keep(book.active())
    assert 'full' in journal.problem
    journal._database.execute('PRAGMA max_page_count = 100000')
    assert journal.keep(book.active())
    assert not journal.problem
    assert len(journal.active()) == 64


@pytest.mark.parametrize('damage', ['garbage', 'cut', 'flipped', 'foreign', 'newer', 'source'])
def test_a_damaged_file_is_set_aside_and_said(path: Path, damage: str) -> None:
    book, journal = InstructionBook(8), Journal(path)
    for _ in range(8):
        book.add('x' * 1000)
    journal.keep(book.active())
    journal.close()
    good = path.read_bytes()
    if damage == 'garbage':
        path.write_bytes(b'no database ' * 100)
    elif damage == 'cut':
        path.write_bytes(good[: len(good) // 2])
    elif damage == 'flipped':
        path.write_bytes(good[:4096] + bytes(255 - one for one in good[4096:]))
    else:
        statement = {
            'foreign': 'ALTER TABLE instructions DROP COLUMN backfill',
            'newer': 'PRAGMA user_version = 99',
            'source': 'UPDATE instructions SET source = 77',
        }[damage]
        with sqlite3.connect(path) as database:
            database.execute(statement)
        database.close()
    reopened = Journal(path)
    assert 'set aside' in reopened.remark
    assert reopened.active() == ()
    assert reopened.keep(book.active())
    assert list(path.parent.glob('*.damaged-*'))


def test_a_write_after_it_was_closed_leaves_the_file_alone(path: Path) -> None:
    book, journal = InstructionBook(8), Journal(path)
    book.add('say when the kettle boils')
    assert journal.keep(book.active())
    journal.close()
    assert not journal.keep(book.active())
    assert 'closed' in journal.problem
    assert not list(path.parent.glob('*.damaged-*'))
    assert len(Journal(path).active()) == 1


def test_damage_while_it_is_open_loses_no_instruction(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book, journal = InstructionBook(8), Journal(path)
    for _ in range(8):
        book.add('x' * 1000)
    journal.keep(book.active())
    journal._database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    journal._database.execute('PRAGMA shrink_memory')
    with path.open('r+b') as file:
        file.seek(4096)
        file.write(b'\xa5' * (path.stat().st_size - 4096))
    assert journal.keep(book.active())
    assert not journal.problem
    assert 'set aside' in journal.remark
    assert journal.remark in caplog.messages
    assert len(journal.active()) == 8
    assert list(path.parent.glob('*.damaged-*'))


@example(noise=b'\x00\x00\x00\x00\x05', at=43)
@example(noise=b'\x05', at=18)  # a version that is none
@example(noise=b'\xff', at=3478)  # a table's SQL, no longer UTF-8
@example(noise=b'\xff', at=3544)  # another column
@example(noise=b'$00', at=3480)
@given(noise=st.binary(max_size=200), at=st.integers(0, 20000))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_damage_can_stop_it(tmp_path_factory, noise: bytes, at: int) -> None:
    path = tmp_path_factory.mktemp('fuzz') / 'journal.sqlite'
    book, journal = InstructionBook(4), Journal(path)
    for _ in range(4):
        book.add('x' * 1500)
    journal.keep(book.active())
    journal.close()
    whole = bytearray(path.read_bytes())
    whole[at : at + len(noise)] = noise
    path.write_bytes(whole)
    reopened = Journal(path)
    assert len(reopened.active()) in (0, 4)
    assert reopened.keep(book.active())
    assert len(reopened.active()) == 4
    reopened.close()


_WRITER = """
import sys
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionError
from streamo_ros.node.journal import Journal
book, journal = InstructionBook(8), Journal(sys.argv[1])
book.restore(journal.active(), journal.next_id())
while True:
    if len(book.active()) == 8:
        book.cancel(book.active()[0].id)
        journal.keep(book.active())
    one = book.add('stands')
    journal.keep(book.active())
    print(one.id, flush=True)
"""


def test_what_was_promised_survives_kill_9(path: Path) -> None:
    chance = random.Random(7)
    promised = 0
    for _ in range(8):
        writer = subprocess.Popen(
            [sys.executable, '-c', _WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(chance.randrange(1, 30)):
            promised = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.communicate()[0].split()
        promised = int(rest[-1]) if rest else promised
        journal = Journal(path)
        assert not journal.remark
        assert journal.next_id() > promised
        assert promised in {one.id for one in journal.active()}
        journal.close()


FULL_DISK = """
import resource, sys
from streamo_ros.node.journal import Journal, JournalError
from streamo_ros.core.instruction import InstructionBook, InstructionSource
book = InstructionBook(8)
for number in range(int(sys.argv[3])):
    book.add(f'{number} ' + 300 * 'x', source=InstructionSource.SERVICE)
# What a process may write is limited, so that it needs no disk of its own that is full.
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    journal = Journal(sys.argv[1])
    for _ in range(100):
        journal.keep(book.active())
    print(journal.problem)
except JournalError as error:
    print(error)
"""


def test_a_journal_on_a_full_disk_is_named_and_leaves_no_stump(path: Path) -> None:
    def run(room: int, count: int) -> str:
        return subprocess.run(
            [sys.executable, '-c', FULL_DISK, path, str(room), str(count)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert run(0, 0).startswith(f'the journal {path} cannot be opened (')
    assert list(path.parent.iterdir()) == []
    assert run(40_000, 8).startswith(f'the journal {path} cannot be written: ')
    journal = Journal(path)
    assert (journal.remark, journal.problem) == ('', '')
    journal.close()
