# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`make gpu` end to end at tiny shapes on the CPU, and what it does when something goes wrong."""

from __future__ import annotations

import json
import os
import time

import pytest
import torch

from streamo_ros.tools.gpu import __main__ as command
from streamo_ros.tools.gpu import run as running
from streamo_ros.tools.gpu.__main__ import main
from streamo_ros.tools.gpu.plan import DYNAMIC
from streamo_ros.tools.gpu.plan import ENGINE
from streamo_ros.tools.gpu.plan import FLAT
from streamo_ros.tools.gpu.plan import make_plan
from streamo_ros.tools.gpu.plan import REPREFILL
from streamo_ros.tools.gpu.plan import SMALL
from streamo_ros.tools.gpu.plan import STATIC
from streamo_ros.tools.gpu.plan import VARIANTS
from streamo_ros.tools.gpu.plan import VLLM
from streamo_ros.tools.gpu.record import RunFile
from streamo_ros.tools.gpu.rig import Rig

ONLY = r'112x112 x1 700 [^v]|^tiny default x1 0 flat|^tiny 112x112 x2 700 engine$|vLLM'
FRAME = {
    'frame_ms', 'frame_worst_ms', 'frame_first_ms', 'encode_ms', 'extend_ms', 'context_tokens',
    'new_tokens', 'vision_tokens', 'roofline_ms_computed', 'roofline_ratio', 'states', 'repeats',
}  # fmt: skip
ANSWER = {'first_token_ms', 'token_ms', 'tokens_per_s'}


@pytest.fixture(scope='module')
def small(tmp_path_factory):
    """A run of what is most valuable: exit code, file, what it printed."""
    from contextlib import redirect_stdout
    from io import StringIO

    file, said = tmp_path_factory.mktemp('gpu') / 'small.json', StringIO()
    with redirect_stdout(said):
        code = main(
            ['--small', '--skip-tests', '--only', ONLY, '--seconds', '600', '--output', str(file)]
        )
    return code, file, said.getvalue()


@pytest.fixture
def fake(monkeypatch):
    """Rows that cost nothing; the list of those that were measured."""
    measured = []

    def measure(rig, job):
        measured.append(job.name)
        return {'frame_ms': 1.0, 'context_tokens': 10}

    kinds = (ENGINE, *VARIANTS, FLAT, VLLM, DYNAMIC, STATIC, REPREFILL)
    monkeypatch.setattr(running, 'MEASURES', dict.fromkeys(kinds, measure))
    return measured


def rows_of(file, **wanted):
    rows = json.loads(file.read_text())['rows']
    return [row for row in rows if all(row[key] == wanted[key] for key in wanted)]


def only_row(file, **wanted):
    (row,) = rows_of(file, **wanted)
    return row


def go(file, *arguments):
    return main(['--small', '--skip-tests', '--output', str(file), *arguments])


def test_every_row_is_measured_or_says_why_not(small):
    code, file, _ = small
    assert code == 0
    states = {row['row']: row['status'] for row in rows_of(file)}
    assert len(states) == 11 + len(VARIANTS)
    assert states.pop('tiny 112x112 x1 700 vLLM') == 'skipped'
    assert set(states.values()) == {'measured'}


def test_a_row_of_the_engine_has_all_figures(small):
    rows = [row for row in rows_of(small[1]) if row['kind'] in (ENGINE, *VARIANTS)]
    assert {row['kind'] for row in rows} == {ENGINE, *VARIANTS}
    for row in rows:
        assert row.keys() >= FRAME | ANSWER | {'decode_gb_per_s', 'decode_share', 'took_s'}
        assert row['frame_ms'] > 0
        assert min(row['encode_ms'], row['extend_ms'], row['frame_ms']) > 0
        assert row['roofline_ratio'] == pytest.approx(
            row['frame_ms'] / row['roofline_ms_computed']
        )
        assert 640 < row['context_tokens'] <= 700
        assert row['new_tokens'] > row['vision_tokens'] == {'tiny': 16}.get(row['shape'], 9)


def test_the_loops_attend_the_same_tokens_and_agree(small):
    for shape in SMALL.shapes:
        own = only_row(small[1], kind=ENGINE, shape=shape, lanes=1)
        for kind in (DYNAMIC, STATIC, REPREFILL):
            loop = only_row(small[1], kind=kind, shape=shape)
            assert loop['context_tokens'] == own['context_tokens']
            assert loop['states'] == pytest.approx(own['states'], abs=1e-4)
            assert 'eager' in loop['how']
            assert (loop.keys() >= ANSWER) == (kind != REPREFILL)


def test_a_late_frame_is_measured_behind_many_evictions(small):
    row = only_row(small[1], kind=FLAT)
    assert row['evictions'] > 20
    assert row['late_frames'][0] >= 60 > row['early_frames'][1]
    assert row['flat_ratio'] == pytest.approx(row['frame_ms'] / row['early_ms'])


