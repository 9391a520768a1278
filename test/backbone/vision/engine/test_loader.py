# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a running model does about engines, on a machine that looks like a Jetson or like none."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from streamo_ros import cli
from streamo_ros.backbone.vision import Grid
from streamo_ros.backbone.vision import VisionState
from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine import Gpu
from streamo_ros.backbone.vision.engine.binding import find_binding
from streamo_ros.backbone.vision.engine.cache import EngineCache
from streamo_ros.backbone.vision.engine.loader import EngineLoader
from streamo_ros.backbone.vision.engine.loader import run_build
from streamo_ros.backbone.vision.engine.selftest import probe
from streamo_ros.backbone.vision.onnx_encoder import OnnxEncoder

CPU = torch.device('cpu')


@pytest.fixture
def cached(tmp_path):
    return tmp_path / 'engines'


@pytest.fixture
def build(qwen, qwen_graph, cached, on_orin, capsys, monkeypatch):
    """Runs `streamo engine build` on the machine that looks like an Orin.

    The graph is the session's: the double's plans are paths of graphs, which must stay.
    """
    monkeypatch.setattr('streamo_ros.tools.engine.DEVICE', CPU)
    base = 'streamo_ros.backbone.vision.engine.builder'
    monkeypatch.setattr(f'{base}.export', lambda *given: qwen_graph[1])
    monkeypatch.setattr(f'{base}.check_memory', lambda *given: None)

    def run(*more, verb='build'):
        model = [str(qwen), '--grid', '3x4', '--dtype', 'float32'] if verb == 'build' else []
        code = cli.main(['engine', verb, *model, '--cache', str(cached), *more])
        return code, capsys.readouterr()

    return run


def tiny_grid(checkpoint):
    vision = json.loads((checkpoint / 'config.json').read_text())['vision_config']
    return Grid(3, 4, vision['patch_size'], 2)


def engine_loader(path, folder, build=False):
    return EngineLoader(path, CPU, torch.float32, build, folder)


def entry(folder):
    (found,) = EngineCache(folder).entries()
    return found


def refusal(make, grid):
    with pytest.raises(EngineError) as caught:
        make(grid, lambda note: None)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def test_built_by_the_command_and_used_by_a_model(build, qwen, cached, recorder):
    code, said = build()
    assert code == 0
    assert 'sm87' in said.out
    grid = entry(cached).key.grid
    notes = []
    encoder, state = engine_loader(qwen, cached)(grid, notes.append)
    assert (state.backend, state.version) == ('tensorrt', 'TensorRT 10.3.0')
    assert state.model_id
    assert encoder(probe(grid))[0].shape[0] == grid.tokens
    assert notes == ['the engine is being loaded and tested']


def test_the_builder_is_told_of_pairs_of_frames(qwen, cached):
    grid = Grid(3, 4, 14, 2, depth=2)
    words = engine_loader(qwen, cached).command(grid, 'float32', 'tensorrt')
    assert words[words.index('--depth') + 1] == '2'
    assert '--depth' not in engine_loader(qwen, cached).command(
        Grid(3, 4, 14, 2), 'float32', 'tensorrt'
    )


def test_verify_compares_with_torch_and_times(build, cached, recorder):
    build()
    code, said = build('--json', verb='verify')
    row = json.loads(said.out)
    assert code == 0
    assert row['passed']
    assert 0 <= row['errors']['tokens'] < 0.01
    assert row['milliseconds'] > 0
    recorder.wrong = 0.2
    code, said = build(verb='verify')
    assert code == 1
    assert said.out.startswith('FAILED')


def test_verify_without_an_engine_says_how_to_make_one(build):
    code, said = build(verb='verify')
    assert code == 2
    assert 'build one with `streamo engine build`' in said.err


def test_list_shows_broken_engines_too(build, cached):
    assert build(verb='list')[1].out.startswith('no engines in')
    build()
    (cached / 'broken').mkdir()
    lines = build(verb='list')[1].out.splitlines()
    assert len(lines) == 2
    assert 'Orin' in ''.join(lines)
    assert 'streamo engine build --force' in ''.join(lines)


