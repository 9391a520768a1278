# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Engines on disk are whole or not there, whoever else is at it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision.engine import cache as cache_module
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import Gpu
from streamo_ros.backbone.vision.engine.cache import EngineCache
from streamo_ros.backbone.vision.engine.cache import PLAN
from streamo_ros.backbone.vision.engine.cache import SIDECAR
from streamo_ros.backbone.vision.engine.key import EngineKey
from streamo_ros.backbone.vision.engine.resource_check import check_memory

KEY = EngineKey.make(
    'my model', 'f00', Grid(8, 12, 14, 2), 'float16', 'tensorrt', '10.3.0', Gpu('Orin', (8, 7))
)


@pytest.fixture
def cache(tmp_path):
    return EngineCache(tmp_path / 'engines')


def put(cache, key=KEY, plan=b'plan', force=False):
    with cache.scratch_dir(1) as place:
        (place / 'reference').write_bytes(b'numbers')
        return cache.store(place, key, plan, place / 'reference', ('tokens',), 'today', force)


def test_what_was_stored_is_found(cache):
    put(cache)
    entry = cache.find(KEY)
    assert entry.key == KEY
    assert entry.plan() == b'plan'
    assert entry.reference.read_bytes() == b'numbers'
    assert [entry.key for entry in cache.entries()] == [KEY]


def test_a_plan_is_hashed_where_it_was_read(cache, monkeypatch):
    """What TensorRT gets is what was checked: the file is opened once, and not copied."""
    put(cache)
    entry, opened, original = cache.find(KEY), [], Path.open

    def noted(self, *args, **choices):
        opened.append(self.name)
        return original(self, *args, **choices)

    monkeypatch.setattr(Path, 'open', noted)
    plan = entry.plan()
    assert opened.count(PLAN) == 1
    assert type(plan.obj).__name__ == 'mmap'


def test_an_empty_plan_is_one_sentence(cache):
    put(cache)
    entry = cache.find(KEY)
    (entry.folder / PLAN).write_bytes(b'')
    with pytest.raises(EngineError, match='cannot be read'):
        entry.plan()


@pytest.mark.parametrize(
    'change',
    [
        {'fingerprint': 'f01'},
        {'rows': 9},
        {'columns': 13},
        {'patch': 16},
        {'dtype': 'bfloat16'},
        {'flavour': 'tensorrt_rtx'},
        {'version': '10.3.1'},
        {'gpu': 'Thor'},
        {'capability': '11.0'},
        {'recipe': 2},
        {'depth': 2},
    ],
)
def test_an_engine_of_anything_else_is_not_taken(cache, change):
    put(cache)
    assert cache.find(replace(KEY, **change)) is None


def test_a_copied_checkpoint_of_another_name_still_reads_well():
    name = replace(KEY, model='../odd name/Ünicode').name
    assert '/' not in name
    assert not name.startswith('.')


def test_an_engine_of_still_frames_keeps_the_name_that_it_had():
    assert KEY.name == 'my-model-8x12-float16-tensorrt-10.3.0-sm87-337560785f'
    assert replace(KEY, depth=2).grid == Grid(8, 12, 14, 2, 2)


def test_a_plan_that_was_changed_is_refused(cache):
    entry = put(cache)
    (entry.folder / PLAN).write_bytes(b'plaN')
    with pytest.raises(EngineError, match='was modified after it was built'):
        entry.plan()


@pytest.mark.parametrize('text', ['', '{', '[]', '{"format": 1}', '{"format": 99}', 'null'])
def test_a_broken_sidecar_is_one_sentence(cache, text):
    entry = put(cache)
    (entry.folder / SIDECAR).write_text(text)
    with pytest.raises(EngineError, match='--force') as caught:
        cache.find(KEY)
    assert '\n' not in str(caught.value)
    # Listing goes on past it.
    put(cache, replace(KEY, rows=9))
    assert sorted(type(entry).__name__ for entry in cache.entries()) == [
        'CachedEngine',
        'EngineError',
    ]


@pytest.mark.parametrize('missing', [PLAN, SIDECAR, 'selftest.safetensors'])
def test_a_missing_file_is_named(cache, missing):
    entry = put(cache)
    (entry.folder / missing).unlink()
    with pytest.raises(EngineError, match='--force'):
        cache.find(KEY).plan()


