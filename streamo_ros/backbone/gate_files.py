# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What makes the folder of a checkpoint, or of an adapter, a gate. Imports no torch."""

from __future__ import annotations

from pathlib import Path

from streamo_ros.documents import load_json

GATE = 'gate.safetensors'
"""The score head, and what else was trained whole."""
SCORE = 'score.weight'
"""The tensor of the score head in it, shape (1, hidden)."""
ACT = '<ACT>'
"""The token behind each frame, in the tokenizer."""


def is_gate(path: Path) -> bool:
    """Whether a folder holds a gate that `streamo train` wrote."""
    return (path / GATE).is_file()


STRIDE_ARCHITECTURES = ('Qwen3VLForSTRIDE', 'Qwen3VLForProactiveMDM')
"""What the config.json of STRIDE's checkpoints names: in its repository, and on its card."""


def is_stride(path: Path) -> bool:
    """Whether a folder holds STRIDE's gate."""
    file = path / 'config.json'
    if not file.is_file():
        return False
    try:
        named = load_json(file.read_text(encoding='utf-8')).get('architectures') or ()
    except (ValueError, AttributeError):
        # Whoever loads it says what is wrong.
        return False
    return not set(STRIDE_ARCHITECTURES).isdisjoint(named)