def test_a_model_that_has_it_built_finds_what_was_built(
    qwen, cached, build, recorder, monkeypatch
):
    from streamo_ros.backbone.vision.engine import loader as module

    def in_this_process(command, on_status):
        on_status('building')
        assert command[:3] == [sys.executable, '-m', 'streamo_ros.cli']
        assert cli.main(command[3:]) == 0

    monkeypatch.setattr(module, 'run_build', in_this_process)
    notes = []
    grid = tiny_grid(qwen)
    _, state = engine_loader(qwen, cached, build=True)(grid, notes.append)
    assert state.backend == 'tensorrt'
    assert notes == ['building', 'the engine is being loaded and tested']
    assert entry(cached).key.grid == grid
    engine_loader(qwen, cached, build=True)(grid, notes.append)
    assert recorder.names().count('build') == 1


def test_a_second_build_finds_the_first(build, cached, recorder):
    build()
    built = recorder.names().count('build')
    assert build()[0] == 0
    assert recorder.names().count('build') == built == 1
    build('--force')
    assert recorder.names().count('build') == 2


def test_progress_is_told_as_lines_of_json(build):
    steps = [json.loads(line) for line in build('--json')[1].out.splitlines()]
    assert [step.get('phase') for step in steps][:3] == [
        'reading the weights',
        'running torch',
        'exporting',
    ]
    assert {'phase': 'Building engine', 'part': 1.0} in steps
    assert 'engine' in steps[-1]


def test_an_engine_that_gives_wrong_numbers_is_not_kept(build, cached, recorder):
    recorder.wrong = 0.2
    code, said = build()
    assert code == 2
    assert "does not reproduce torch's numbers" in said.err
    assert EngineCache(cached).entries() == []


def test_an_engine_that_went_bad_is_not_used_and_not_rebuilt(build, qwen, cached, recorder):
    build()
    recorder.wrong = 0.2
    grid = entry(cached).key.grid
    assert "does not reproduce torch's numbers" in refusal(
        engine_loader(qwen, cached, build=True), grid
    )
    assert recorder.names().count('build') == 1


def test_auto_says_how_to_build_and_builds_nothing(build, qwen, cached, recorder):
    build()
    grid = replace(entry(cached).key.grid, rows=2)
    said = refusal(engine_loader(qwen, cached), grid)
    assert f'streamo engine build {qwen} --grid 2x{grid.columns} --dtype float32' in said
    assert recorder.names().count('build') == 1


@pytest.mark.parametrize(
    ('change', 'expected'),
    [
        (lambda folder: (folder / 'engine.plan').write_bytes(b'foreign'), 'was modified'),
        (lambda folder: (folder / 'engine.json').write_text('{'), 'is broken'),
        (lambda folder: (folder / 'selftest.safetensors').unlink(), 'is missing'),
    ],
)
def test_a_corrupt_engine_is_one_sentence(build, qwen, cached, change, expected):
    build()
    found = entry(cached)
    change(found.folder)
    assert expected in refusal(engine_loader(qwen, cached), found.key.grid)


def test_a_plan_of_another_machine_is_one_sentence(build, qwen, cached, recorder):
    build()
    recorder.load_fails = 'The engine was built for another device'
    said = refusal(engine_loader(qwen, cached), entry(cached).key.grid)
    assert 'rejects the engine (The engine was built for another device)' in said


def test_the_model_itself_says_that_torch_is_used(qwen, load_tiny, frames):
    backbone = load_tiny(qwen, vision='tensorrt')
    backbone.encode(frames[0])
    for thread in threading.enumerate():
        if thread.name == 'vision-engine':
            thread.join(30)
    backbone.encode(frames[0])
    assert backbone.info.vision_backend == 'torch'
    assert 'CUDA device' in backbone.info.vision_note
    assert backbone.info.vision_note.endswith('torch is used')


