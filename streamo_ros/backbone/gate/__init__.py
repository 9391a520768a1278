# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gates: `with_gate` puts one in front of a model. No torch is loaded here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from streamo_ros.backbone.context_size import wanted_capacity
from streamo_ros.backbone.gate.gated import GatedBackbone
from streamo_ros.backbone.gate.on_demand import OnDemandBackbone
from streamo_ros.backbone.gate.protocol_gate import ProtocolGate
from streamo_ros.backbone.gate_files import is_gate
from streamo_ros.backbone.gate_files import is_stride
from streamo_ros.backbone.options import Options
from streamo_ros.core.activation import Activation
from streamo_ros.core.activation import ALPHA
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError

__all__ = ['with_gate']

ANSWER = 512
"""Tokens that a model has for an answer besides `Options.max_len`."""
MAX_LEN = 4096
"""Tokens that a model reads for an answer where nobody says how many."""

Load = Callable[[str, Options], Backbone]
"""Loads a model without a gate."""


def with_gate(path: str, options: Options, load: Load) -> GatedBackbone:
    """Load a model and its gate.

    Args:
        path: of the model.
        options: how they are run; `gate` is the gate's path.
        load: loads either.

    Raises:
        BackboneError: one of them cannot be loaded, or they do not fit together.
    """
    if not 0 <= options.alpha < 1:
        raise BackboneError(
            f'thresholds.activation is {options.alpha:g}: a score lies between 0 and 1'
        )
    gate = find_gate(options, load)
    alpha = options.alpha or gate.threshold or ALPHA
    if options.gate_main != 'on_demand':
        model = _checked(load(path, replace(options, gate='')))
        return GatedBackbone(model, gate, alpha)
    longest = options.max_len or MAX_LEN
    model = _checked(load(path, replace(options, gate='', capacity=longest + ANSWER)))
    frames = options.frames or model.info.max_frames
    kept = wanted_capacity(frames, model.info.max_tokens_per_frame or 1, model.prompt)
    return GatedBackbone(OnDemandBackbone(model, kept, longest), gate, alpha)


def find_gate(options: Options, load: Load) -> Activation:
    """Load the gate that the options name, of whatever kind it is.

    Raises:
        BackboneError: it cannot be loaded.
    """
    plain = replace(options, gate='', name='', settings='', capacity=0, frames=0, max_pixels=0)
    # It needs a lane for each of the model's, which may then come to have fewer.
    plain = replace(plain, protocol='auto', dialect='auto', fewest=0, runtime='torch')
    folder = Path(options.gate).expanduser()
    if is_gate(folder):
        # Imported here, as it loads torch.
        from streamo_ros.backbone.gate.score_gate import load_score_gate

        return load_score_gate(folder, plain)
    if is_stride(folder):
        from streamo_ros.backbone.gate.stride_gate import load_stride

        return load_stride(folder, plain)
    return ProtocolGate(_checked(load(options.gate, plain)))


def _checked(model: Backbone) -> Backbone:
    """A model whose dialogue a gate can read.

    Raises:
        BackboneError: it is in another dialect than Streamo's.
    """
    name = model.prompt.dialect.name
    if name != STREAMO.name:
        raise BackboneError(
            f'{model.info.model} speaks the dialect {name}, and a gate and what is behind it must '
            "speak streamo: leave model.gate empty, or set model.dialect to 'streamo'"
        )
    return model
