# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo bench` measures what it names; engine and plain loops agree on what they compute."""

from __future__ import annotations

import json

import pytest

from streamo_ros import cli
from streamo_ros.backbone.options import Options
from streamo_ros.backbone.published_shapes import SHAPES
from streamo_ros.backbone.random_weights import random_model


def main(argv):
    return cli.main(['bench', *argv])


KEYS = {
    'frame_p50_ms',
    'frame_p95_ms',
    'encode_p50_ms',
    'extend_p50_ms',
    'decode_ms_per_token',
    'first_p50_ms',
    'last_p50_ms',
    'memory_first_mb',
    'memory_last_mb',
    'lanes',
    'context_tokens',
    'device',
    'model',
}
SMALL = ['--size', '140x112', '--frames', '8', '--warmup', '1', '--device', 'cpu', '--json']


def report(capsys, *arguments):
    assert main([*arguments, *SMALL]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_shape(capsys, tmp_path):
    file = tmp_path / 'bench.json'
    found = report(capsys, '--random', 'tiny', '--lanes', '2', '--output', str(file))
    assert found.keys() >= KEYS
    assert found == json.loads(file.read_text())
    assert found['lanes'] == 2
    assert 'random weights' in found['model']
    assert 0 < found['encode_p50_ms'] < found['frame_p50_ms'] <= found['frame_p95_ms']
    assert found['tokens_per_frame'] == 20


def test_a_folder_against_plain_transformers(capsys, checkpoint):
    found = report(
        capsys,
        str(checkpoint),
        '--against',
        'hf',
        '--context-frames',
        '3',
        '--repeats',
        '2',
        '--max-pixels',
        '16384',
        '--dtype',
        'float32',
    )
    assert found['logit_difference'] < 1e-4
    assert found['speedup'] == pytest.approx(
        found['baseline_frame_p50_ms'] / found['compared_frame_p50_ms'], rel=0.01
    )
    assert found['append_ratio'] == pytest.approx(
        found['compared_frame_p50_ms'] / found['append_frame_p50_ms'], rel=0.01
    )


def test_the_window_bounds_the_context(capsys):
    full = report(capsys, '--random', 'tiny', '--max-frames', '100')
    short = report(capsys, '--random', 'tiny', '--max-frames', '2')
    assert short['context_tokens'] < full['context_tokens']


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['nowhere'], 'no model folder'),
        (['--random', 'huge'], 'use one of tiny'),
        (['--random', 'tiny', '--capacity', '100'], '100 tokens cannot hold'),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(capsys, arguments, words):
    assert main([*arguments, *SMALL]) == 2
    captured = capsys.readouterr()
    assert words in captured.err.splitlines()[-1]
    assert not captured.out


def test_neither_folder_nor_shape(capsys):
    assert main([]) == 2
    assert '--random' in capsys.readouterr().err


@pytest.mark.parametrize('name', sorted(set(SHAPES) - {'tiny', 'tiny-qwen3'}))
def test_shapes_have_the_published_sizes(name):
    """Parameters in billions, as the names say, within what the names round."""
    import torch

    architecture, _, configure = SHAPES[name]
    import transformers

    with torch.device('meta'):
        model = getattr(transformers, architecture)(configure())
    billions = sum(parameter.numel() for parameter in model.parameters()) / 1e9
    published = {
        '0.2b': 0.234,
        'qwen2-vl-2b': 2.21,
        'qwen2-vl-7b': 8.29,
        'livecc-7b': 8.29,
        'qwen2.5-vl-3b': 3.75,
        'qwen2.5-vl-7b': 8.29,
        'qwen3-vl-2b': 2.13,
        'qwen3-vl-4b': 4.44,
        'qwen3-vl-8b': 8.77,
        'internvl3-1b': 0.94,
        'internvl3-2b': 2.09,
        'internvl3.5-1b': 1.06,
        'internvl3.5-2b': 2.35,
        'internvl3.5-4b': 4.73,
        'internvl3.5-8b': 8.53,
        'llava-onevision-0.5b': 0.89,
        'llava-onevision-7b': 8.03,
        'smolvlm2-256m': 0.256,
        'smolvlm2-500m': 0.507,
        'smolvlm2-2.2b': 2.25,
        'cosmos-reason1-7b': 8.29,
        'cosmos-reason2-2b': 2.13,
        'cosmos-reason2-8b': 8.77,
        # 5.1 and 8.0 with their audio encoders, which are not loaded.
        'gemma-4-e2b': 4.8,
        'gemma-4-e4b': 7.7,
    }
    assert billions == pytest.approx(published[name], rel=0.02)


def test_random_weights_are_the_same_each_time():
    first, again = (random_model('tiny', Options(device='cpu')) for _ in range(2))
    assert all(
        one.equal(other) for one, other in zip(first.parameters(), again.parameters(), strict=True)
    )


def test_the_vision_tower_beside_torch(qwen, capsys):
    code = main(
        [
            str(qwen),
            '--against',
            'torch',
            '--vision',
            'tensorrt',
            '--device',
            'cpu',
            '--json',
            '--frames',
            '3',
            '--warmup',
            '1',
            '--size',
            '120x90',
            '--max-pixels',
            '16384',
            '--repeats',
            '3',
            '--capacity',
            '1024',
        ]
    )
    report = json.loads(capsys.readouterr().out)
    assert code == 0
    # Here it is torch beside torch, and the report says why.
    assert report['vision_backend'] == 'torch'
    assert 'CUDA device' in report['vision_note']
    assert report['vision_cosine'] == 1.0
    assert report['tower_p50_ms'] > 0
