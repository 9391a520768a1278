# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rooflines, records, goals and pages of `make gpu`, each for itself."""

from __future__ import annotations

import json
import re

import pytest

from streamo_ros.tools.gpu import goals
from streamo_ros.tools.gpu import roofline
from streamo_ros.tools.gpu.clock import Effort
from streamo_ros.tools.gpu.clock import repeat
from streamo_ros.tools.gpu.machine import ROOT
from streamo_ros.tools.gpu.plan import DYNAMIC
from streamo_ros.tools.gpu.plan import ENGINE
from streamo_ros.tools.gpu.plan import FLOAT8
from streamo_ros.tools.gpu.plan import FOUR_BIT
from streamo_ros.tools.gpu.plan import FULL
from streamo_ros.tools.gpu.plan import INT8
from streamo_ros.tools.gpu.plan import Job
from streamo_ros.tools.gpu.plan import make_plan
from streamo_ros.tools.gpu.plan import SQUARE
from streamo_ros.tools.gpu.record import RunFile
from streamo_ros.tools.gpu.report import markdown
from streamo_ros.tools.gpu.report import renew
from streamo_ros.tools.gpu.rig import Rig

# Parameters that the published checkpoints have.
PUBLISHED = {
    'qwen2.5-vl-3b': 3_754_622_976, 'qwen2.5-vl-7b': 8_292_166_656,
    'qwen3-vl-4b': 4_437_815_808, 'qwen3-vl-8b': 8_767_123_696,
}  # fmt: skip
HALF = roofline.NumberSizes(2, 2, 2)
TIED = {'qwen2.5-vl-3b', 'qwen3-vl-4b'}
WIDTHS = {
    'qwen2.5-vl-3b': 2048, 'qwen2.5-vl-7b': 3584, 'qwen3-vl-4b': 2560, 'qwen3-vl-8b': 4096,
}  # fmt: skip


def engine_row(**figures):
    return {
        'row': 'r', 'kind': ENGINE, 'shape': 'qwen2.5-vl-7b', 'view': SQUARE.name, 'lanes': 1,
        'context': 8_000, 'status': 'measured', 'frame_ms': 10.0, 'first_token_ms': 6.0,
        'token_ms': 6.0, 'decode_share': 0.8, 'roofline_ratio': 1.2, 'roofline_ms_computed': 8.0,
        'states': [0.0, 1.0, 2.0], **figures,
    }  # fmt: skip


@pytest.mark.parametrize('shape', FULL.shapes)
def test_shapes_have_the_parameters_of_the_published_checkpoints(shape):
    body = roofline.dissect(shape)
    heads = 1 if shape in TIED else 2
    total = body.layers * body.layer + heads * body.head + body.blocks + body.merger
    assert total + WIDTHS[shape] == PUBLISHED[shape]


def test_a_frame_of_one_lane_is_bound_by_weights_and_of_many_by_operations():
    body = roofline.dissect('qwen2.5-vl-7b')
    ceilings = {'copy_gb_per_s': 3000.0, 'gemm_tflops': 800.0}
    one = roofline.append_cost(body, 1, 150, 1_000, HALF)
    eight = roofline.append_cost(body, 8, 150, 1_000, HALF)
    assert one.seconds(ceilings) == pytest.approx(one.bytes / 3e12)
    assert one.bytes == pytest.approx(13.05e9, rel=0.01)
    assert eight.seconds(ceilings) == pytest.approx(eight.operations / 8e14)
    assert eight.operations == pytest.approx(8 * one.operations)


def test_a_token_reads_weights_head_and_past_once():
    body = roofline.dissect('qwen2.5-vl-7b')
    past = 8_000 * 28 * 2 * 4 * 128 * 2
    cost = roofline.token_cost(body, 1, 8_000, HALF)
    assert cost.bytes == pytest.approx(2 * (28 * body.layer + 152_064 * 3_584) + past)
    assert roofline.token_cost(body, 8, 8_000, HALF).bytes - cost.bytes == pytest.approx(7 * past)


def test_packed_weights_and_windows_are_read_in_their_own_formats():
    body = roofline.dissect('qwen2.5-vl-7b')
    rig = Rig('cuda', 'bfloat16', {}, None)

    def token(kind):
        job = Job(kind, 'qwen2.5-vl-7b', SQUARE, 1, 8_000, 1)
        return roofline.token_cost(body, 1, 8_000, rig.sizes(job)).bytes

    past, weights = 8_000 * 28 * 2 * 4 * 128, 28 * body.layer
    assert token(ENGINE) == roofline.token_cost(body, 1, 8_000, HALF).bytes
    assert token(ENGINE) - token(INT8) == pytest.approx(past * (1 - 4 / 128))
    assert token(INT8) == token(FLOAT8)
    assert token(ENGINE) - token(FOUR_BIT) == pytest.approx(weights * (1.5 - 4 / 128))


