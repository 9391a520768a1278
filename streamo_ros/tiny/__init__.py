# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The recipe of the embedded model: first its vision tower, then its language model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def train(values: Mapping[str, Any], resume: bool = False) -> Path:  # noqa: ARG001
    """Train the embedded model; see `recipe.train`. An unfinished run is always resumed."""
    # Imported here: transformers takes seconds to import, and drawing dialogues needs none of it.
    from streamo_ros.tiny import recipe

    return recipe.train(values)
