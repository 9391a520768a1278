# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A rebuild in parts, on a real model: the numbers of a rebuild at once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from streamo_ros.backbone import Options
from streamo_ros.backbone.random_weights import random_backbone
from streamo_ros.core import prefill
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook


def test_parts_give_the_numbers_of_a_rebuild_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefill, 'PART_TOKENS', 50)
    parts, sizes = watch(monkeypatch)
    assert len(sizes) > 4
    assert max(sizes) <= 50
    monkeypatch.setattr(prefill, 'PART_TOKENS', 1 << 20)
    whole, sizes = watch(monkeypatch)
    assert len(sizes) == 2
    assert parts.shape == (28, 3)
    np.testing.assert_allclose(parts, whole, atol=1e-4)


def watch(monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, list[int]]:
    """Probabilities of each frame and instruction, and the tokens of each prefill."""
    backbone = random_backbone('tiny', Options(device='cpu', lanes=2, capacity=2048))
    sizes: list[int] = []
    read = backbone.prefill

    def noted(request) -> None:
        sizes.append(request.tokens)
        read(request)

    monkeypatch.setattr(backbone, 'prefill', noted)
    book = InstructionBook(2)
    # No answers: of random weights they would be long.
    settings = AssistantSettings(
        thresholds=Thresholds(response=1.0), limits=ContextLimits(max_frames=12, max_time=10.0)
    )
    assistant = Assistant(backbone, book, settings)
    book.add('Tell me when a cup is put on the table.')
    book.add('How many?')
    generator = np.random.default_rng(0)
    events = []
    for at in range(14):
        pixels = generator.integers(0, 256, (112, 140, 3), dtype=np.uint8)
        tick = Tick((100 + at) * SECOND, Fraction(at), Fraction(at + 1), at, 1)
        events += [*assistant.observe(Frame(tick, pixels)), *assistant.speak(1000)]
    rows = sorted(
        (event.frame.tick.index, event.instruction_id, event.probabilities)
        for event in events
        if isinstance(event, Decided)
    )
    return np.array([row[2] for row in rows]), sizes
