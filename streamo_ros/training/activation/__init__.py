# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training of a gate: `streamo train` with `kind: activation`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def train(values: Mapping[str, Any], resume: bool) -> Path:
    """Train a gate; see `gate_run.train`.

    Args:
        values: of `gate_config.GateConfig`, by name.
        resume: continue from the newest checkpoint of the run.
    """
    from streamo_ros.training.activation.gate_config import gate_config

    config = gate_config(values)
    # Imported here: it loads torch, and a configuration is refused before.
    from streamo_ros.training.activation import gate_run

    return gate_run.train(config, resume)
