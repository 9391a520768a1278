# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a checkpoint is, said before its weights are loaded."""

from __future__ import annotations

from pathlib import Path

from streamo_ros.core.errors import StreamoError
from streamo_ros.tools.check import Check


def check_model(path: Path, dialect: str) -> list[Check]:
    """Read what is beside a checkpoint's weights.

    Args:
        path: its folder.
        dialect: what model.dialect would be.
    """
    try:
        from streamo_ros.backbone.build import make_prompt
        from streamo_ros.backbone.checkpoint import read_checkpoint
        from streamo_ros.backbone.options import Options

        checkpoint = read_checkpoint(path)
        spoken = make_prompt(checkpoint, Options(dialect=dialect)).dialect
    except StreamoError as error:
        return [Check('model', 'missing', str(error), 'see docs/dialects.md')]
    except ModuleNotFoundError as error:
        return [Check('model', 'note', f'{path} is not read: {error}')]
    states = ', '.join(text for text in spoken.states.texts.values())
    frames = f'{spoken.frames} frames' if spoken.frames > 1 else 'one frame'
    found = (
        f'dialect {spoken.name}: {frames} a step, states {states}, '
        f'context.policy {spoken.window.policy}'
    )
    return [
        Check('model', 'ok', f'{path.resolve().name}, {checkpoint.architecture}'),
        Check('dialect', 'ok', found),
        *[Check('dialect', 'note', limit) for limit in spoken.limits],
    ]
