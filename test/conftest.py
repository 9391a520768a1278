# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures that every test may use: frames, and bags made by the script that documents them."""

from __future__ import annotations

import fcntl
import importlib
import itertools
import os
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from streamo_ros.backbone.detector.protobuf import field
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick

if not Path('/dev/nvidiactl').exists():
    # Triton reads it when kernels are defined: set before any test module is imported.
    os.environ.setdefault('TRITON_INTERPRET', '1')

DOMAINS = itertools.count()
LONG = ('ros', 'training', 'backbone', 'tiny')
"""Folders whose files take long."""


def make_frame(second: float, *, stream_id: int = 1, size: tuple[int, int] = (48, 64)) -> Frame:
    """A grey frame of the tick that begins at `second`, for a stream that began at 1000 s."""
    start = Fraction(second).limit_denominator(1000)
    stamp = 1000 * SECOND + int(start * SECOND)
    image = np.full((*size, 3), 128, np.uint8)
    return Frame(Tick(stamp, start, start + 1, int(second), stream_id), image, 'camera')


@pytest.fixture
def frame() -> Callable[..., Frame]:
    return make_frame


@pytest.fixture
def ros_domain(testrun_uid: str) -> Callable[[], str]:
    """Gives ROS domains that no other test has, in this worker or beside it.

    Not one for all: nodes that were killed count as living for a while, and on one machine only so
    many participants find each other.
    """
    count = int(os.environ.get('PYTEST_XDIST_WORKER_COUNT', '1'))
    worker = int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0').removeprefix('gw'))
    # Domains above 101 use ports that the system gives to others.
    domains = 100 // count
    return lambda: str(1 + worker + count * ((int(testrun_uid[:6], 16) + next(DOMAINS)) % domains))


def onnx_tensor(name: str, array: np.ndarray) -> bytes:
    """A tensor as ONNX stores it."""
    dimensions = b''.join(field(1, size) for size in array.shape)
    return dimensions + field(2, 1) + field(8, name) + field(9, array.tobytes())


def onnx_file(pairs: list[tuple[np.ndarray, np.ndarray]], constants: bool = False) -> bytes:
    """A file as an exporter writes it: weights as initializers, or as constants of nodes."""
    nodes, tensors = b'', b''
    for at, pair in enumerate(pairs):
        names = [f'w{at}', f'b{at}']
        for name, array in zip(names, pair, strict=True):
            if constants:
                attribute = field(1, 'value') + field(5, onnx_tensor('', array))
                node = field(2, name) + field(4, 'Constant') + field(5, attribute)
                nodes += field(1, node)
            else:
                tensors += field(5, onnx_tensor(name, array))
        inputs = b''.join(field(1, name) for name in (f'x{at}', *names))
        nodes += field(1, inputs + field(2, f'x{at + 1}') + field(4, 'Conv'))
        nodes += field(1, field(1, f'x{at + 1}') + field(2, f'y{at}') + field(4, 'Sigmoid'))
    return field(1, 8) + field(7, nodes + tensors)


@pytest.fixture
def make_onnx() -> Callable[..., bytes]:
    """Makes the content of an ONNX file of convolutions."""
    return onnx_file


@pytest.fixture(scope='session')
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes a folder once for all processes of the run, by a function that is given its path."""
    base = tmp_path_factory.getbasetemp()
    # Each process of xdist has a folder of its own within the run's.
    shared = (base.parent if 'PYTEST_XDIST_WORKER' in os.environ else base) / 'once'
    shared.mkdir(exist_ok=True)

    def find(name: str, make: Callable[[Path], object]) -> Path:
        folder, unfinished = shared / name, shared / f'{name}.unfinished'
        with (shared / f'{name}.lock').open('w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                make(unfinished)
                unfinished.rename(folder)
        return folder

    return find


@pytest.fixture(scope='session')
def dev_script() -> Callable[[str], ModuleType]:
    """Imports a script of dev/ by its name."""
    return importlib.import_module


@pytest.fixture(scope='session')
def browser(dev_script):
    """The script that drives a browser, where there is one."""
    script = dev_script('browser')
    if not script.find_browser():
        pytest.skip('no chromium on this machine')
    return script


@pytest.fixture(scope='session')
def chromium(browser):
    """One running browser for all tests: starting one takes seconds."""
    with browser.Browser() as running:
        yield running


@pytest.fixture(scope='session')
def bag_maker(dev_script):
    return dev_script('make_test_bags')


@pytest.fixture(scope='session')
def bag_writer(dev_script):
    return dev_script('bag_writer')


@pytest.fixture(scope='session')
def bags(bag_maker, made_once):
    return made_once('bags', bag_maker.make_all)


@pytest.fixture
def write_script(tmp_path):
    """Writes a script of a scripted backbone and returns its path."""

    def write(rules: str) -> Path:
        file = tmp_path / 'rules.yaml'
        file.write_text(rules)
        return file

    return write


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker('slow'):
            item.add_marker(pytest.mark.timeout(0))
    if 'PYTEST_XDIST_WORKER' in os.environ:
        # Long files first: at the end, no process is left alone with one of them.
        items.sort(key=lambda item: rank(item.path))


def rank(file: Path) -> int:
    """The place of a test file in the run, by its folder."""
    folders = [Path(__file__).parent / name for name in LONG]
    return next((at for at, folder in enumerate(folders) if folder in file.parents), len(LONG))
