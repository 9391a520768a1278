# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Erasure where the store is not as it should be: damaged, on a full disk, of another program."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from streamo_ros.memory import erasure
from streamo_ros.memory.erasure import erase
from streamo_ros.memory.erasure import erase_all
from streamo_ros.memory.reader import EVER
from streamo_ros.memory.schema import DamagedError
from streamo_ros.memory.schema import DATABASE
from streamo_ros.memory.schema import StoreError
from streamo_ros.memory.store import Store


@pytest.fixture
def store(teller) -> Path:
    one = teller()
    for second in range(20):
        one.see(second)
    one.done().close()
    one.writer.close()
    return one.folder


def test_a_damaged_store_can_be_erased_with_what_was_set_aside_before(store: Path) -> None:
    for _ in range(2):
        (store / DATABASE).write_bytes(b'this is no database, though long enough' * 400)
        Store(store).close()
    (store / DATABASE).write_bytes(b'this is no database, though long enough' * 400)
    (store / 'pictures' / '000000').mkdir(parents=True)
    (store / 'pictures' / '000000' / '1.jpg').write_bytes(b'picture')
    with pytest.raises(DamagedError):
        erase(store, EVER)
    assert erase_all(store) == 0
    assert [path.name for path in store.rglob('*') if path.is_file()] == ['lock']


def test_a_store_of_another_program_is_not_deleted(store: Path) -> None:
    with sqlite3.connect(store / DATABASE) as database:
        database.execute('PRAGMA application_id = 7')
    with pytest.raises(StoreError, match='another program'):
        erase_all(store)
    assert len(list(store.rglob('*.jpg'))) == 20


def test_files_that_are_not_ours_stay(store: Path) -> None:
    (store / 'pictures' / 'holiday.jpg').write_bytes(b'mine')
    assert erase_all(store) == 20
    assert [path.name for path in store.rglob('*.jpg')] == ['holiday.jpg']


def test_on_a_full_disk_pictures_leave_before_the_database_is_written(
    store: Path, monkeypatch
) -> None:
    def full(_: Path) -> sqlite3.Connection:
        assert not list(store.rglob('*.jpg'))
        raise sqlite3.OperationalError('database or disk is full')

    monkeypatch.setattr(erasure, 'open_checked', full)
    with pytest.raises(StoreError, match=r'disk is full\): free space on its disk'):
        erase(store, EVER)


def test_words_that_could_not_be_overwritten_are_admitted(store: Path, monkeypatch) -> None:
    opened = erasure.open_checked

    class Full:
        def __init__(self, folder: Path) -> None:
            self._database = opened(folder)

        def execute(self, query: str, *values: object) -> sqlite3.Cursor:
            if query == 'VACUUM':
                raise sqlite3.OperationalError('database or disk is full')
            return self._database.execute(query, *values)

        def close(self) -> None:
            self._database.close()

    monkeypatch.setattr(erasure, 'open_checked', Full)
    with pytest.raises(StoreError, match=r'20 frames are erased.*erase the same time again'):
        erase(store, EVER)
