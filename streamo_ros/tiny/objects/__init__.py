# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The recipe of streamo-objects, the embedded model that sees real things; see `recipe`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def train(values: Mapping[str, Any], resume: bool) -> Path:  # noqa: ARG001
    """Train streamo-objects; see `recipe.train`. A run always resumes."""
    from streamo_ros.tiny.objects.recipe import train as train_objects

    return train_objects(values)
