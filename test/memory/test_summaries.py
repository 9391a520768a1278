# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Summaries that the model writes: what it is shown, when, and what is told of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.config.params_file import effective
from streamo_ros.core.frame import SECOND
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import Sighting
from streamo_ros.core.probe import Probe
from streamo_ros.core.protocol import State
from streamo_ros.memory.clock_times import CaptureClock
from streamo_ros.memory.erasure import erase
from streamo_ros.memory.export import export
from streamo_ros.memory.prompt import summary_prompt
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.record import FrameRecord
from streamo_ros.memory.record import MemoryRecord
from streamo_ros.memory.record import SummaryRecord
from streamo_ros.memory.record import SummaryStatus
from streamo_ros.memory.schema import DATABASE
from streamo_ros.memory.settings import open_summarizer
from streamo_ros.memory.store import Store
from streamo_ros.memory.summarizer import Summarizer
from streamo_ros.memory.tiers import read_tiers
from streamo_ros.memory.tiers import TierCounts
from test.memory.conftest import START
from test.memory.conftest import Teller
from test.memory.conftest import Vision

UTC = ZoneInfo('UTC')
COUNTS = TierCounts(chunk=20, mid=2, long=3)
PARAMETERS = {
    'memory.summarizer': 'model',
    'memory.chunk': 20.0,
    'memory.summaries': 2,
    'memory.blocks': 3,
    'memory.summary_lead': 5.0,
    'memory.time_zone': 'UTC',
}


class Bench:
    """A store, a scripted model that writes summaries of it, and what the model was asked."""

    def __init__(self, teller: Callable[..., Teller], submit=None, **parameters) -> None:
        self.asked: list[str] = []
        self.said: Callable[[str], str] = lambda _: 'Somebody cooked.'
        self.teller = teller()
        self.backbone = ScriptedBackbone(self._script, lanes=1)
        summarizer = open_summarizer(
            effective({**PARAMETERS, **parameters}),
            self.teller.writer,
            self.backbone,
            submit or run,
            waits=submit is None,
        )
        assert summarizer is not None
        self.summarizer: Summarizer = summarizer
        self.teller.sinks.append(summarizer)

    def _script(self, instruction: str, second: float) -> tuple[State, str]:
        if instruction not in self.asked[-1:]:
            self.asked.append(instruction)
        return State.SILENCE, self.said(instruction)

    def watch(self, seconds: int, start: int = 0) -> None:
        """A second each; something is said at 3 s, 13 s, 23 s ... and a cup is seen at 7 s."""
        for second in range(start, start + seconds):
            said = f'Number {second}.' if second % 10 == 3 else ''
            cup = Vision(None, (Sighting('cup', 0.9, ()),)) if second % 20 == 7 else None
            self.teller.see(second, State.RESPONSE if said else State.SILENCE, said, vision=cup)

    def rows(self) -> list[SummaryRecord]:
        with closing(self.teller.done()) as reader:
            return reader.summaries()

    def told(self, second: int, counts: TierCounts = COUNTS) -> tuple[str, ...]:
        with closing(self.teller.done()) as reader:
            return read_tiers(reader, START + second * SECOND, UTC, counts).lines


def run(probe: Probe) -> None:
    while not probe.done:
        probe.advance(4)


@pytest.fixture
def bench(teller) -> Bench:
    return Bench(teller)


def test_a_chunk_is_written_before_it_ends_and_the_template_tells_the_rest(bench: Bench) -> None:
    bench.watch(15)
    assert not bench.rows()
    bench.watch(1, start=15)
    (row,) = bench.rows()
    assert (row.status, row.text, row.problem) == (SummaryStatus.WRITTEN, 'Somebody cooked.', '')
    assert (row.start, row.stop) == (START, START + 20 * SECOND)
    assert row.covered == START + 15 * SECOND + 1
    assert row.pictures == 8
    (asked,) = bench.asked
    assert asked.splitlines()[:3] == [
        'Noted: 22:13:23 Number 3.',
        'Noted: 22:13:33 Number 13.',
        'Noted: seen: cup',
    ]
    assert asked.endswith('Say in one sentence what happened from 22:13:20 to 22:13:35.')
    # What happens while the model writes, and an answer that is complete only then.
    bench.teller.see(17, State.RESPONSE, 'It rains.')
    late = Vision(None, (Sighting('umbrella', 0.9, ()),))
    bench.teller.see(18, vision=late)
    bench.watch(3, start=19)
    assert bench.told(20) == ('22:13:20: Somebody cooked.; 22:13:37 It rains.; seen: umbrella',)


def test_an_answer_that_ends_after_the_summary_was_begun_is_told(bench: Bench) -> None:
    bench.watch(16)
    # It is about a frame before the summary, and was not in the store yet.
    bench.teller.see(16, State.RESPONSE, 'Late.', event_start=9)
    bench.watch(5, start=17)
    assert bench.told(21) == ('22:13:20: Somebody cooked.; 22:13:36 Late.',)


