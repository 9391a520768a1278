# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loads the model that the parameters ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streamo_ros.backbone import is_url
from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.parameter import Value
from streamo_ros.core.instruction import DEFAULT_INSTRUCTIONS
from streamo_ros.core.interface import Backbone
from streamo_ros.share import EMBEDDED
from streamo_ros.share import share_path
from streamo_ros.share import TINY


def load_model(values: Mapping[str, Value], *, wait: bool = False) -> Backbone:
    """Load the model that the parameters ask for.

    Args:
        values: the parameters.
        wait: the first frame waits for a vision engine, see `Options`.

    Raises:
        BackboneError: it cannot be loaded.
        ParameterError: parameters contradict each other.
        ShareError: there is no embedded model.
    """
    path = find_model(str(values['model.path']))
    if is_url(path):
        _check_timeouts(values)

    def whole(name: str) -> int:
        return int(values[name])  # type: ignore[arg-type]

    options = Options(
        device=str(values['model.device']),
        dtype=str(values['model.dtype']),
        dialect=str(values['model.dialect']),
        protocol=str(values['model.protocol']),
        max_pixels=whole('model.max_pixels'),
        lanes=(whole('max_instructions') or DEFAULT_INSTRUCTIONS) + asking_lanes(values),
        fewest=(whole('max_instructions') or 1) + asking_lanes(values),
        capacity=whole('context.capacity'),
        window=str(values['context.dtype']),
        frames=whole('context.max_frames'),
        vision=str(values['model.vision']),
        wait=wait,
        runtime=str(values['model.runtime']),
        name=str(values['model.name']),
        settings=str(values['model.settings']),
        request_timeout=float(values['model.request_timeout']),  # type: ignore[arg-type]
        gate=str(find_model(str(values['model.gate']))) if values['model.gate'] else '',
        gate_main=str(values['gate.main']),
        alpha=float(values['thresholds.activation']),  # type: ignore[arg-type]
        max_len=whole('context.max_len'),
    )
    return load(path, options)


def asking_lanes(values: Mapping[str, Value]) -> int:
    """Lanes for questions about the past, besides those of instructions: 1 with a memory."""
    return int(bool(values['memory.path']))


def find_model(path: str | Path = '') -> Path | str:
    """The path of a model, or the URL of one.

    Args:
        path: of its folder or script, its URL, or the name of an embedded model; '' = tiny.

    Raises:
        ShareError: the package was installed without it.
    """
    if is_url(path):
        return path
    name = EMBEDDED.get(str(path) or TINY)
    return share_path('models', name) if name else Path(path).expanduser()


def _check_timeouts(values: Mapping[str, Value]) -> None:
    """A request must fail before the pass that it belongs to counts as hung.

    Raises:
        ParameterError: it would not.
    """
    request, hung = values['model.request_timeout'], values['model.timeout']
    if 0 < float(hung) <= float(request):  # type: ignore[arg-type]
        raise ParameterError(
            f'model.request_timeout {request:g} is not below model.timeout {hung:g}: the node '
            'would end before a request has failed'
        )
