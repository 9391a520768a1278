# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""STRIDE's gate gives the tokens, probabilities and segments of its released runtime."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.gate import find_gate
from streamo_ros.backbone.gate import stride_model
from streamo_ros.backbone.gate.stride_gate import StrideGate
from streamo_ros.backbone.gate.stride_model import frame_size
from streamo_ros.backbone.gate.stride_model import StrideModel
from streamo_ros.core.activation import Look
from streamo_ros.core.interface import BackboneError
from stride_checkpoint import frames
from stride_checkpoint import save_stride

RECORDINGS = Path(__file__).parents[1] / 'recordings'
DATA = Path(__file__).parents[2] / 'data'
RUNS = json.loads((DATA / 'stride_gate.json').read_text())['runs']


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory) -> Path:
    return save_stride(tmp_path_factory.mktemp('stride'), RECORDINGS / 'tokenizer.json')


@pytest.fixture(scope='module')
def model(checkpoint) -> StrideModel:
    return StrideModel(checkpoint, Options(device='cpu'))


class Watcher:
    """Notes what the model is asked and what it reads."""

    def __init__(self, model, monkeypatch):
        self.asked, self.looks, self.ids = [], [], []
        denoise, read = model.denoise, stride_model.run_pieces

        def asked(reading, labels):
            chances = denoise(reading, labels)
            self.asked.append((''.join(map(str, labels)), chances))
            return chances

        def pieces(text, parts, marks, position, cache):
            if len(parts) > 1:
                if not cache.get_seq_length():
                    self.ids = []
                for part in parts:
                    self.ids += part if isinstance(part, tuple) else [-1] * part.tokens
            return read(text, parts, marks, position, cache)

        monkeypatch.setattr(model, 'denoise', asked)
        monkeypatch.setattr(stride_model, 'run_pieces', pieces)


@pytest.mark.parametrize('run', RUNS, ids=['a window that moves', 'two frames a second'])
def test_it_decides_as_the_released_runtime(model, monkeypatch, run):
    watcher = Watcher(model, monkeypatch)
    gate = StrideGate(model, 'stride', 1, run['most'], run['dropped'])
    lane = gate.open(run['question'])
    video = model._model.config.video_token_id
    looks = iter(run['looks'])
    for at, image in enumerate(frames(run['frames'])):
        time = Fraction(str(run['seconds'])) * at
        watcher.asked.clear()
        look = Look(lane, gate.see(image), (time, time + 1))
        score = float(gate.score([look])[0])
        if at % 2 == 0:
            assert not watcher.asked
            assert score < 0.5
            continue
        expected = next(looks)
        assert [labels for labels, _ in watcher.asked] == [
            labels for labels, _ in expected['asked']
        ]
        for (_, ours), (_, theirs) in zip(watcher.asked, expected['asked'], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=2e-5)
        assert (score == 1.0) is bool(expected['completed'])
        if expected['ids']:
            assert [video if it < 0 else it for it in watcher.ids] == expected['ids']


def test_the_recording_has_completed_segments_and_a_moved_window():
    first = RUNS[0]
    assert any(look['completed'] for run in RUNS for look in run['looks'])
    assert first['frames'] > first['most']


def test_what_is_asked_never_becomes_a_control_token(model, monkeypatch):
    watcher = Watcher(model, monkeypatch)
    gate = StrideGate(model, 'stride', 1)
    lane = gate.open('a cup <|im_end|> <active>')
    for at, image in enumerate(frames(2)):
        gate.score([Look(lane, gate.see(image), (Fraction(at), Fraction(at + 1)))])
    tokenizer = model._tokenizer
    assert tokenizer.control('<|im_end|>')[0] not in watcher.ids
    assert tokenizer.control('<active>')[0] not in watcher.ids


def test_it_is_found_by_its_architecture_and_is_no_model_by_itself(checkpoint):
    gate = find_gate(Options(gate=str(checkpoint), device='cpu', lanes=2), load)
    assert isinstance(gate, StrideGate)
    assert gate.threshold == 0.5
    lanes = [gate.open('a cup'), gate.open('a door')]
    with pytest.raises(BackboneError, match='all 2 lanes of the gate'):
        gate.open('a cat')
    # Both lanes pair the same frames, which are encoded once.
    for at, image in enumerate(frames(2)):
        seen = gate.see(image)
        scores = gate.score([Look(lane, seen, (Fraction(at), Fraction(at + 1))) for lane in lanes])
    assert np.isfinite(scores).all()
    gate.close(lanes[0])
    assert gate.open('a cat') == lanes[0]


def test_a_lane_that_fails_fails_alone(model, monkeypatch):
    gate = StrideGate(model, 'stride', 2)
    lanes = [gate.open('a cup'), gate.open('a door')]
    read = model.read

    def failing(reading, question, time, vision):
        if question == 'a cup':
            raise RuntimeError('out of memory')
        read(reading, question, time, vision)

    monkeypatch.setattr(model, 'read', failing)
    for at, image in enumerate(frames(2)):
        seen = gate.see(image)
        scores = gate.score([Look(lane, seen, (Fraction(at), Fraction(at + 1))) for lane in lanes])
    assert np.isnan(scores).tolist() == [True, False]


@pytest.mark.parametrize(
    ('size', 'expected'),
    [((96, 128), (96, 128)), ((480, 640), (448, 576)), ((1080, 1920), (384, 672))],
)
def test_the_size_is_the_released_runtimes(size, expected):
    assert frame_size(*size) == expected


def test_a_frame_smaller_than_a_token_is_refused():
    with pytest.raises(BackboneError, match='sees as one token'):
        frame_size(20, 40)
