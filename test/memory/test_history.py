# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The past in words as a lane is told it: when it is new, late, or cannot be read."""

from __future__ import annotations

import threading
from zoneinfo import ZoneInfo

import pytest

from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.settings import Values
from streamo_ros.core.frame import SECOND
from streamo_ros.core.protocol import State
from streamo_ros.memory.history import MISSING
from streamo_ros.memory.history import TierHistory
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.schema import StoreError
from streamo_ros.memory.settings import open_history
from streamo_ros.memory.tiers import TierCounts
from test.memory.conftest import START

UTC = ZoneInfo('UTC')


@pytest.fixture
def told(teller):
    one = teller()

    def see(second: int) -> int:
        said = 'It boils.' if second % 10 == 5 else ''
        one.see(second, State.RESPONSE if said else State.SILENCE, said)
        return START + (second + 1) * SECOND

    see(0)
    assert one.writer.flush()
    return one, see


def history(one, flush=None, waits: bool = False) -> TierHistory:
    counts = TierCounts(chunk=10, mid=2, long=2)
    flush = flush or (lambda: one.writer.flush(60))
    return TierHistory(StoreReader(one.folder), UTC, counts, flush, waits=waits)


def test_a_replay_is_told_a_chunk_as_soon_as_it_ends(told) -> None:
    one, see = told
    past = history(one, waits=True)
    lines = [past(see(second)) for second in range(35)]
    assert lines[8] == ()
    assert lines[9] == ('22:13:20: 22:13:25 It boils.',)
    assert lines[9] is lines[18]
    assert len(lines[19]) == 2
    assert past.late == 0
    past.close()


def test_nobody_waits_for_words_and_late_ones_are_counted(told) -> None:
    one, see = told
    ready = threading.Event()
    past = history(one, flush=lambda: ready.wait(60) and one.writer.flush(60))
    for second in range(12):
        stamp = see(second)
        assert past(stamp) == ()
    assert past.late == 12
    ready.set()
    past._thread.join()
    past(stamp)
    past._thread.join()
    late = past.late
    assert past(stamp) == ('22:13:20: 22:13:25 It boils.',)
    assert past.late == late == 13
    past.close()


def test_words_that_could_not_be_read_are_marked(told, monkeypatch) -> None:
    one, see = told
    past = history(one, waits=True)
    for second in range(12):
        stamp = see(second)
        past(stamp)

    def fails(*_: object) -> None:
        raise StoreError('the disk is gone')

    with monkeypatch.context() as patch:
        patch.setattr(StoreReader, 'span', fails)
        for later in (10, 20):
            assert past(stamp + later * SECOND) == ('22:13:20: 22:13:25 It boils.', MISSING)
        assert 'the disk is gone' in past.problem
    assert MISSING not in past(stamp + 30 * SECOND)
    assert not past.problem
    past.close()


def test_tiers_without_a_memory_are_refused_in_a_sentence() -> None:
    with pytest.raises(ParameterError, match=r'needs a memory: set memory\.path'):
        open_history(Values({'context.history': 'tiers'}), None)
    assert open_history(Values({}), None) is None