def test_a_wrong_type_in_the_sidecar_is_refused(cache):
    entry = put(cache)
    about = json.loads((entry.folder / SIDECAR).read_text())
    about['key']['rows'] = 'eight'
    (entry.folder / SIDECAR).write_text(json.dumps(about))
    with pytest.raises(EngineError, match='rows is not of type int'):
        cache.find(KEY)


def test_nothing_is_replaced_unless_asked(cache):
    put(cache, plan=b'first')
    assert put(cache, plan=b'second').plan() == b'first'
    assert put(cache, plan=b'third', force=True).plan() == b'third'
    assert len(cache.entries()) == 1


def test_a_failed_build_leaves_nothing(cache):
    def build():
        with cache.scratch_dir(1) as place:
            (place / 'half').write_bytes(b'of an engine')
            raise ValueError('died')

    with pytest.raises(ValueError, match='died'):
        build()
    assert list(cache.folder.iterdir()) == []


def test_what_a_killed_builder_left_is_swept_and_a_living_one_is_left_alone(cache):
    with subprocess.Popen([sys.executable, '-c', '']) as gone:
        gone.wait()
    base = f'.making-{socket.gethostname()}-'
    for name in (f'{base}{gone.pid}-a', f'{base}{os.getpid()}-b', '.making-elsewhere-1-c'):
        (cache.folder / name).mkdir(parents=True)
    put(cache)
    left = {file.name for file in cache.folder.glob('.making*')}
    assert left == {f'{base}{os.getpid()}-b', '.making-elsewhere-1-c'}


def test_a_full_disk_leaves_nothing(cache, monkeypatch):
    def full(file, data):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(cache_module, '_write', full)
    with pytest.raises(EngineError, match='is full'):
        put(cache)
    assert list(cache.folder.iterdir()) == []
    assert cache.find(KEY) is None


def test_a_disk_with_too_little_room_is_refused_first(cache, monkeypatch):
    usage = shutil.disk_usage('/')
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: usage._replace(free=100 << 20))
    with pytest.raises(EngineError, match='has 100 MiB left and the engine needs 300 MiB'):
        cache.scratch_dir(300 << 20).__enter__()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / 'file').write_text('')
    cache = EngineCache(tmp_path / 'file' / 'engines')
    for attempt in (cache.scratch_dir(1), cache.lock(KEY)):
        with pytest.raises(EngineError, match='cannot be written'):
            attempt.__enter__()


BUILDER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import importlib.util
spec = importlib.util.spec_from_file_location('cache_test', sys.argv[2])
test = importlib.util.module_from_spec(spec); spec.loader.exec_module(test)
cache = test.EngineCache(Path(sys.argv[3]))
with cache.lock(test.KEY, lambda: print('waiting', flush=True)):
    found = cache.find(test.KEY)
    if found is None:
        time.sleep(0.3)
        test.put(cache, plan=b'made')
        print('made', flush=True)
    else:
        print('found', bytes(found.plan()).decode(), flush=True)
"""


def test_two_processes_build_one_engine(cache):
    root = __file__.partition('/test/')[0]
    command = [sys.executable, '-c', BUILDER, root, __file__, str(cache.folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=120)[0].split('\n')[-2] for process in both)
    assert said == ['found made', 'made']
    assert [entry.plan() for entry in cache.entries()] == [b'made']


def test_a_build_that_would_not_fit_is_refused(monkeypatch):
    base = 'streamo_ros.backbone.vision.engine.resource_check.free_bytes'
    monkeypatch.setattr(base, lambda device: 2 << 30)
    check_memory(100 << 20, 0, None)
    with pytest.raises(EngineError, match=r'building needs about 4352 MiB of memory and 2048 MiB'):
        check_memory(1280 << 20, 0, None)


@pytest.mark.parametrize(('shared', 'refused'), [(True, True), (False, False)])
def test_on_a_jetson_host_and_gpu_take_from_one_memory(monkeypatch, shared, refused):
    base = 'streamo_ros.backbone.vision.engine.resource_check'
    monkeypatch.setattr(f'{base}.free_bytes', lambda device: 6 << 30)
    monkeypatch.setattr(f'{base}.shares_memory', lambda device: shared)
    weights, workspace = 1280 << 20, 1 << 30
    if refused:
        with pytest.raises(EngineError, match='about 7936 MiB of memory and 6144 MiB are free'):
            check_memory(weights, workspace, 'cuda')
    else:
        check_memory(weights, workspace, 'cuda')