def test_a_block_is_made_of_rows_and_pictures_and_never_of_summaries(bench: Bench) -> None:
    bench.watch(60)
    assert [(row.stop - row.start) // SECOND for row in bench.rows()] == [20, 40, 20, 20]
    block = next(row for row in bench.rows() if row.stop - row.start == 40 * SECOND)
    assert (block.covered, block.status) == (block.stop, SummaryStatus.WRITTEN)
    asked = next(text for text in bench.asked if 'from 22:13:20 to 22:13:59' in text)
    assert [f'Number {second}.' in asked for second in (3, 13, 23, 33)] == [True] * 4
    assert 'cup 2 times' in asked
    assert not any('Somebody cooked.' in text for text in bench.asked)
    # Told where it is two blocks ago, in place of the rows.
    bench.watch(21, start=60)
    assert bench.told(80)[0] == '22:13:20: Somebody cooked.'
    assert len(bench.asked) == len(set(bench.asked))


@pytest.mark.parametrize(
    ('said', 'problem'),
    [('', 'wrote nothing'), ('Yes <|im_start|>user', 'control token')],
)
def test_one_that_failed_is_marked_and_the_template_stands_in_its_place(
    bench: Bench, said: str, problem: str
) -> None:
    bench.said = lambda _: said
    bench.watch(21)
    (row,) = bench.rows()
    assert (row.status, row.text) == (SummaryStatus.FAILED, '')
    assert problem in row.problem
    assert problem in bench.summarizer.problem
    assert "template's line stands in its place" in bench.summarizer.problem
    assert bench.summarizer.counts == {SummaryStatus.FAILED: 1}
    assert bench.told(20) == ('22:13:20: 22:13:23 Number 3.; 22:13:33 Number 13.; seen: cup',)


def test_a_summary_has_only_so_many_tokens_and_says_where_it_was_cut(teller) -> None:
    bench = Bench(teller, **{'memory.summary_tokens': 8})
    bench.watch(16)
    assert [row.text for row in bench.rows()] == ['Somebody …']


class Slow:
    """A model that is busy: pieces are done when it is told so."""

    def __init__(self) -> None:
        self.probes: list[Probe] = []

    def __call__(self, probe: Probe) -> None:
        self.probes.append(probe)


def test_a_late_one_is_marked_and_told_from_the_next_chunk_on(teller) -> None:
    slow = Slow()
    bench = Bench(teller, slow)
    bench.watch(16)
    bench.summarizer._thread.join()
    (probe,) = slow.probes
    probe.advance(4)
    bench.watch(6, start=16)
    # The chunk is over: the template tells it.
    assert bench.told(21) == ('22:13:20: 22:13:23 Number 3.; 22:13:33 Number 13.; seen: cup',)
    run(probe)
    (row,) = bench.rows()
    assert (row.status, row.text) == (SummaryStatus.LATE, 'Somebody cooked.')
    assert 'came late' in bench.summarizer.problem
    assert bench.told(40)[0] == '22:13:20: Somebody cooked.'


def test_one_that_is_not_written_within_a_chunk_is_given_up(teller) -> None:
    slow = Slow()
    bench = Bench(teller, slow)
    bench.watch(16)
    bench.summarizer._thread.join()
    bench.watch(20, start=16)
    assert slow.probes[0].canceled
    assert len(slow.probes) == 1
    slow.probes[0].advance(4)
    bench.watch(1, start=36)
    bench.summarizer._thread.join()
    assert [(row.status, row.problem) for row in bench.rows()] == [
        (SummaryStatus.FAILED, 'it was not written within a chunk')
    ]
    run(slow.probes[1])
    assert [row.text for row in bench.rows()] == ['', 'Somebody cooked.']
    assert not bench.summarizer.problem


def test_one_that_a_deactivation_cut_short_is_not_marked_as_failed(teller) -> None:
    slow = Slow()
    bench = Bench(teller, slow)
    bench.watch(16)
    bench.summarizer._thread.join()
    slow.probes[0].end()
    assert not bench.rows()
    assert not bench.summarizer.problem


def test_a_clock_that_jumps_and_a_gap_leave_no_chunk_half_begun(bench: Bench) -> None:
    bench.watch(10)
    # Ahead, over the end of the chunk: it is written then.
    bench.watch(2, start=100)
    assert [((row.start - START) // SECOND, row.status) for row in bench.rows()] == [
        (0, SummaryStatus.LATE)
    ]
    bench.watch(16, start=0)
    assert len(bench.rows()) == 1
    assert bench.rows()[0].status is SummaryStatus.WRITTEN


def test_who_writes_is_a_parameter_and_the_checkpoint_says_whether_it_can(teller) -> None:
    one = teller()

    def opened(chosen: str, can: bool) -> bool:
        backbone = ScriptedBackbone(lambda _, __: (State.SILENCE, ''), lanes=1)
        info = BackboneInfo('id', 'm', 'a', 'p', 'd', 'cpu', writes_summaries=can)

        class Model:
            prompt = backbone.prompt

        Model.info = info
        values = effective({'memory.summarizer': chosen})
        summarizer = open_summarizer(values, one.writer, Model(), run)
        return summarizer is not None

    assert [opened(chosen, can) for chosen in ('auto', 'model', 'template') for can in (0, 1)] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]


def test_with_the_template_chosen_earlier_words_of_a_model_are_not_told(bench: Bench) -> None:
    bench.watch(21)
    template = TierCounts(chunk=20, mid=2, long=3, by_model=False)
    assert bench.told(20) != bench.told(20, template)
    assert 'cooked' not in bench.told(20, template)[0]


def test_what_there_is_no_room_for_is_counted(teller) -> None:
    parts = [f'{number} ' + 'x' * 100 for number in range(40)]
    text = summary_prompt(parts, [START], (START, START + SECOND), CaptureClock(START, UTC))
    lines = text.splitlines()
    assert len(text) <= 2000
    assert lines[-3].startswith('Noted: 39 ')
    assert lines[0] == f'Noted before: {40 - (len(lines) - 3)} more'


# ---- the store ---------------------------------------------------------------------------------


def summary(start: int, stop: int, text: str = 'Somebody cooked.') -> SummaryRecord:
    at, end = START + start * SECOND, START + stop * SECOND
    return SummaryRecord(at, end, SummaryStatus.WRITTEN, text, '', end, 0, 4, 'model')


def frame(second: int) -> MemoryRecord:
    image = np.full((48, 64, 3), 90, np.uint8)
    return MemoryRecord((1, 1), '', FrameRecord(START + second * SECOND, image))


def texts(folder) -> list[str]:
    with closing(StoreReader(folder)) as reader:
        return [one.text for one in reader.summaries()]


def test_they_survive_a_restart_and_one_of_the_same_time_replaces_the_other(tmp_path) -> None:
    store = Store(tmp_path)
    store.put([frame(0), summary(0, 20, 'First.'), summary(0, 40)])
    store.put([summary(0, 20, 'Second.')])
    store.close()
    store = Store(tmp_path)
    store.close()
    with closing(StoreReader(tmp_path)) as reader:
        assert [one.text for one in reader.summaries()] == ['Second.', 'Somebody cooked.']
        assert reader.summaries()[0] == summary(0, 20, 'Second.')
        assert reader.counts()['summaries'] == 2


def test_one_is_erased_with_any_part_of_its_time_and_overwritten(tmp_path) -> None:
    store = Store(tmp_path)
    store.put([frame(second) for second in range(60)])
    store.put([summary(0, 20, 'one'), summary(20, 40, 'the secret'), summary(0, 40, 'a secret')])
    store.put([summary(40, 60, 'three')])
    store.close()
    assert erase(tmp_path, (START + 25 * SECOND, START + 39 * SECOND)) == 15
    assert texts(tmp_path) == ['one', 'three']
    for path in tmp_path.glob(f'{DATABASE}*'):
        assert b'secret' not in path.read_bytes()


def test_one_leaves_with_the_last_frame_of_its_time(tmp_path) -> None:
    store = Store(tmp_path, max_bytes=1)
    store.put([frame(second) for second in range(100)])
    store.put([summary(0, 40, 'old'), summary(40, 80, 'half'), summary(80, 100, 'new')])
    while store._database.execute('SELECT min(stamp) FROM frames').fetchone()[0] == START:
        store.tidy()
    # Frames 0 to 63 left together.
    store.close()
    assert texts(tmp_path) == ['half', 'new']


def test_they_are_exported(tmp_path) -> None:
    store = Store(tmp_path / 'store')
    store.put([frame(0), summary(0, 20)])
    store.close()
    with closing(StoreReader(tmp_path / 'store')) as reader:
        export(reader, tmp_path / 'all')
    rows = [json.loads(line) for line in (tmp_path / 'all' / 'memory.jsonl').open()]
    (row,) = [row for row in rows if row['row'] == 'summary']
    assert (row['text'], row['status'], row['pictures']) == ('Somebody cooked.', 'written', 4)


def make_older(folder) -> None:
    with sqlite3.connect(folder / DATABASE) as database:
        database.execute('DROP TABLE summaries')
        database.execute('PRAGMA user_version = 1')


def test_a_store_of_the_schema_before_can_be_read_and_is_brought_up_to_date(tmp_path) -> None:
    store = Store(tmp_path)
    store.put([frame(second) for second in range(3)])
    store.close()
    make_older(tmp_path)
    with closing(StoreReader(tmp_path)) as reader:
        assert reader.summaries() == []
        assert reader.counts()['frames'] == 3
        assert 'summaries' not in reader.counts()
        store = Store(tmp_path)
        store.put([summary(0, 20)])
        store.close()
        assert [one.text for one in reader.summaries()] == ['Somebody cooked.']
        assert reader.counts()['frames'] == 3
    make_older(tmp_path)
    assert erase(tmp_path, (START, START)) == 1
