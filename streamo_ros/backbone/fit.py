# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sizes a window to the memory that is free, where the user did not say how large it is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace

from streamo_ros.backbone.options import Options
from streamo_ros.backbone.plan import Plan
from streamo_ros.backbone.sizing import count_lanes
from streamo_ros.core.context_limits import DEFAULT_MAX_FRAMES

FEWEST_FRAMES = 8
"""Frames that a lane keeps at least, where neither the user nor the checkpoint says how many."""
SPARE = 10
"""A chosen window leaves one part in so many of the free memory to everything else."""
_EIGHT_BITS = ('int8', 'float8')
_GIB = 1 << 30


@dataclass(frozen=True)
class Fit:
    """A plan that fits into memory.

    Attributes:
        plan: the plan.
        frames: in a lane, where that is fewer than the default; 0 = as many as were asked for.
        remark: what was chosen, and how to choose otherwise; '' = nothing was.
    """

    plan: Plan
    frames: int = 0
    remark: str = ''


def fit_plan(make: Callable[[Options], Plan], options: Options, free: int) -> Fit:
    """The plan that was asked for; where it does not fit, the largest one that does.

    Frames go before lanes. What the user gave stays, and so do frames that the checkpoint asks
    for, because a shorter window costs it more than a smaller model would (`trained_service`).

    Args:
        make: the plan for these options.
        options: what was asked for; `options.fewest` says whether anything may be chosen.
        free: bytes that can be taken once the weights are there.

    Raises:
        BackboneError: not even the smallest window fits; says what would.
    """
    wanted = make(options)
    if not options.fewest or _fits(wanted, free):
        wanted.check(free)
        return Fit(wanted)
    most = options.frames or wanted.frames_asked or DEFAULT_MAX_FRAMES
    fixed = options.frames or options.capacity or wanted.frames_asked
    least = most if fixed else FEWEST_FRAMES
    room = free - free // SPARE

    def sized(lanes: int, frames: int) -> Plan:
        return make(replace(options, lanes=lanes, frames=frames))

    lanes = options.lanes
    while lanes > options.fewest and not _fits(sized(lanes, least), room):
        lanes -= 1
    counts = range(least, most + 1)
    fitting = bisect_right(counts, x=False, key=lambda count: not _fits(sized(lanes, count), room))
    frames = least + max(0, fitting - 1)
    plan = sized(lanes, frames)
    # Against all that is free: the smallest window need not leave any.
    plan.check(free)
    chosen = frames if frames < most else 0
    if options.capacity:
        held = (f'{options.capacity} tokens',) * 2
    else:
        held = f'{most} frames', f'{frames} frames'
    return Fit(plan, chosen, _remark(wanted, plan, held, options, free))


def _fits(plan: Plan, free: int) -> bool:
    return plan.window_bytes + plan.workspace <= free


def _remark(wanted: Plan, plan: Plan, held: tuple[str, str], options: Options, free: int) -> str:
    lanes = plan.window.lanes
    ways = ['free memory']
    if options.window not in _EIGHT_BITS:
        ways.insert(0, 'set context.dtype to int8')
    if lanes < options.lanes:
        name = 'context.capacity' if options.capacity else 'context.max_frames'
        ways.insert(0, f'lower {name} for more lanes')
    elif lanes > options.fewest:
        ways.insert(0, 'lower max_instructions for more frames')
    need = wanted.window_bytes + wanted.workspace
    return (
        f'{count_lanes(options.lanes)} of {held[0]} would need {need / _GIB:.2f} GiB besides the '
        f'weights and {free / _GIB:.2f} GiB are free: there is room for {count_lanes(lanes)} of '
        f'{held[1]}; to change that, {" or ".join(ways)}'
    )
