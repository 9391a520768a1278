# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Engines on disk: one folder each, complete or not there.

An engine is written into a hidden folder and appears by one rename, so neither a power cut nor a
second builder can leave half of one. Nothing is ever deleted or replaced but by the words
`--force`. Knows files, not TensorRT.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamo_ros.backbone.vision.engine import EngineError
from streamo_ros.backbone.vision.engine.key import EngineKey
from streamo_ros.backbone.vision.engine.scratch_dir import disk_errors
from streamo_ros.backbone.vision.engine.scratch_dir import scratch_dir

PLAN, SIDECAR, REFERENCE = 'engine.plan', 'engine.json', 'selftest.safetensors'
FORMAT = 1
_READ = 1 << 22


@dataclass(frozen=True)
class CachedEngine:
    """An engine in the cache.

    Attributes:
        folder: where it lies.
        key: what it is of.
        plan_bytes: size of the plan.
        plan_sha256: digest of the plan.
        reference_sha256: digest of the self-test's numbers.
        outputs: names of its outputs.
        made: when and by which version of this package, for people.
    """

    folder: Path
    key: EngineKey
    plan_bytes: int
    plan_sha256: str
    reference_sha256: str
    outputs: tuple[str, ...]
    made: str = ''

    @property
    def reference(self) -> Path:
        """The self-test's numbers."""
        return self.folder / REFERENCE

    def plan(self) -> bytes:
        """The plan, checked against the sidecar.

        Raises:
            EngineError: a file is missing or was changed.
        """
        _check(self.reference, self.reference_sha256)
        _check(self.folder / PLAN, self.plan_sha256)
        return (self.folder / PLAN).read_bytes()


def default_folder() -> Path:
    """The user's cache folder for engines."""
    base = os.environ.get('XDG_CACHE_HOME') or str(Path.home() / '.cache')
    return Path(base) / 'streamo_ros' / 'engines'


class EngineCache:
    """Engines in one folder.

    Args:
        folder: where; made when first written to.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def find(self, key: EngineKey) -> CachedEngine | None:
        """The engine of a key, None if there is none.

        Raises:
            EngineError: there is one and its sidecar is broken.
        """
        folder = self.folder / key.name
        return read_entry(folder) if folder.is_dir() else None

    def entries(self) -> list[CachedEngine | EngineError]:
        """All engines by name; an error in place of a broken one."""
        found: list[CachedEngine | EngineError] = []
        for folder in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if folder.name.startswith('.') or not folder.is_dir():
                continue
            try:
                found.append(read_entry(folder))
            except EngineError as error:
                found.append(error)
        return found

    @contextmanager
    def scratch_dir(self, need: int) -> Iterator[Path]:
        """A hidden folder on the same disk to build in; gone afterwards.

        Args:
            need: bytes that will be written.

        Raises:
            EngineError: the folder cannot be written, or the disk has not so much left.
        """
        with scratch_dir(self.folder, need) as place:
            yield place

    @contextmanager
    def claim(self, key: EngineKey, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Be the only one on this machine that makes this engine.

        Args:
            key: the engine.
            waiting: called once when another process is at it.
        """
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / f'.{key.name}.lock').open('w')
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def store(
        self,
        place: Path,
        key: EngineKey,
        plan: Any,
        reference: Path,
        outputs: tuple[str, ...],
        made: str,
        replace: bool = False,
    ) -> CachedEngine:
        """Put an engine into the cache, whole.

        Args:
            place: a `scratch_dir` of this cache.
            key: what it is of.
            plan: object with the buffer interface.
            reference: the self-test's numbers, a file in `place`.
            outputs: names of its outputs.
            made: when and by what.
            replace: put it in place of one that is there.

        Returns:
            The engine as it lies in the cache; another builder's if that was first.
        """
        folder = place / 'engine'
        final = self.folder / key.name
        with disk_errors(self.folder):
            folder.mkdir()
            _write(folder / PLAN, memoryview(plan))
            reference.replace(folder / REFERENCE)
            about = {
                'format': FORMAT,
                'key': asdict(key),
                'plan_bytes': (folder / PLAN).stat().st_size,
                'plan_sha256': digest(folder / PLAN),
                'reference_sha256': digest(folder / REFERENCE),
                'outputs': list(outputs),
                'made': made,
            }
            _write(folder / SIDECAR, json.dumps(about, indent=2).encode())
            _sync(folder)
            if replace and final.exists():
                final.replace(place / 'replaced')
            try:
                folder.replace(final)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            _sync(self.folder)
        return read_entry(final)


def read_entry(folder: Path) -> CachedEngine:
    """Read a sidecar.

    Raises:
        EngineError: it is missing or broken; says what mends it.
    """
    mend = 'build it again with `streamo engine build --force`'
    try:
        about = json.loads((folder / SIDECAR).read_text(encoding='utf-8'))
        if about['format'] != FORMAT:
            raise EngineError(f'the engine {folder} is of another format: {mend}')
        return CachedEngine(
            folder,
            EngineKey.parse(about['key']),
            int(about['plan_bytes']),
            str(about['plan_sha256']),
            str(about['reference_sha256']),
            tuple(map(str, about['outputs'])),
            str(about.get('made', '')),
        )
    except EngineError:
        raise
    except OSError as error:
        raise EngineError(
            f'the engine {folder} cannot be read ({error.strerror or error}): {mend}'
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(f'the sidecar of the engine {folder} is broken: {mend}') from error


def digest(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    total = hashlib.sha256()
    with file.open('rb') as stream:
        while block := stream.read(_READ):
            total.update(block)
    return total.hexdigest()


def _check(file: Path, expected: str) -> None:
    if not file.is_file():
        found = 'is missing'
    elif digest(file) != expected:
        found = 'was changed after it was made'
    else:
        return
    raise EngineError(f'{file} {found}: build it again with `streamo engine build --force`')


def _write(file: Path, data: Any) -> None:
    with file.open('wb') as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