def test_a_model_goes_over_to_an_engine_and_says_so(
    qwen, qwen_graph, load_tiny, frames, monkeypatch
):
    tower, graph = qwen_graph

    def ready(self, grid, on_status):
        assert grid == tower.grid
        return OnnxEncoder(graph.path, grid), VisionState('tensorrt', 'TensorRT 10.3.0', '', 'x')

    monkeypatch.setattr(EngineLoader, '__call__', ready)
    frame = frames[0][:84, :112]
    plain = load_tiny(qwen, vision='torch')
    swapped = load_tiny(qwen, vision='tensorrt', wait=True)
    expected, found = plain.encode(frame), swapped.encode(frame)
    assert (found.embeddings - expected.embeddings).abs().max() < 1e-4
    assert (plain.info.vision_backend, swapped.info.vision_backend) == ('torch', 'tensorrt')
    assert swapped.info.vision_backend_version == 'TensorRT 10.3.0'
    # A bag must tell which of the two decided.
    assert plain.info.model_id != swapped.info.model_id == 'x'


def test_the_plain_bindings_are_not_touched_without_a_gpu(monkeypatch, tmp_path):
    # Importing it would end the process on such a machine.
    (tmp_path / 'tensorrt.py').write_text('raise SystemExit("touched")')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'tensorrt', raising=False)
    with pytest.raises(EngineError, match='torch sees no CUDA device'):
        find_binding(None, 'tensorrt')


def test_a_machine_without_tensorrt(monkeypatch):
    from streamo_ros.backbone.vision.engine import binding

    monkeypatch.setattr(binding, 'installed', list)
    with pytest.raises(EngineError, match='TensorRT is not installed: on a Jetson'):
        find_binding(Gpu('Orin', (8, 7)))


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        (
            'raise ImportError("libnvinfer.so.10: cannot open")',
            'cannot be imported .libnvinfer.so',
        ),
        ('__version__ = "8.6.1"', '8.6.1 is too old'),
        ('__version__ = "unknown"', 'cannot parse the TensorRT version'),
        ('', 'cannot be imported'),
    ],
)
def test_bindings_that_do_not_work(monkeypatch, tmp_path, text, expected):
    (tmp_path / 'tensorrt.py').write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, 'tensorrt', raising=False)
    with pytest.raises(EngineError, match=expected):
        find_binding(Gpu('Orin', (8, 7)), 'tensorrt')
    sys.modules.pop('tensorrt', None)


def test_a_builder_in_another_process_is_followed():
    notes = []
    lines = 'print(\'{"phase": "Building engine", "part": 0.4}\')'
    run_build([sys.executable, '-c', lines], notes.append)
    assert notes[-1].endswith('Building engine, 40 %')


def test_a_builder_that_fails_gives_its_sentence():
    code = 'import sys; print("noise"); sys.exit("streamo: the disk is full: free space")'
    with pytest.raises(EngineError, match='could not be built: the disk is full: free space'):
        run_build([sys.executable, '-c', code], lambda note: None)


@pytest.mark.parametrize('handler', ['SIG_DFL', 'SIG_IGN'])
def test_a_builder_does_not_outlive_the_node(tmp_path, handler):
    code = (
        'import signal, sys, threading, time\n'
        f'signal.signal(signal.SIGTERM, signal.{handler})\n'
        'from streamo_ros.backbone.vision.engine.loader import run_build\n'
        'sleeper = [sys.executable, "-c", f"import time,os; '
        "open({sys.argv[1]!r}, 'w').write(str(os.getpid())); time.sleep(60)\"]\n"
        'threading.Thread(target=run_build, args=(sleeper, print), daemon=True).start()\n'
        'import pathlib\n'
        'while not (p := pathlib.Path(sys.argv[1])).exists() or not p.read_text(): '
        'time.sleep(0.05)\n'
    )
    file = tmp_path / 'pid'
    subprocess.run([sys.executable, '-c', code, str(file)], check=True, timeout=120)
    pid = int(file.read_text())
    deadline = time.monotonic() + 10
    while _alive(pid, file) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid, file)


def _alive(pid, file):
    """Whether the process that was given a file lives: its number may be that of another."""
    try:
        return str(file) in Path(f'/proc/{pid}/cmdline').read_text()  # a zombie's is empty
    except (FileNotFoundError, ProcessLookupError):
        return False
