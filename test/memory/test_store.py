# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The store: what it keeps, what leaves, and what it survives."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st

from streamo_ros.core.frame import SECOND
from streamo_ros.core.interface import Sighting
from streamo_ros.core.protocol import State
from streamo_ros.memory import store as store_module
from streamo_ros.memory.pictures import encode_picture
from streamo_ros.memory.reader import EVER
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.record import FrameRecord
from streamo_ros.memory.record import MemoryRecord
from streamo_ros.memory.schema import DATABASE
from streamo_ros.memory.schema import StoreError
from streamo_ros.memory.store import Store
from streamo_ros.memory.writer import StoreWriter
from test.memory.conftest import START
from test.memory.conftest import Vision


def record(second: int, stream: int = 1, image: bool = True, start: int = START) -> MemoryRecord:
    picture = np.full((48, 64, 3), 100, np.uint8) if image else None
    return MemoryRecord((1, stream), 'model', FrameRecord(start + second * SECOND, picture))


def filled(folder: Path, seconds: int, **options) -> Store:
    store = Store(folder, **options)
    for second in range(0, seconds, 8):
        store.put([record(one) for one in range(second, min(second + 8, seconds))])
        store.tidy()
    return store


def seconds(folder: Path) -> list[int]:
    return [(one.stamp - START) // SECOND for one in StoreReader(folder).frames(EVER, 100_000)]


def test_a_frame_comes_back_with_picture_vector_state_and_answer(teller) -> None:
    one = teller()
    vector = np.arange(8, dtype=np.float16)
    one.see(0, shade=200, vision=Vision(vector))
    one.see(1, State.STANDBY)
    one.see(2, State.RESPONSE, 'The kettle boils.', event_start=1)
    reader = one.done()
    frames, vectors = reader.vectors(EVER)
    assert [frame.stamp for frame in frames] == [START]
    assert vectors.tolist() == [list(range(8))]
    picture = reader.pictures.image(frames[0].id)
    assert picture is not None
    assert abs(int(picture[0, 0, 0]) - 200) < 3
    (answer,) = reader.answers(EVER)
    assert (answer.text, answer.start, answer.end) == (
        'The kettle boils.',
        START + SECOND,
        START + 2 * SECOND,
    )
    assert answer.about == 'Tell me when the kettle boils.'
    (standby,) = reader.states(EVER, State.STANDBY)
    assert standby.start == START + SECOND
    assert standby.frames == 1


def test_hours_of_silence_are_one_row(teller) -> None:
    one = teller()
    for second in range(300):
        one.see(second)
    (run,) = one.done().states(EVER, State.SILENCE)
    assert (run.frames, run.end - run.start) == (300, 299 * SECOND)


def test_a_thing_that_blinks_is_seen_once(teller) -> None:
    one = teller()
    cup = Vision(None, (Sighting('cup', 0.8, (0.1, 0.2, 0.3, 0.4)), Sighting('dog', 0.2, ())))
    for second in (0, 1, 3, 30):
        one.see(second, vision=cup)
    seen = one.done().sightings(EVER)
    assert [(fact.text, fact.frames) for fact in seen] == [('cup', 3), ('cup', 1)]
    assert seen[0].box == (0.1, 0.2, 0.3, 0.4)


def test_pictures_thin_out_with_age_and_those_that_matter_stay(teller) -> None:
    one = teller()
    for second in range(3 * 3600):
        if second % 600 == 0:
            one.writer.flush(60)
        at = second == 4321
        one.see(second, State.RESPONSE if at else State.SILENCE, 'It boils.' if at else '')
    reader = one.done()
    kept = seconds(one.folder)
    newest = 3 * 3600 - 1
    last_ten_minutes = [second for second in kept if second > newest - 600]
    to_two_hours = [second for second in kept if newest - 7100 < second < newest - 700]
    older = [second for second in kept if second < newest - 7300]
    assert last_ten_minutes == list(range(newest - 599, newest + 1))
    assert len({second // 10 for second in to_two_hours}) >= len(to_two_hours) - 4
    assert len(to_two_hours) == pytest.approx(640, abs=8)
    assert len(older) == pytest.approx(58, abs=4)
    assert 4321 in kept
    assert reader.counts()['frames'] == 3 * 3600
    files = list((one.folder / 'pictures').glob('*/*.jpg'))
    assert len(files) == len(kept)


def test_a_picture_on_which_much_changed_stays(teller) -> None:
    one = teller()
    for second in range(1500):
        one.see(second, shade=30 if second < 47 else 220)
    one.done()
    assert 47 in seconds(one.folder)


def test_a_store_never_grows_beyond_its_bytes(tmp_path: Path) -> None:
    store = Store(tmp_path, max_bytes=400_000)
    noise = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    size = len(encode_picture(noise))
    for second in range(300):
        store.put([MemoryRecord((1, 1), '', FrameRecord(START + second * SECOND, noise))])
        if second % 16 == 15:
            store.tidy()
    assert store.bytes < 400_000 + 17 * size
    on_disk = sum(file.stat().st_size for file in tmp_path.rglob('*') if file.suffix != '.wal')
    assert on_disk < 400_000 + 17 * size + 4_300_000  # and the write-ahead log
    assert seconds(tmp_path)[-1] == 299
    store.close()


def test_what_is_too_old_leaves_with_all_its_rows(tmp_path: Path, monkeypatch) -> None:
    now = time.time_ns()
    monkeypatch.setattr(store_module.time, 'time_ns', lambda: now)
    store = filled(tmp_path, 20, max_days=1.0)
    monkeypatch.setattr(store_module.time, 'time_ns', lambda: now + 2 * 86_400 * SECOND)
    store.put([record(0, stream=2)])
    store.tidy()
    assert StoreReader(tmp_path).counts() | {'picture_bytes': 0} == {
        'streams': 1,
        'frames': 1,
        'answers': 0,
        'runs': 0,
        'sightings': 0,
        'summaries': 0,
        'pictures': 1,
        'picture_bytes': 0,
    }
    store.close()


def test_a_bag_that_loops_is_a_stream_each_time_and_ages_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for loop in range(3):
        store.put([record(second, stream=loop + 1) for second in range(300)])
        store.tidy()
    reader = StoreReader(tmp_path)
    assert reader.counts()['streams'] == 3
    assert len({frame.stream for frame in reader.frames(EVER)}) == 3
    for stream in (1, 2, 3):
        nearest = reader.nearest(stream, START + 5 * SECOND)
        assert nearest is not None
        assert nearest.stream == stream
    store.close()


def test_a_clock_that_jumps_years_ahead_erases_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put([record(second) for second in range(60)])
    store.put([record(second, start=START + 10**18) for second in range(3)])
    store.put([record(60 + second, stream=2) for second in range(60)])
    for _ in range(10):
        store.tidy()
    assert StoreReader(tmp_path).counts()['frames'] == 123
    store.close()


def test_what_was_set_aside_leaves_when_it_is_too_old(tmp_path: Path, monkeypatch) -> None:
    filled(tmp_path, 3).close()
    (tmp_path / DATABASE).write_bytes(b'this is no database, though long enough' * 400)
    store = Store(tmp_path, max_days=1.0)
    store.tidy()
    assert list(tmp_path.glob('damaged-*'))
    now = time.time_ns()
    monkeypatch.setattr(store_module.time, 'time_ns', lambda: now + 2 * 86_400 * SECOND)
    store.tidy()
    assert not list(tmp_path.glob('damaged-*'))
    store.close()


def test_a_picture_that_somebody_deleted_is_no_longer_promised(tmp_path: Path) -> None:
    filled(tmp_path, 3).close()
    next(tmp_path.rglob('2.jpg')).unlink()
    Store(tmp_path).close()
    assert seconds(tmp_path) == [0, 2]


def test_only_this_user_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / 'store'
    filled(folder, 2).close()
    for path in [folder, *folder.rglob('*')]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    store = filled(tmp_path, 3)
    with pytest.raises(StoreError, match='in use by another process'):
        Store(tmp_path)
    assert len(seconds(tmp_path)) == 3
    store.close()
    Store(tmp_path).close()


@pytest.mark.parametrize(
    ('change', 'says'),
    [
        ('PRAGMA application_id = 7', 'another program'),
        ('PRAGMA user_version = 99', 'newer version'),
    ],
)
def test_a_foreign_or_newer_store_is_refused_and_left_alone(
    tmp_path: Path, change: str, says: str
) -> None:
    filled(tmp_path, 3).close()
    with sqlite3.connect(tmp_path / DATABASE) as database:
        database.execute(change)
    for opening in (Store, StoreReader):
        with pytest.raises(StoreError, match=says):
            opening(tmp_path)
    assert not list(tmp_path.glob('damaged*'))


def test_a_damaged_store_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    filled(tmp_path, 3).close()
    (tmp_path / DATABASE).write_bytes(b'this is no database, though long enough' * 400)
    with pytest.raises(StoreError, match='sets the damaged file aside'):
        StoreReader(tmp_path)
    store = Store(tmp_path)
    assert 'damaged' in store.remark
    assert len(list(tmp_path.glob('damaged-*/pictures'))) == 1
    store.put([record(0)])
    store.close()
    assert seconds(tmp_path) == [0]


@pytest.mark.parametrize('version', [0, -472613886, 62107])
def test_a_version_that_never_was_is_damage(tmp_path: Path, version: int) -> None:
    filled(tmp_path, 3).close()
    with sqlite3.connect(tmp_path / DATABASE) as database:
        database.execute(f'PRAGMA user_version = {version}')
    with pytest.raises(StoreError, match='header is damaged'):
        StoreReader(tmp_path)
    store = Store(tmp_path)
    assert 'set aside' in store.remark
    store.close()


@example(noise=b'\x05', at=18)  # a version that is none
@example(noise=b'\xff', at=902)  # a table's SQL, no longer UTF-8
@given(noise=st.binary(min_size=1, max_size=200), at=st.integers(0, 102_000))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_damage_raises_anything_but_a_sentence(tmp_path_factory, noise: bytes, at: int) -> None:
    folder = tmp_path_factory.mktemp('damage')
    filled(folder, 3).close()
    whole = bytearray((folder / DATABASE).read_bytes())
    whole[at : at + len(noise)] = noise
    (folder / DATABASE).write_bytes(whole)
    with contextlib.suppress(StoreError), contextlib.closing(StoreReader(folder)) as reader:
        reader.every_frame()
    with contextlib.suppress(StoreError), contextlib.closing(Store(folder)) as store:
        store.put([record(20)])
        store.tidy()


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everywhere')
def test_a_store_on_a_disk_that_is_read_only_is_refused_in_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match='cannot be written'):
        Store(tmp_path / 'store')
    tmp_path.chmod(0o700)


def test_a_disk_that_turned_read_only_is_named(tmp_path: Path, monkeypatch) -> None:
    filled(tmp_path, 3).close()
    connect = sqlite3.connect

    def read_only(path, **options):
        return connect(f'file:{path}?mode=ro', uri=True, **options)

    monkeypatch.setattr('streamo_ros.memory.schema.sqlite3.connect', read_only)
    with pytest.raises(StoreError, match=r'readonly.*user may write to'):
        Store(tmp_path)


def test_a_folder_that_cannot_be_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(StoreError, match='cannot be written'):
        Store(tmp_path / 'file' / 'store')
    with pytest.raises(StoreError, match='is no store'):
        StoreReader(tmp_path / 'nothing')


def test_a_full_disk_loses_what_comes_meanwhile_and_heals(tmp_path: Path, monkeypatch) -> None:
    store = filled(tmp_path, 8)

    def full(*_: object) -> None:
        raise OSError(28, 'No space left on device')

    with monkeypatch.context() as patch:
        patch.setattr(store_module.Pictures, 'write', full)
        with pytest.raises(StoreError, match='No space left on device'):
            store.put([record(8)])
    store.put([record(9)])
    assert seconds(tmp_path) == [*range(8), 9]
    store.close()


def test_the_writer_says_what_it_could_not_write_and_goes_on(tmp_path: Path, monkeypatch) -> None:
    store = Store(tmp_path)
    writer = StoreWriter(store)

    def full(*_: object) -> None:
        raise StoreError('the store is full')

    put = store.put
    monkeypatch.setattr('streamo_ros.memory.writer._RETRY', 0.0)
    store.put = full
    writer.put(record(0))
    assert writer.flush()
    assert writer.problem == 'the store is full'
    assert writer.counts.lost == 1
    store.put = put
    writer.put(record(1))
    assert writer.flush()
    assert not writer.problem
    assert writer.counts.written == 1
    writer.close()
    assert seconds(tmp_path) == [1]


def test_a_disk_too_slow_costs_pictures_first_and_then_frames(tmp_path: Path, monkeypatch) -> None:
    store = Store(tmp_path)
    writer = StoreWriter(store, queue=2)
    put = store.put
    going = []

    def slow(records) -> None:
        while not going:
            time.sleep(0.001)
        put(records)

    store.put = slow
    writer.put(record(0))
    while writer._queue:
        time.sleep(0.001)
    for second in range(1, 41):
        writer.put(record(second))
    going.append(True)
    assert writer.flush()
    assert (writer.counts.without_picture, writer.counts.lost) == (30, 8)
    writer.close()
    assert seconds(tmp_path) == [0, 1, 2]
    assert StoreReader(tmp_path).counts()['frames'] == 33
