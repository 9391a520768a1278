# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a server can be used as a model, and what it will be able to do."""

from __future__ import annotations

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.errors import StreamoError
from streamo_ros.tools.check import Check


def check_server(url: str, name: str) -> list[Check]:
    """Try a server as the node would.

    Args:
        url: what model.path would be.
        name: of the model; '' = the only one there.
    """
    try:
        info = load(url, Options(name=name, lanes=1)).info
    except StreamoError as error:
        return [Check('server', 'missing', str(error), 'see docs/any_model.md')]
    states = {'special_tokens': 'one token each', 'text_tags': 'spelled as text'}[info.protocol]
    offered = (
        f'{info.model}, {info.architecture}: {info.context_capacity} tokens of context, at most '
        f'{info.max_tokens_per_frame} for a frame, states {states}'
    )
    return [Check('server', 'note' if info.note else 'ok', offered, info.note)]
