# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node whose model does not fit with the defaults: it has what fits, and says so."""

from __future__ import annotations

from pathlib import Path

TINY = Path(__file__).parents[2] / 'models' / 'streamo-tiny'
THREE = """
from dataclasses import replace
import streamo_ros.backbone.build as build

fit_plan = build.fit_plan

def with_room_for_three(make, options, free):
    need = make(replace(options, lanes=3, fewest=0)).window_bytes
    return fit_plan(make, options, need * 10 // 9 + 2)

build.fit_plan = with_room_for_three
"""
TINY_HERE = {'model__path': TINY, 'model__device': 'cpu', 'model__vision': 'torch'}


def test_the_book_has_as_many_places_as_memory_has_room_for(start, peer, wait_for) -> None:
    node = start(prelude=THREE, **TINY_HERE)
    wait_for(lambda: peer.state() == 'active')
    said = 'there is room for 3 lanes of 16 frames'
    assert node.text.count(said) == 1
    heard = peer.diagnostics()
    for number in range(3):
        assert peer.instruct(f'a red ball {number}').success
    reply = peer.instruct('a red ball again')
    assert not reply.success
    assert 'all 3 places for instructions are taken, and the free memory had no' in reply.message
    assert 'lower context.max_frames' in reply.message

    def shown(name: str) -> str:
        values = [pair.value for one in heard for pair in one.values if pair.key == name]
        return values[-1] if values else ''

    wait_for(lambda: shown('active') == '3 of 3')
    assert said in shown('note')


def test_with_a_memory_one_of_the_lanes_is_for_questions(start, peer, wait_for, tmp_path) -> None:
    start(prelude=THREE, memory__path=tmp_path / 'store', **TINY_HERE)
    wait_for(lambda: peer.state() == 'active')
    assert [peer.instruct(f'a red ball {number}').success for number in range(3)] == [1, 1, 0]


def test_a_number_that_was_given_is_refused_as_a_whole(start, wait_for) -> None:
    node = start(prelude=THREE, max_instructions=8, **TINY_HERE)
    assert node.ended() == 2
    assert '3 lanes of' in node.text
    assert 'would fit' in node.text
