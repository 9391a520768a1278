# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo engine` on a machine without a GPU: what can be done there is, the rest is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamo_ros import cli
from streamo_ros.backbone.vision.engine.binding import installed


@pytest.fixture
def engine(capsys):
    """Runs a verb; its exit code and what it wrote."""

    def run(*words):
        code = cli.main(['engine', *map(str, words)])
        return code, capsys.readouterr()

    return run


def test_the_real_tensorrt_rtx_builds_for_a_gpu_elsewhere(engine, rtx, qwen, tmp_path):
    cache = tmp_path / 'engines'
    words = ('--cache', cache, '--grid', '3x4', '--tensorrt', 'tensorrt_rtx')
    code, said = engine(
        'build', qwen, *words, '--for-gpu', 'NVIDIA GeForce RTX 4090:8.9', '--json'
    )
    assert code == 0
    last = json.loads(said.out.splitlines()[-1])
    assert 'bfloat16' in last['engine']
    assert sorted(file.name for file in Path(last['folder']).iterdir()) == [
        'engine.json',
        'engine.plan',
        'selftest.safetensors',
    ]
    code, said = engine('list', '--cache', cache, '--json')
    assert json.loads(said.out)['gpu'] == 'NVIDIA GeForce RTX 4090'
    assert list(cache.glob('.making*')) == []


@pytest.mark.parametrize('depth', ['1', '2'])
def test_export_checks_the_graph_against_torch(engine, qwen, tmp_path, depth):
    file = tmp_path / 'tower.onnx'
    code, said = engine(
        'export',
        qwen,
        '--output',
        file,
        '--size',
        '120x90',
        '--max-pixels',
        '9000',
        '--depth',
        depth,
        '--dtype',
        'float16',
        '--check',
        '--json',
    )
    row = json.loads(said.out.splitlines()[-1])
    assert code == 0
    assert 0 <= row['errors']['tokens'] < 0.01
    assert file.stat().st_size > 0


@pytest.mark.parametrize(
    ('words', 'expected'),
    [
        (('build', '{model}'), 'torch sees no CUDA device: build on the machine'),
        (('build', '{model}', '--for-gpu', 'fast'), 'is invalid'),
        (('build', '{model}', '--for-gpu', 'NVIDIA H200:9.0'), 'no kernels for NVIDIA H200'),
        (('build', '{model}', '--for-gpu', 'X:8.9', '--size', 'big'), 'give it as 640x480'),
        (
            ('build', '{model}', '--for-gpu', 'X:8.9', '--cache', '/proc/nowhere'),
            'cannot be written',
        ),
        (('build', '/nowhere', '--for-gpu', 'X:8.9'), 'no model folder'),
        (('verify',), 'torch sees no CUDA device: an engine can only be verified on its GPU'),
        (('export', '{model}', '--output', '/tmp/tower.txt'), 'ends in .onnx'),
        (('export', '{model}', '--output', '/nowhere/tower.onnx'), 'no folder /nowhere'),
    ],
)
def test_what_cannot_be_done_is_one_sentence(engine, qwen, words, expected, monkeypatch, tmp_path):
    if 'tensorrt_rtx' not in installed() and 'build' in words:
        pytest.skip('pip install tensorrt-rtx')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    code, said = engine(*(word.format(model=qwen) for word in words))
    assert code == 2
    assert expected in said.err
    assert len(said.err.strip().splitlines()) == 1
