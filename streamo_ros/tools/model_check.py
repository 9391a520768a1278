# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a checkpoint is and whether it will fit on this machine, before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from streamo_ros.core.errors import StreamoError
from streamo_ros.tools.check import Check

if TYPE_CHECKING:
    from streamo_ros.backbone.options import Options
    from streamo_ros.backbone.plan import Plan
    from streamo_ros.core.dialect import Dialect

GIB = 1 << 30
CAMERA = 480, 640
"""Height and width of the frame that is taken as an example."""


def check_model(path: Path, dialect: str = 'auto', window: str = 'auto') -> list[Check]:
    """Look at a checkpoint as the node would with the parameters' defaults.

    Args:
        path: what model.path would be: a folder.
        dialect: what model.dialect would be.
        window: what context.dtype would be.
    """
    from streamo_ros.backbone.build import make_prompt
    from streamo_ros.backbone.checkpoint import read_checkpoint
    from streamo_ros.backbone.family import find_family
    from streamo_ros.backbone.options import Options
    from streamo_ros.backbone.plan import plan_checkpoint

    findings, options = [], Options(dialect=dialect, window=window, fewest=1)
    try:
        checkpoint = read_checkpoint(path.expanduser())
        family = find_family(checkpoint.architecture)
        name = type(family).__name__
        findings.append(Check('model', 'ok', f'{checkpoint.architecture}, family {name}'))
        prompt = make_prompt(checkpoint, options)
        findings += _spoken(prompt.dialect)
        make = partial(plan_checkpoint, checkpoint, family, prompt)
        plan = make(options)
    except StreamoError as error:
        part = 'dialect' if findings else 'model'
        page = 'docs/dialects.md' if findings else 'docs/models.md'
        return [*findings, Check(part, 'missing', str(error), f'see {page}')]
    return [*findings, _frames(plan), _memory(plan, make, options)]


def _spoken(dialect: Dialect) -> list[Check]:
    """What the checkpoint reads and says, and what is not done as its own runtime does."""
    states = ', '.join(dialect.states.texts.values())
    frames = f'{dialect.frames} frames' if dialect.frames > 1 else 'one frame'
    frames += ' in pairs' if dialect.block > 1 else ''
    found = (
        f'{dialect.name}: {frames} a step, states {states}, context.policy {dialect.window.policy}'
    )
    return [
        Check('dialect', 'ok', found),
        *[Check('dialect', 'note', limit) for limit in dialect.limits],
    ]


def _frames(plan: Plan) -> Check:
    grid = plan.sizes(*CAMERA)
    tall, wide = grid.pixels
    seen = f'{CAMERA[1]}x{CAMERA[0]} is seen as {wide}x{tall}, in {grid.tokens} tokens'
    return Check('frames', 'ok', seen)


def _memory(plan: Plan, make: Callable[[Options], Plan], options: Options) -> Check:
    """The parts of the memory that will be taken, computed, and whether they are free."""
    from streamo_ros.backbone.attention.storage import name_of
    from streamo_ros.backbone.fit import fit_plan
    from streamo_ros.backbone.sizing import free_bytes

    shape, dtype = plan.window, str(plan.dtype).removeprefix('torch.')
    try:
        free = free_bytes(plan.device)
        found = (
            f'{_gib(plan.weights)} for weights in {dtype}, {_gib(plan.window_bytes)} for '
            f'{shape.lanes} lanes of {shape.capacity} tokens in {name_of(plan.number)}, '
            f'{_gib(plan.workspace)} for passes (computed); '
            f'{_gib(free)} are free on {plan.device.type}'
        )
        remark = fit_plan(make, options, max(0, free - plan.weights)).remark
    except StreamoError as error:
        return Check('memory', 'missing', found, f'with the weights loaded, {error}')
    if remark:
        return Check('memory', 'note', found, f'with the weights loaded, {remark}')
    return Check('memory', 'ok', found)


def _gib(size: int) -> str:
    return f'{size / GIB:.2f} GiB'
