# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags whose metadata or storage is wrong: the files are believed, and what is left is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.open import open_source

CASES = Path(__file__).parents[2].parent / 'shared' / 'cases'
PAGE = 4096


def count(source):
    """Images that can and that cannot be decoded."""
    good = bad = 0
    for record in source.records():
        assert isinstance(record.frame_id, str)
        try:
            record.image()
            good += 1
        except ImageError:
            bad += 1
    return good, bad


@pytest.mark.parametrize('bag', ['raw_mcap', 'raw_sqlite', 'split_mcap', 'file_mcap'])
@pytest.mark.parametrize('said', ["''", 'mcap', 'sqlite3', 'anything'])
def test_storage_is_what_the_files_are(bags, tmp_path, bag, said):
    shutil.copytree(bags / bag, tmp_path / 'bag')
    metadata = tmp_path / 'bag' / 'metadata.yaml'
    lines = metadata.read_text().splitlines()
    told = [f'  storage_identifier: {said}' if 'storage_id' in line else line for line in lines]
    metadata.write_text('\n'.join(told) + '\n')
    assert count(open_source(tmp_path / 'bag')) == (40, 0)


def test_files_that_were_unpacked_by_hand_are_found(bags, tmp_path):
    source = open_source(bags / 'file_mcap')
    (unpacked,) = [storage.path for storage in source._files._storages]
    folder = tmp_path / 'bag'
    folder.mkdir()
    shutil.copy(bags / 'file_mcap' / 'metadata.yaml', folder)
    (folder / 'file_mcap.mcap').write_bytes(unpacked.read_bytes())
    source.close()
    for salvage in (False, True):
        assert count(open_source(folder, salvage=salvage)) == (40, 0)
    (folder / 'metadata.yaml').unlink()
    assert count(open_source(folder, salvage=True)) == (40, 0)


@pytest.mark.parametrize('bag', ['raw_mcap/raw_mcap.mcap', 'raw_sqlite/raw_sqlite.db3'])
@pytest.mark.parametrize('name', ['recording', 'recording.mp4', 'recording.db3', 'recording.mcap'])
def test_a_file_is_what_it_holds_whatever_its_name(bags, tmp_path, bag, name):
    shutil.copy(bags / bag, tmp_path / name)
    assert count(open_source(tmp_path / name)) == (40, 0)


@pytest.fixture(scope='module')
def database(bags):
    return (bags / 'raw_sqlite' / 'raw_sqlite.db3').read_bytes()


@pytest.mark.parametrize('seed', range(12))
def test_damaged_pages_of_a_database_cost_only_what_they_hold(database, tmp_path, seed):
    random = np.random.default_rng(seed)
    data = bytearray(database)
    for page in random.integers(5, len(data) // PAGE, 1 + seed % 3):
        junk = random.integers(0, 256, PAGE, np.uint8).tobytes() if seed % 2 else bytes(PAGE)
        data[page * PAGE : (page + 1) * PAGE] = junk
    path = tmp_path / 'damaged.db3'
    path.write_bytes(data)
    source = open_source(path, salvage=True)
    good, bad = count(source)
    assert good >= 20
    assert good + bad <= 40
    assert source.damage or good == 40


@pytest.mark.parametrize('seed', range(12))
def test_a_damaged_database_is_refused_with_advice_or_has_bad_frames(database, tmp_path, seed):
    page = PAGE * int(np.random.default_rng(seed).integers(1, len(database) // PAGE))
    path = tmp_path / 'damaged.db3'
    path.write_bytes(database[:page] + bytes(PAGE) + database[page + PAGE :])
    problems = []
    try:
        problems += [''] * count(open_source(path))[0]
    except SourceError as error:
        problems.append(str(error))
    assert len(problems) >= 35 or 'add --salvage' in problems[0]


@pytest.mark.parametrize('share', [0.4, 0.7, 0.95])
def test_a_database_that_was_cut_off_is_salvaged(database, tmp_path, share):
    path = tmp_path / 'cut.db3'
    path.write_bytes(database[: int(len(database) * share)])
    with pytest.raises(SourceError, match=r'cannot be read as a sqlite3 bag.* or add --salvage'):
        open_source(path)
    source = open_source(path, salvage=True)
    good, _ = count(source)
    assert good >= 40 * share - 12
    assert source.damage.endswith('cut.db3 was cut off')


def test_a_packed_file_that_was_cut_off_is_salvaged(bags, tmp_path):
    packed = next((bags / 'file_mcap').glob('*.zstd'))
    data = packed.read_bytes()
    (tmp_path / packed.name).write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(SourceError, match=r'cannot be unpacked: .*; add --salvage to read a part'):
        open_source(tmp_path / packed.name)
    source = open_source(tmp_path / packed.name, salvage=True)
    assert count(source)[0] > 5
    assert 'damaged or was cut off' in source.damage


def test_a_message_that_cannot_be_read_late_is_a_bad_frame(bags, monkeypatch):
    import apsw

    source = open_source(bags / 'jpeg_sqlite')
    records = list(source.records())
    source._files._storages[0]._database.close()
    monkeypatch.setattr(
        source._files._storages[0], '_database', apsw.Connection(':memory:'), raising=True
    )
    with pytest.raises(ImageError, match='is damaged'):
        records[3].image()


def test_an_unreadable_folder_is_one_sentence(tmp_path, monkeypatch):
    def refuse(_):
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr(Path, 'iterdir', refuse)
    with pytest.raises(SourceError, match='cannot be read: Permission denied'):
        open_source(tmp_path)


@pytest.mark.skipif(not CASES.exists(), reason='the shared cases are not here')
@pytest.mark.parametrize('name', ['reindexed', 'unpacked'])
@pytest.mark.parametrize('salvage', [False, True])
def test_bags_of_the_field_are_read(name, salvage):
    assert count(open_source(CASES / '17_reindexed_bag' / name, salvage=salvage)) == (40, 0)


def _split(bags, folder):
    return shutil.copytree(bags / 'split_mcap', folder / 'split_mcap')


def test_a_file_that_was_only_created_is_called_empty_and_costs_nothing_else(bags, tmp_path):
    bag = _split(bags, tmp_path)
    (bag / 'split_mcap_3.mcap').write_bytes(b'')
    with pytest.raises(
        SourceError, match=r'nothing was written to .*split_mcap_3.mcap: add --sal'
    ):
        open_source(bag)
    source = open_source(bag, salvage=True)
    assert len(list(source.records())) == 30
    assert source.damage == f'nothing was written to {bag}/split_mcap_3.mcap'


def test_a_salvaged_bag_says_which_file_is_missing(bags):
    source = open_source(bags / 'lacking', salvage=True)
    assert source.damage.endswith('lacking lacks split_mcap_2.mcap')


def test_the_order_of_files_is_that_of_their_recording(bags, tmp_path):
    bag = _split(bags, tmp_path)
    metadata = bag / 'metadata.yaml'
    lines = metadata.read_text().splitlines()
    metadata.write_text('\n'.join([*lines[:-4], *reversed(lines[-4:])]) + '\n')
    stamps = [record.stamp for record in open_source(bag).records()]
    assert stamps == sorted(stamps)
    assert len(stamps) == 40