def test_the_table_holds_every_row_and_every_goal(small):
    _, file, said = small
    table = [line for line in said.splitlines() if line.startswith('|')]
    assert sum(line.startswith('| tiny') for line in table) == len(rows_of(file)) - 1
    assert 'roofline ms (computed)' in table[0]
    assert sum('not measured' in line for line in table) >= 4
    assert 'vLLM is not installed' in said
    assert 'Largest difference of a state logit' in said


def test_the_tables_are_printed_again_from_the_file(small, capsys):
    assert main(['--markdown', str(small[1])]) == 0
    assert capsys.readouterr().out == small[2]


def test_a_cut_run_goes_on_where_it_was(tmp_path, fake):
    file = tmp_path / 'gpu.json'
    assert go(file, '--seconds', '0') == 0
    assert not fake
    assert {row['status'] for row in rows_of(file)} == {'not run'}
    assert 's were left' in rows_of(file)[0]['reason']
    assert go(file, '--seconds', '100', '--only', '^tiny ', '--resume', str(file)) == 0
    some = len(fake)
    assert go(file, '--seconds', '100', '--resume', str(file)) == 0
    assert 0 < some < len(fake) == len(set(fake)) == len(make_plan(SMALL))
    assert {row['status'] for row in rows_of(file)} == {'measured'}
    assert len(rows_of(file)) == len(fake)


def test_a_row_that_is_too_long_makes_room_for_shorter_ones(tmp_path, fake):
    jobs, record = make_plan(SMALL), RunFile(tmp_path / 'gpu.json')
    rig = Rig('cpu', 'float32', {}, command.GLANCE)
    running.run(jobs, rig, record, time.monotonic() + 20)
    status = {row['kind']: row['status'] for row in record.rows}
    assert status[VLLM] == status[FLAT] == 'not run'
    assert status[ENGINE] == 'measured'


def test_memory_that_does_not_suffice_is_one_rows_matter(tmp_path, fake, monkeypatch, capsys):
    def measure(rig, job):
        if job.lanes == 2:
            raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2 GiB')
        return {'frame_ms': 1.0, 'context_tokens': 10}

    monkeypatch.setitem(running.MEASURES, ENGINE, measure)
    file = tmp_path / 'gpu.json'
    assert go(file, '--only', 'engine') == 0
    assert {row['lanes'] for row in rows_of(file, status='out of memory')} == {2}
    assert rows_of(file, status='measured', lanes=1)
    assert 'out of memory: OutOfMemoryError: CUDA out of memory' in capsys.readouterr().out


def test_a_failed_row_is_told_at_the_end(tmp_path, fake, monkeypatch):
    def measure(rig, job):
        raise LookupError('no such kernel\nand more')

    monkeypatch.setitem(running.MEASURES, DYNAMIC, measure)
    file = tmp_path / 'gpu.json'
    assert go(file) == 1
    failed = rows_of(file, kind=DYNAMIC)
    assert {row['status'] for row in failed} == {'failed'}
    assert failed[0]['reason'] == 'LookupError: no such kernel'
    assert 'measure' in failed[0]['traceback']
    assert {row['status'] for row in rows_of(file, kind=ENGINE)} == {'measured'}


def test_a_lost_device_is_left_for_a_new_process(tmp_path, fake, monkeypatch):
    def measure(rig, job):
        def wait():
            raise RuntimeError('CUDA error: an illegal memory access was encountered')

        rig.wait = wait
        raise RuntimeError('Triton Error [CUDA]: an illegal memory access')

    begun = []
    monkeypatch.setitem(running.MEASURES, STATIC, measure)
    monkeypatch.setattr(os, 'execv', lambda program, words: begun.append(words))
    monkeypatch.setattr(os, 'closerange', lambda low, high: None)
    file = tmp_path / 'gpu.json'
    assert go(file, '--only', '700', '--seconds', '50') == 1
    (words,) = begun
    assert words[words.index('--resume') + 1] == str(file)
    assert 40 <= int(words[words.index('--seconds') + 1]) <= 50
    assert words[words.index('--only') + 1] == '700'
    assert rows_of(file)[-1]['status'] == 'device lost'
    assert 'illegal memory access' in rows_of(file)[-1]['reason']


def test_a_record_of_another_machine_is_not_gone_on_with(tmp_path, fake, capsys):
    file = tmp_path / 'gpu.json'
    go(file, '--seconds', '0')
    record = json.loads(file.read_text())
    record['machine']['device'] = 'NVIDIA H100'
    file.write_text(json.dumps(record))
    assert main(['--small', '--resume', str(file)]) == 2
    assert 'is of NVIDIA H100' in capsys.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_without_a_gpu_it_is_one_sentence(capsys):
    assert main([]) == 2
    said = capsys.readouterr().err
    assert 'sees no CUDA device' in said
    assert said.count('\n') == 1
