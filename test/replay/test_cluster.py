# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo replay BAGS --ray ADDRESS`, on a Ray of this machine."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamo_ros import cli
from streamo_ros.replay import ray_executor as cluster
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.summary import Summary


def main(argv):
    return cli.main(['replay', *argv])


RULES = """
- instruction: cup
  say:
    - {from: 2, to: 3, state: standby}
    - {from: 3, to: 4, state: response, text: 'The cup is red'}
"""
GOOD = ('raw_mcap', 'jpeg_mcap')


@pytest.fixture
def arguments(bags, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'rules.yaml').write_text(RULES)
    return lambda names, *more: [
        *(os.path.relpath(bags / name) for name in names),
        '-i',
        'cup',
        '--model',
        'rules.yaml',
        '--output',
        'out',
        '--json',
        *more,
    ]


@pytest.mark.slow
@pytest.mark.skipif(find_spec('ray') is None, reason='Ray is not installed: streamo_ros[ray]')
def test_bags_on_ray_give_what_workers_would(arguments, tmp_path, capsys, monkeypatch):
    # Ray keeps the token of the clusters that it starts in the home folder.
    monkeypatch.setenv('HOME', str(tmp_path))
    code = main(arguments([GOOD[0], 'truncated.mcap', GOOD[1]], '--ray', 'local'))
    out = capsys.readouterr().out
    first, broken, second = json.loads(out)
    assert code == 2
    assert 'add --salvage' in broken['failure']
    assert first['source'].endswith(GOOD[0])
    assert second['output'] == 'out/jpeg_mcap'
    for one in (first, second):
        assert one['instructions'][0]['states'] == {'SILENCE': 6, 'STANDBY': 1, 'RESPONSE': 1}
    page = (tmp_path / 'out' / 'report.html').read_text()
    assert 'truncated.mcap failed: ' in page
    assert len(re.findall('jpeg_mcap|raw_mcap', page)) >= 2

    # What Ray has done, workers need not do again; relative paths mean the same to both.
    reports = [tmp_path / 'out' / name / 'report.html' for name in GOOD]
    before = [report.stat().st_mtime_ns for report in reports]
    assert main(arguments(GOOD, '--workers', '2')) == 0
    assert json.loads(capsys.readouterr().out) == [first, second]
    assert [report.stat().st_mtime_ns for report in reports] == before


def test_absent_ray_is_one_sentence_with_what_installs_it(arguments, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'ray', None)
    assert main(arguments(GOOD, '--ray', 'auto')) == 2
    said = capsys.readouterr().err
    assert said.startswith('streamo replay: the Python package ray is not installed: run `')
    assert said.endswith(' -m pip install "ray[client]>=2.10"`\n')


@pytest.mark.skipif(find_spec('ray') is None, reason='Ray is not installed: streamo_ros[ray]')
@pytest.mark.parametrize('scheme', ['', 'ray://'])
def test_address_where_nobody_listens_is_refused_at_once(arguments, capsys, scheme):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        address = f'{scheme}127.0.0.1:{free.getsockname()[1]}'
        assert main(arguments(GOOD, '--ray', address)) == 2
    sentence = capsys.readouterr().err
    assert f'Ray at {address!r} cannot be used' in sentence
    assert '--ray local' in sentence


@pytest.mark.parametrize(
    ('model', 'device', 'there', 'asked'),
    [
        ('rules.yaml', 'auto', 2, 0),
        ('tiny', 'auto', 0, 0),
        ('tiny', 'auto', 2, 1),
        ('tiny', 'cpu', 2, 0),
        ('tiny', 'cuda', 2, 1),
    ],
)
def test_task_asks_for_a_gpu_where_its_model_would_use_one(model, device, there, asked):
    assert cluster.gpus_of_task(model, device, there) == asked


def test_gpu_that_the_cluster_lacks_is_refused_instead_of_awaited():
    with pytest.raises(cluster.ClusterError, match='has no GPU: leave out --device cuda'):
        cluster.gpus_of_task('tiny', 'cuda', 0)


def double(get):
    """As much of Ray as a result needs."""
    return SimpleNamespace(get=get, exceptions=SimpleNamespace(RayError=LookupError))


@pytest.mark.parametrize(
    ('canceled', 'code', 'failure'),
    [
        (True, 130, ''),
        (False, 2, 'its Ray task ended: a.mcap went down with its machine'),
    ],
)
def test_lost_task_is_a_failure_unless_it_was_canceled(canceled, code, failure):
    def get(_):
        raise LookupError('Traceback\n  ...\na.mcap went down with its machine\n')

    summary = cluster._result(double(get), None, ReplayJob('a.mcap', Path('tiny')), canceled)
    assert (summary.exit_code, summary.failure) == (code, failure)


def test_output_folder_that_is_not_shared_is_a_failure(tmp_path):
    ray = double(lambda _: Summary('/there/a.mcap', speed=3.0))
    summary = cluster._result(ray, None, ReplayJob('a.mcap', Path('tiny'), output=tmp_path), False)
    assert summary.source == 'a.mcap'
    assert 'is not shared by the machine that replayed it' in summary.failure
    (tmp_path / 'events.jsonl').touch()
    summary = cluster._result(ray, None, ReplayJob('a.mcap', Path('tiny'), output=tmp_path), False)
    assert (summary.failure, summary.speed) == ('', 3.0)


def test_workers_are_not_for_ray(arguments, capsys):
    with pytest.raises(SystemExit, match='2'):
        main(arguments(GOOD, '--ray', 'auto', '--workers', '3'))
    assert 'not allowed with argument' in capsys.readouterr().err
