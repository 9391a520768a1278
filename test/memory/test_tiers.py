# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The past in words: tiers that change where a chunk ends alone, and what a model is asked."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from streamo_ros.core.frame import SECOND
from streamo_ros.core.interface import Sighting
from streamo_ros.core.protocol import State
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.tiers import read_tiers
from streamo_ros.memory.tiers import TierCounts
from test.memory.conftest import START
from test.memory.conftest import Teller
from test.memory.conftest import Vision

UTC = ZoneInfo('UTC')
COUNTS = TierCounts(chunk=10, mid=3, long=2)


@pytest.fixture(scope='module')
def reader(tmp_path_factory) -> StoreReader:
    one = Teller(tmp_path_factory.mktemp('stores') / 'store')
    for second in range(140):
        cup = Vision(None, (Sighting('cup', 0.9, ()),)) if second == 75 else None
        answer = f'Number {second}.' if second % 10 == 5 else ''
        state = State.RESPONSE if answer else State.SILENCE
        one.see(second, state, answer, vision=cup)
    one.writer.close()
    return StoreReader(one.folder)


def words(reader: StoreReader, second: int, counts: TierCounts = COUNTS):
    return read_tiers(reader, START + second * SECOND, UTC, counts)


def test_a_text_changes_only_where_a_chunk_ends(reader) -> None:
    assert words(reader, 0).lines == ()
    assert words(reader, 19).lines == words(reader, 10).lines
    for second in range(10, 139):
        if second % 10:
            assert words(reader, second) == words(reader, second - 1)
        else:
            assert words(reader, second) != words(reader, second - 1)


def test_what_is_older_than_all_blocks_leaves_first(reader) -> None:
    tiers = words(reader, 130)
    assert [(one.start - START) // SECOND for one in tiers.long] == [40, 70]
    assert [(one.start - START) // SECOND for one in tiers.mid] == [100, 110, 120]
    everything = ' '.join(tiers.lines)
    assert 'Number 35.' not in everything
    assert all(f'Number {second}.' in everything for second in range(45, 130, 10))
    assert 'seen: cup' in everything


def test_what_there_is_no_room_for_is_counted(tmp_path) -> None:
    one = Teller(tmp_path / 'store')
    for second in range(20):
        one.see(second, State.RESPONSE, 'A long answer about something ' + 'x' * 60)
    one.writer.close()
    tiers = words(StoreReader(one.folder), 19)
    assert 'and 8 more' in tiers.lines[0]
    assert len(tiers.lines[0]) < 400


def test_a_model_is_asked_with_times_facts_words_and_what_was_asked_before(reader) -> None:
    asker = Asker(reader, UTC, COUNTS)
    recall = asker.recall('When was it number 55?', limit=4, at=1.0)
    asker.remember(recall, 'At 22:14:15.')
    recall = asker.recall('What was number 65?', limit=4, at=2.0)
    lines = asker.prompt(recall).splitlines()
    assert lines[-1] == 'What was number 65?'
    assert lines[-2].startswith('The frames were taken at ')
    assert 'Asked before: When was it number 55? At 22:14:15.' in lines
    assert 'Noted at 22:14:25: Number 65.' in lines
    assert any(line.startswith('22:') and 'Number 125.' in line for line in lines)
    assert len('\n'.join(lines)) <= 2000
    recall = asker.recall('number 65 ' * 199, limit=4, at=3.0)
    assert asker.prompt(recall).endswith(recall.question.text)
