# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A file is written whole or not at all, and an error names it."""

from __future__ import annotations

import errno
import io
import os
import re
import tempfile
from pathlib import Path

import pytest

from streamo_ros.files import apply_umask
from streamo_ros.files import LineWriter
from streamo_ros.files import replacing
from streamo_ros.files import write_bytes
from streamo_ros.files import write_text
from streamo_ros.files import WriteError

PACKAGE = Path(__file__).parents[1] / 'streamo_ros'
FULL = re.escape('cannot be written: No space left on device')


@pytest.fixture
def full_disk(monkeypatch):
    """Writing fails half way, as on a disk that fills up."""

    def fail(path, data):
        with path.open('wb') as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, 'write_bytes', fail)


def test_a_full_disk_leaves_no_stump_and_the_older_file(tmp_path, full_disk):
    for old in (None, 'older'):
        file = tmp_path / 'report.html'
        if old:
            with file.open('w') as stream:
                stream.write(old)
        with pytest.raises(WriteError, match=f'report.html {FULL}'):
            write_text(file, 'newer')
        assert [path.name for path in tmp_path.iterdir()] == (['report.html'] if old else [])
    assert file.read_text() == 'older'


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='there is no /dev/full')
def test_a_device_that_is_full_is_named():
    with pytest.raises(WriteError, match=f'/dev/full {FULL}'):
        write_bytes(Path('/dev/full'), b'data')
    lines = LineWriter(Path('/dev/full'))
    with pytest.raises(WriteError, match=f'/dev/full {FULL}'):
        lines.write('data')
    assert Path('/dev/full').exists()


def test_a_file_that_may_not_be_written_stays(tmp_path, monkeypatch):
    file = tmp_path / 'golden.jsonl'
    file.write_text('older')
    monkeypatch.setattr(os, 'access', lambda path, mode: False)
    with pytest.raises(WriteError, match=r'golden.jsonl cannot be written: it is write-protected'):
        write_text(file, 'newer')
    assert file.read_text() == 'older'


def test_a_folder_that_may_not_be_written_is_one_sentence(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(WriteError, match=r'file/report.html cannot be written: (Not a|File exi)'):
        write_text(tmp_path / 'file' / 'report.html', 'newer')
    assert [path.name for path in tmp_path.iterdir()] == ['file']


def test_an_interrupt_leaves_no_stump(tmp_path):
    def interrupted(new: Path) -> None:
        new.write_text('half')
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / 'file') as new:
        interrupted(new)
    assert list(tmp_path.iterdir()) == []


def test_what_was_read_meanwhile_keeps_its_own_error(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r'none\.mp4'),
        replacing(tmp_path / 'labels.jsonl'),
    ):
        (tmp_path / 'none.mp4').read_bytes()
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made_links_stay_and_modes_are_kept(tmp_path):
    file, link = tmp_path / 'a' / 'b' / 'file', tmp_path / 'link'
    write_text(file, 'one')
    file.chmod(0o640)
    link.symlink_to(file)
    write_text(link, 'two')
    assert link.is_symlink()
    assert file.read_text() == 'two'
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ['file']


class Filling(io.BytesIO):
    """A file on a disk with room for a few bytes."""

    room = 0

    def write(self, data):
        fits = bytes(data)[: self.room - self.tell()]
        if not fits:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(fits)


def test_a_log_ends_with_a_complete_line(tmp_path, monkeypatch):
    disk = Filling()
    monkeypatch.setattr(Path, 'open', lambda *_, **__: disk)
    lines = LineWriter(tmp_path / 'events.jsonl')
    Filling.room = 12
    lines.write('first')
    with pytest.raises(WriteError, match=f'events.jsonl {FULL}'):
        lines.write('second')
    assert disk.getvalue() == b'first\n'
    Filling.room = 100
    lines.write('third')
    assert disk.getvalue() == b'first\nthird\n'


def test_a_log_without_a_line_is_no_file(tmp_path, monkeypatch):
    lines = LineWriter(tmp_path / 'events.jsonl')
    Filling.room = 3
    monkeypatch.setattr(lines, '_file', Filling())
    with pytest.raises(WriteError):
        lines.write('first')
    assert list(tmp_path.iterdir()) == []


def test_all_files_are_written_by_one_module():
    """Left out: logs that are added to, locks, scratch files, and what is renamed with others."""
    allowed = {
        'files.py': 2,
        'tiny/log.py': 1,
        'training/validation.py': 1,
        'backbone/vision/engine/cache.py': 2,
        'sources/bag_files.py': 1,
        'evaluation/benchmarks/runner.py': 1,
        'demo/processes.py': 1,
        'tools/weight_sources.py': 1,
    }
    writing = re.compile(r"\.write_(?:text|bytes)\(|\bopen\((?:[^)]*, )?'[wax]b?'")
    found = {
        str(file.relative_to(PACKAGE)): count
        for file in PACKAGE.rglob('*.py')
        if (count := len(writing.findall(file.read_text())))
    }
    assert found == allowed


@pytest.fixture(params=[0o022, 0o002, 0o077])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def _mode(path):
    return path.stat().st_mode & 0o777


def _write_privately(path):
    """Write as some libraries do: into a temporary file, which is private, then renamed."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    os.close(handle)
    Path(name).rename(path)


def test_new_files_have_the_permissions_that_the_user_asks_for(tmp_path, umask):
    write_text(tmp_path / 'report.html', 'text')
    with replacing(tmp_path / 'part.pt') as new:
        _write_privately(new)
    checkpoint = tmp_path / 'checkpoint' / 'adapter'
    checkpoint.mkdir(parents=True)
    _write_privately(checkpoint / 'model.safetensors')
    apply_umask(tmp_path / 'checkpoint')
    files = [file for file in tmp_path.rglob('*') if file.is_file()]
    assert len(files) == 3
    assert {_mode(file) for file in files} == {0o666 & ~umask}


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    file = tmp_path / 'token'
    file.write_text('old')
    file.chmod(0o640)
    write_text(file, 'new')
    assert (_mode(file), file.read_text()) == (0o640, 'new')
