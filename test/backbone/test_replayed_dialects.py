# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo replay` of one clip in every dialect says what plain transformers says of its ids."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from streamo_ros import cli
from streamo_ros.backbone.dialects import dialect_names
from streamo_ros.backbone.streaming import StreamingBackbone
from streamo_ros.core.decision import probabilities
from streamo_ros.core.interface import Request

MAX_PIXELS = 16384
SECONDS = 4


class Watcher:
    """What the lane holds whenever it decides, and the frames that it was shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.row: list[Any] = []
        self.decided: list[list[Any]] = []
        self.images: list[tuple[Any, Any, int]] = []
        self.prompt: Any = None
        for name in ('_see', 'extend', 'prefill', 'decode', 'evict', 'truncate'):
            original = getattr(StreamingBackbone, name)
            wrapped = getattr(self, name)
            monkeypatch.setattr(
                StreamingBackbone,
                name,
                lambda own, *args, wrapped=wrapped, original=original: wrapped(
                    own, original, *args
                ),
            )

    def _see(self, own: Any, original: Callable, images: Sequence[Any], larger: bool) -> Any:
        self.prompt = own.prompt
        vision = original(own, images, larger)
        scale = self.prompt.dialect.standby_scale if larger else 1
        shown = tuple(images) if self.prompt.dialect.block == 2 else images[0]
        self.images.append((vision, shown, round(scale * MAX_PIXELS)))
        return vision

    def extend(self, own: Any, original: Callable, requests: Sequence[Request]) -> Any:
        self._append(requests)
        self.decided.append(list(self.row))
        return original(own, requests)

    def prefill(self, own: Any, original: Callable, request: Request) -> None:
        self._append([request])
        original(own, request)

    def decode(self, own: Any, original: Callable, requests: Sequence[Request], how: Any) -> Any:
        self._append(requests)
        return original(own, requests, how)

    def evict(self, own: Any, original: Callable, slot: int, keep: Sequence[Any]) -> None:
        raise AssertionError('the clip is short enough for the window')

    def truncate(self, own: Any, original: Callable, slot: int, length: int) -> None:
        self.row = self.row[:length]
        original(own, slot, length)

    def shown(self, row: Sequence[Any]) -> tuple[list[Any], list[int]]:
        """The frames of a row, or pairs of them, in order, and their areas."""
        held = {id(item) for item in row if not isinstance(item, int)}
        found = [(image, size) for vision, image, size in self.images if id(vision) in held]
        return [image for image, _ in found], [size for _, size in found]

    def _append(self, requests: Sequence[Request]) -> None:
        assert len(requests) <= 1
        for request in requests:
            for piece in request.pieces:
                self.row += piece if isinstance(piece, tuple) else [piece] * piece.tokens


@pytest.fixture(scope='module')
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of noise in blocks, eight frames a second."""
    path = tmp_path_factory.mktemp('clip') / 'clip.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), 8.0, (160, 120))
    generator = np.random.default_rng(3)
    for _ in range(8 * SECONDS):
        blocks = generator.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        writer.write(cv2.resize(blocks, (160, 120), interpolation=cv2.INTER_NEAREST))
    writer.release()
    return path


@pytest.mark.slow
@pytest.mark.parametrize('name', dialect_names())
def test_a_replay_says_what_transformers_says(
    name: str,
    clip: Path,
    tmp_path: Path,
    speaking: Callable[[str], Path],
    whole_model: Callable[[Path], Any],
    expected_states: Callable[..., list[float]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watcher = Watcher(monkeypatch)
    folder, output = speaking(name), tmp_path / 'out'
    settings = {
        'context.capacity': 4096,
        'generation.max_new_tokens': 3,
        'model.max_pixels': MAX_PIXELS,
        'model.dtype': 'float32',
    }
    params = tmp_path / 'params.yaml'
    params.write_text(yaml.safe_dump({'/**': {'ros__parameters': settings}}))
    arguments = ['--model', str(folder), '--dialect', name, '--device', 'cpu', '--no-images']
    arguments += ['--params-file', str(params), '-i', 'tell me when the kettle boils']
    assert cli.main(['replay', str(clip), *arguments, '-o', str(output)]) == 0
    lines = (output / 'events.jsonl').read_text('utf-8').splitlines()
    told = [
        event['probabilities']
        for event in map(json.loads, lines)
        if event.get('probabilities') and event['probabilities'][0] is not None
    ]
    assert len(told) == len(watcher.decided) == SECONDS
    original, two = whole_model(folder), not watcher.prompt.has_standby
    for row, chances in zip(watcher.decided, told, strict=True):
        ids = [item if isinstance(item, int) else None for item in row]
        logits = original.logits(ids, *watcher.shown(row))[-1]
        states = np.array(expected_states(watcher.prompt, logits), np.float64)
        states[1] = -np.inf if two else states[1]
        np.testing.assert_allclose(chances, probabilities(states), atol=1e-4)
