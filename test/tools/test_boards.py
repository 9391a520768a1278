# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of boards are those of the memory plan, and the plan is what the node checks."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from streamo_ros.backbone import board_plan
from streamo_ros.backbone.board_plan import fitting_lanes
from streamo_ros.backbone.board_plan import GPU
from streamo_ros.backbone.board_plan import published_plan
from streamo_ros.backbone.board_plan import SYSTEM
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.plan import find_target
from streamo_ros.backbone.random_weights import random_backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.tools import boards
from streamo_ros.tools.page_part import replace_part

DOCS = Path(__file__).parents[2] / 'docs'


@pytest.mark.parametrize('name', sorted(boards.PAGES))
def test_the_page_is_up_to_date(name):
    page = (DOCS / name).read_text()
    assert replace_part(page, 'boards', boards.PAGES[name]()) == page, (
        'run: .venv/bin/python -m streamo_ros.tools.boards docs'
    )


@pytest.mark.parametrize('name', ['tiny', 'tiny-qwen3'])
def test_the_plan_of_a_shape_is_what_a_backbone_of_it_takes(name):
    options = Options('cpu', 'float32', lanes=2, frames=4)
    plan = published_plan(name, options, find_target(options))
    backbone = random_backbone(name, options)
    assert plan.window_bytes == backbone.memory()['window']
    assert plan.window.capacity == backbone.capacity


def test_what_does_not_fit_is_what_the_node_refuses(monkeypatch):
    """One byte less than a plan takes is one instruction less in the table."""
    options = Options(lanes=8, frames=60)
    plan = published_plan('tiny', options)
    least = SYSTEM + plan.weights + plan.window_bytes + plan.workspace
    assert fitting_lanes('tiny', options, least) == 8
    assert fitting_lanes('tiny', options, least - 1) == 7
    with pytest.raises(BackboneError, match=r'7 lanes of .* would fit'):
        plan.check(least - 1 - SYSTEM - plan.weights)
    assert fitting_lanes('tiny', options, SYSTEM) == 0


@pytest.mark.parametrize('missing', [0, 1])
def test_the_node_checks_the_same_plan(monkeypatch, missing):
    """What a backbone is refused for is what the table counts with."""
    options = Options('cpu', 'float32', lanes=2, frames=4)
    plan = published_plan('tiny', options, find_target(options))
    free = plan.window_bytes + plan.workspace - missing
    monkeypatch.setattr('streamo_ros.backbone.build.free_bytes', lambda device: free)
    with pytest.raises(BackboneError, match='would fit') if missing else nullcontext():
        random_backbone('tiny', options)


def test_a_gpu_keeps_keys_once_and_a_half_as_much_without_triton():
    options = Options(lanes=1)
    once = published_plan('tiny', options).window
    twice = published_plan('tiny', options, replace(GPU, copies=3)).window
    assert 2 * twice.bytes(GPU.dtype) == 3 * once.bytes(GPU.dtype)
    assert board_plan.published('tiny').vision > 0


def test_eight_bits_make_more_instructions():
    options = Options(lanes=8)
    plan = published_plan('tiny', options)
    memory = SYSTEM + plan.weights + plan.workspace + plan.window_bytes // 2
    assert fitting_lanes('tiny', options, memory) == 4
    assert fitting_lanes('tiny', options, memory, board_plan.EIGHT_BITS) == 7
    assert boards._fits('tiny', options, memory) == '4 (7)'


def test_weights_of_four_bits_leave_room():
    """Half a byte and a share of a scale for each number of the text layers, no other."""
    options = Options(lanes=8)
    plain = published_plan('tiny', options)
    packed = published_plan('tiny', options, four_bit=True)
    numbers = board_plan.published('tiny').packable
    assert plain.weights - packed.weights == 2 * numbers - numbers // 2 - numbers // 128 * 4
    memory = SYSTEM + packed.weights + plain.workspace + plain.window_bytes
    assert fitting_lanes('tiny', options, memory, four_bit=True) == 8
    assert fitting_lanes('tiny', options, memory) < 8


def test_a_page_without_the_part_is_named():
    with pytest.raises(ValueError, match='boards:begin'):
        replace_part('nothing', 'boards', '')
