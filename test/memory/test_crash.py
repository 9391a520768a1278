# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A process that writes a store is killed at any moment: nothing confirmed is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from streamo_ros.core.frame import SECOND
from streamo_ros.memory.reader import EVER
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.schema import DATABASE
from streamo_ros.memory.store import Store

# A frame in 20 s, so that pictures become old enough to leave while it runs.
WRITES = """
import sys, numpy as np
from streamo_ros.core.protocol import State
from streamo_ros.memory.record import AnswerRecord, FrameRecord, MemoryRecord, StateRecord
from streamo_ros.memory.record import SummaryRecord, SummaryStatus
from streamo_ros.memory.store import Store
store = Store(sys.argv[1])
image = np.full((48, 64, 3), 90, np.uint8)
first = int(sys.argv[2])
for number in range(first, first + 10_000):
    stamp = 10**18 + number * 20 * 10**9
    state = State.RESPONSE if number % 7 == 0 else State.SILENCE
    states = (StateRecord(stamp, 1, state, 0.5),)
    answers = (AnswerRecord(stamp, stamp, 1, 'Tell me.', f'It boils {number}.', 0.9),)
    answers = answers if state is State.RESPONSE else ()
    records = [MemoryRecord((1, 1), '', FrameRecord(stamp, image), states, answers)]
    if number % 5 == 4:
        time = stamp - 80 * 10**9, stamp + 20 * 10**9
        summary = SummaryRecord(*time, SummaryStatus.WRITTEN, 'Much.', '', time[1], 0, 1, '')
        records.append(summary)
    store.put(records)
    print(number, flush=True)
    store.tidy()
"""
OPENS = """
import sys
from streamo_ros.memory import schema
from streamo_ros.memory.store import Store
print('ready', flush=True)
while True:
    store = Store(sys.argv[1])
    store.close()
    (store.folder / schema.DATABASE).unlink()
"""
ERASES = """
import sys
from pathlib import Path
from streamo_ros.memory.erasure import erase
print('ready', flush=True)
erase(Path(sys.argv[1]), (10**18 + 10**11, 10**18 + 10**12))
"""


def killed(program: str, *arguments: object, lines: int = 1) -> list[str]:
    """Run until so many lines were printed, kill -9; returns all lines."""
    process = subprocess.Popen(
        [sys.executable, '-c', program, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(lines)]
    process.kill()
    said += process.stdout.read().splitlines(keepends=True)
    process.wait()
    # A line without its end was being printed.
    return [line.strip() for line in said if line.endswith('\n')]


def number_of(stamp: int) -> int:
    return (stamp - 10**18) // (20 * SECOND)


def check(folder: Path) -> dict[int, int]:
    """Open it as a node does; rows, words and files agree. Returns pictures by frame number."""
    store = Store(folder)
    assert not store.remark
    store.close()
    with closing(StoreReader(folder)) as reader:
        files = set(reader.pictures.all())
        assert files == {frame.id for frame in reader.frames(EVER, 10**6)}
        assert all(reader.pictures.image(frame) is not None for frame in files)
        assert len(reader.answers(EVER, '"boils"')) == len(reader.answers(EVER))
        frames = {
            (one.stamp - 10**18) // (20 * SECOND): one.picture for one in reader.every_frame()
        }
        assert {(one.end - 10**18) // (20 * SECOND) for one in reader.answers(EVER)} == {
            number for number in frames if number % 7 == 0
        }
        assert [number_of(one.stop) for one in reader.summaries()] == [
            number + 1
            for number in sorted(frames)
            if number % 5 == 4 and frames.keys() >= set(range(number - 4, number))
        ]
    return frames


@pytest.mark.parametrize(
    'times', [3, pytest.param(50, marks=pytest.mark.slow)], ids=['few', 'many']
)
def test_kill_9_loses_nothing_that_was_written(tmp_path: Path, times: int) -> None:
    there = 0
    for attempt in range(times):
        said = killed(WRITES, tmp_path, there, lines=5 + 11 * (attempt % 5))
        frames = check(tmp_path)
        assert len(frames) >= int(said[-1]) + 1
        assert sorted(frames) == list(range(len(frames)))
        there = len(frames)
    if times > 3:
        # Some pictures left meanwhile, so it was killed while they did.
        assert 0 in frames.values()


@pytest.mark.parametrize(
    'times', [2, pytest.param(20, marks=pytest.mark.slow)], ids=['few', 'many']
)
def test_kill_9_while_a_store_is_made_leaves_no_half_of_one(tmp_path: Path, times: int) -> None:
    for _ in range(times):
        killed(OPENS, tmp_path)
        assert check(tmp_path) == {}
        (tmp_path / DATABASE).unlink()


def test_a_store_that_was_being_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / f'{DATABASE}.new').write_bytes(b'half of it')
    assert check(tmp_path) == {}
    assert not list(tmp_path.glob('*.new*'))


@pytest.mark.parametrize(
    'times', [1, pytest.param(10, marks=pytest.mark.slow)], ids=['few', 'many']
)
def test_kill_9_while_a_time_is_erased_leaves_a_store_that_can_be_erased(
    tmp_path: Path, times: int
) -> None:
    for attempt in range(times):
        folder = tmp_path / str(attempt)
        killed(WRITES, folder, 0, lines=60)
        killed(ERASES, folder)
        check(folder)
        with closing(sqlite3.connect(folder / DATABASE)) as database:
            assert database.execute('PRAGMA integrity_check').fetchone() == ('ok',)