def test_a_windowed_tower_looks_at_less_than_a_full_one():
    body = roofline.dissect('qwen2.5-vl-7b')
    one, four = (roofline.vision_cost(body, tokens, 2) for tokens in (256, 1_024))
    assert 4 < four.operations / one.operations < 6
    assert one.bytes == four.bytes == pytest.approx(1.353e9, rel=0.01)


def test_the_plan_begins_with_what_matters_and_has_every_place_once():
    jobs = make_plan(FULL)
    names = [job.name for job in jobs]
    assert names[0] == 'qwen2.5-vl-7b 448x448 x1 8000 engine'
    assert [job.kind for job in jobs[1:4]] == ['DynamicCache', 'StaticCache', 're-prefill']
    assert names[4] == 'qwen2.5-vl-3b 448x448 x1 8000 engine'
    assert len(set(names)) == len(names)
    square = [job for job in jobs if job.kind == ENGINE and job.view == SQUARE]
    assert len(square) == 4 * 3 * 3


def test_calls_before_the_median_do_not_count():
    slept = iter([0.02, 0.02, 0.0, 0.0, 0.0])
    events = []
    import time

    times = repeat(
        lambda: time.sleep(next(slept)), lambda: events.append('wait'),
        Effort(warm=2, repeats=3), lambda: events.append('prepare'),
    )  # fmt: skip
    assert times.first >= 0.02
    assert times.ms < 10
    assert len(times.each) == 3
    assert events == ['prepare', 'wait'] * 5


def test_slow_calls_are_made_three_times():
    import time

    times = repeat(lambda: time.sleep(0.01), int, Effort(warm=1, repeats=50, limit=0.0))
    assert len(times.each) == 3


def test_a_record_is_whole_after_each_row_and_a_row_is_replaced(tmp_path):
    file = tmp_path / 'new' / 'gpu.json'
    record, job = RunFile(file), Job(ENGINE, 'tiny', SQUARE, 1, 100, 1.0)
    record.put(job, 'not run', reason='late')
    assert not record.has(job)
    record.put(job, 'failed', reason='no')
    assert record.has(job)
    assert RunFile.read(file).rows == record.rows == json.loads(file.read_text())['rows']
    assert len(record.rows) == 1
    assert [path.name for path in file.parent.iterdir()] == ['gpu.json']


@pytest.mark.parametrize('text', ['[]', '{"format": 99}', '{'])
def test_a_file_that_is_no_record_is_refused(tmp_path, text):
    file = tmp_path / 'other.json'
    file.write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011 json's own or ours
        RunFile.read(file)


def test_goals_are_read_off_the_rows():
    rows = [
        engine_row(), engine_row(lanes=8, frame_ms=40.0, roofline_ms_computed=30.0),
        engine_row(kind=DYNAMIC, frame_ms=20.0, first_token_ms=12.0, token_ms=5.0),
        engine_row(shape='qwen2.5-vl-3b', frame_ms=9.0, decode_share=0.5),
    ]  # fmt: skip
    found = [(value, value and goal.met(value)) for goal, value in goals.judge(rows)]
    assert found == [
        (10.0, True), (1.2, True), (9.0, False), (0.5, False), (4.0, False), (None, None),
        (6.0, True), (1.2, False),
    ]  # fmt: skip
    assert 'computed rooflines: 3.75' in markdown({'machine': {}, 'tests': {}, 'rows': rows})


def test_the_largest_difference_of_states_is_between_rows_of_one_place():
    rows = [
        engine_row(), engine_row(kind=DYNAMIC, states=[0.0, 1.0, 2.5]),
        engine_row(kind=DYNAMIC, context=1, states=[9.0, 9.0, 9.0]),
    ]  # fmt: skip
    assert goals.disagreement(rows) == 0.5
    assert goals.disagreement(rows[:1]) is None


def test_a_page_keeps_what_stands_around_its_generated_part():
    data = {'machine': {}, 'tests': {}, 'rows': [engine_row()]}
    page = 'Before\n\n<!-- gpu:begin (how) -->\nold\n<!-- gpu:end -->\n\nAfter\n'
    new = renew(page, data)
    assert new.startswith('Before\n\n<!-- gpu:begin (how) -->\n\n')
    assert new.endswith('\n\n<!-- gpu:end -->\n\nAfter\n')
    assert '| qwen2.5-vl-7b | 448x448 ' in new
    assert 'old' not in new
    assert renew(new, data) == new
    with pytest.raises(ValueError, match='has no part'):
        renew('Before\nAfter\n', data)


def test_the_documented_figures_are_those_of_the_record_that_the_page_names():
    page = (ROOT / 'docs' / 'gpu.md').read_text()
    (name,) = re.findall(r'gpu:begin \(generated: .* --markdown (\S+) --into docs/gpu.md\)', page)
    if name == 'FILE':
        assert 'Nothing has been measured on a GPU yet.' in page
        return
    assert renew(page, RunFile.read(ROOT / name).data) == page
