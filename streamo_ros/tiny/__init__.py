# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded model: seeing first, then speaking, both on drawn worlds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def train(values: Mapping[str, Any], resume: bool = False) -> Path:  # noqa: ARG001
    """Train the embedded model; see `recipe.train`. An unfinished run is always resumed."""
    # Imported here: transformers takes seconds, and dialogues alone do without.
    from streamo_ros.tiny import recipe

    return recipe.train(values)
