# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A window that the user left open is the largest that fits into the free memory."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch

from streamo_ros.backbone.board_plan import GIB
from streamo_ros.backbone.board_plan import published
from streamo_ros.backbone.board_plan import published_plan
from streamo_ros.backbone.board_plan import SYSTEM
from streamo_ros.backbone.fit import FEWEST_FRAMES
from streamo_ros.backbone.fit import fit_plan
from streamo_ros.backbone.fit import SPARE
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.plan import plan_memory
from streamo_ros.backbone.plan import RunTarget
from streamo_ros.backbone.random_weights import random_backbone
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.context_limits import DEFAULT_MAX_FRAMES
from streamo_ros.core.interface import BackboneError

OPEN = Options('cpu', 'float32', lanes=8, fewest=1)


def need(options: Options, asked: int = 0) -> int:
    plan = make(options, asked)
    return plan.window_bytes + plan.workspace


def make(options: Options, asked: int = 0, device: str = 'cpu'):
    shape, target = published('tiny'), RunTarget(torch.device(device), torch.float32, 3)
    return plan_memory(
        shape.config.text_config, shape.sizes, shape.prompt, options, target, max_frames=asked
    )


def sized(lanes: int, frames: int) -> Options:
    return replace(OPEN, lanes=lanes, frames=frames)


def room_for(options: Options, asked: int = 0) -> int:
    """The least free memory of which a chosen window may have so much."""
    wanted = need(options, asked)
    free = wanted * SPARE // (SPARE - 1)
    while free - free // SPARE < wanted:
        free += 1
    return free


def test_what_fits_is_as_asked_for():
    fit = fit_plan(make, OPEN, need(OPEN))
    assert fit.plan.window == make(OPEN).window
    assert (fit.frames, fit.remark) == (0, '')


@pytest.mark.parametrize('frames', [FEWEST_FRAMES, 50, 100])
def test_frames_go_first_and_no_more_of_them_than_must(frames):
    free = room_for(sized(8, frames))
    assert free < need(OPEN)
    fit = fit_plan(make, OPEN, free)
    assert (fit.plan.window.lanes, fit.frames) == (8, frames)
    assert fit.plan.window == make(sized(8, frames)).window
    assert f'8 lanes of {DEFAULT_MAX_FRAMES} frames would need' in fit.remark
    assert f'there is room for 8 lanes of {frames} frames' in fit.remark
    assert 'lower max_instructions for more frames' in fit.remark


def test_lanes_go_where_the_fewest_frames_do_not_fit():
    free = room_for(sized(8, FEWEST_FRAMES)) - 2
    fit = fit_plan(make, OPEN, free)
    assert fit.plan.window.lanes == 7
    assert FEWEST_FRAMES <= fit.frames < DEFAULT_MAX_FRAMES
    room = free - free // SPARE
    assert need(sized(7, fit.frames)) <= room < need(sized(7, fit.frames + 1))
    assert 'lower context.max_frames for more lanes' in fit.remark


def test_the_smallest_window_may_take_all_that_is_free():
    smallest = need(sized(1, FEWEST_FRAMES))
    fit = fit_plan(make, OPEN, smallest)
    assert (fit.plan.window.lanes, fit.frames) == (1, FEWEST_FRAMES)
    assert 'room for 1 lane of 8 frames' in fit.remark
    with pytest.raises(BackboneError, match='would fit'):
        fit_plan(make, OPEN, smallest - 1)


@pytest.mark.parametrize('asked', [4, 60])
def test_a_trained_window_keeps_its_frames(asked):
    """A shorter one than the checkpoint was trained on would cost more than lanes."""
    fit = fit_plan(partial(make, asked=asked), OPEN, room_for(replace(OPEN, lanes=3), asked))
    assert fit.plan.window == make(replace(OPEN, lanes=3), asked).window
    assert fit.frames == 0
    assert f'room for 3 lanes of {asked} frames' in fit.remark


@pytest.mark.parametrize(('given', 'held'), [('frames', '40 frames'), ('capacity', '3000 tokens')])
def test_what_the_user_gave_stays(given, held):
    options = replace(OPEN, **{given: int(held.split()[0])})
    fit = fit_plan(make, options, room_for(replace(options, lanes=5)))
    assert fit.plan.window == make(replace(options, lanes=5)).window
    assert fit.frames == 0
    assert f'room for 5 lanes of {held}' in fit.remark
    with pytest.raises(BackboneError, match=r'3 lanes of .* would fit'):
        fit_plan(make, replace(options, fewest=8), need(replace(options, lanes=3)))


def test_given_lanes_leave_the_frames_open():
    options = replace(OPEN, lanes=2, fewest=2)
    fit = fit_plan(make, options, room_for(sized(2, 30)))
    assert (fit.plan.window.lanes, fit.frames) == (2, 30)
    assert 'max_instructions' not in fit.remark
    assert 'context.dtype' in fit.remark
    with pytest.raises(BackboneError, match='would fit'):
        fit_plan(make, options, need(sized(2, FEWEST_FRAMES)) - 1)


def test_nothing_is_chosen_unless_it_may_be():
    with pytest.raises(BackboneError, match=r'7 lanes of .* would fit'):
        fit_plan(make, replace(OPEN, fewest=0), need(OPEN) - 1)


def test_what_passes_take_on_a_gpu_counts():
    on_gpu = partial(make, device='cuda')
    plan = on_gpu(sized(8, 30))
    assert plan.workspace > plan.window_bytes
    free = plan.window_bytes + plan.workspace
    free += free // (SPARE - 1) + 1
    assert fit_plan(on_gpu, OPEN, free).frames == 30
    assert not fit_plan(make, OPEN, free).remark


def test_a_shape_of_a_board_is_sized_to_it():
    """Qwen2.5-VL-3B on a board with 16 GiB, as docs/jetson.md says it."""
    name, options = 'qwen2.5-vl-3b', Options(fewest=1)
    free = 16 * GIB - SYSTEM - published_plan(name, options).weights
    fit = fit_plan(partial(published_plan, name), options, free)
    assert (fit.plan.window.lanes, fit.frames) == (8, 95)


def test_a_backbone_has_what_was_chosen_and_says_so(monkeypatch):
    free = room_for(sized(8, 20))
    monkeypatch.setattr('streamo_ros.backbone.build.free_bytes', lambda device: free)
    backbone = random_backbone('tiny', OPEN)
    assert (backbone.lanes, backbone.info.max_frames) == (8, 20)
    assert backbone.capacity == make(sized(8, 20)).window.capacity
    assert ContextLimits.for_checkpoint(backbone.info).max_frames == 20
    assert 'there is room for 8 lanes of 20 frames' in backbone.info.note
    with pytest.raises(BackboneError, match='would fit'):
        random_backbone('tiny', replace(OPEN, fewest=0))
