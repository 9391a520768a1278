# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What makes the folder of a checkpoint, or of an adapter, a gate. Imports no torch."""

from __future__ import annotations

from pathlib import Path

GATE = 'gate.safetensors'
"""The score head, and what else was trained whole."""
SCORE = 'score.weight'
"""The tensor of the score head in it, shape (1, hidden)."""
ACT = '<ACT>'
"""The token behind each frame, in the tokenizer."""


def is_gate(path: Path) -> bool:
    """Whether a folder holds a gate that `streamo train` wrote."""
    return (path / GATE).is_file()
