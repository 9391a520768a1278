# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The engine cache on disk: one folder per engine, which is either complete or does not exist.

An engine is written to a hidden folder that is then renamed, so neither a power failure nor a
second builder can leave an incomplete one. Nothing is ever deleted or replaced without `--force`.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import mmap
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
FORMAT = 2
_READ = 1 << 22


@dataclass(frozen=True)
class CachedEngine:
    """An engine in the cache.

    Attributes:
        folder: its folder.
        key: its identity.
        plan_bytes: size of the plan.
        plan_sha256: digest of the plan.
        reference_sha256: digest of the self-test's numbers.
        outputs: names of its outputs.
        made: when it was built, for humans.
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
        """File with the self-test's numbers."""
        return self.folder / REFERENCE

    def plan(self) -> memoryview:
        """The plan, verified against the sidecar.

        It is read once, into pages of the file that the system can take back: a copy would be a
        third one of the tower, beside torch's and the engine's, on a board that has one memory.

        Raises:
            EngineError: a file is missing or was modified.
        """
        _check(self.reference, self.reference_sha256)
        file = self.folder / PLAN
        content = _content(file)
        if hashlib.sha256(content).hexdigest() != self.plan_sha256:
            raise _damaged(file, 'was modified after it was built')
        return content


def default_folder() -> Path:
    """The user's cache folder for engines."""
    base = os.environ.get('XDG_CACHE_HOME') or str(Path.home() / '.cache')
    return Path(base) / 'streamo_ros' / 'engines'


class EngineCache:
    """The engines in one folder.

    Args:
        folder: the folder, created on the first write; None = the user's.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def find(self, key: EngineKey) -> CachedEngine | None:
        """The engine of a key; None if there is none.

        Raises:
            EngineError: there is one, but its sidecar is broken.
        """
        folder = self.folder / key.name
        return read_entry(folder) if folder.is_dir() else None

    def entries(self) -> list[CachedEngine | EngineError]:
        """All engines sorted by name, with an error in place of each broken one."""
        entries: list[CachedEngine | EngineError] = []
        for folder in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if folder.name.startswith('.') or not folder.is_dir():
                continue
            try:
                entries.append(read_entry(folder))
            except EngineError as error:
                entries.append(error)
        return entries

    @contextmanager
    def scratch_dir(self, need: int) -> Iterator[Path]:
        """A hidden folder on the same disk to build in, which is removed afterward.

        Args:
            need: bytes that will be written.

        Raises:
            EngineError: the folder cannot be written, or the disk does not have enough space.
        """
        with scratch_dir(self.folder, need) as scratch:
            yield scratch

    @contextmanager
    def lock(self, key: EngineKey, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Keep other processes on this machine from building the same engine.

        Args:
            key: identity of the engine.
            on_wait: called if another process is building it.
        """
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / f'.{key.name}.lock').open('w')
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                on_wait()
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def store(
        self,
        scratch: Path,
        key: EngineKey,
        plan: Any,
        reference: Path,
        outputs: tuple[str, ...],
        made: str,
        replace: bool = False,
    ) -> CachedEngine:
        """Add an engine to the cache atomically.

        Args:
            scratch: a `scratch_dir` of this cache.
            key: its identity.
            plan: object with the buffer interface.
            reference: the self-test's numbers, a file in `scratch`.
            outputs: names of its outputs.
            made: when it was built.
            replace: whether to replace an existing engine.

        Returns:
            The engine in the cache; that of another builder if it was first.
        """
        folder = scratch / 'engine'
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
                final.replace(scratch / 'replaced')
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
        EngineError: it is missing or broken; states how to fix it.
    """
    remedy = 'build it again with `streamo engine build --force`'
    try:
        about = json.loads((folder / SIDECAR).read_text(encoding='utf-8'))
        if about['format'] != FORMAT:
            raise EngineError(f'the engine {folder} has another format: {remedy}')
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
            f'the engine {folder} cannot be read ({error.strerror or error}): {remedy}'
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(f'the sidecar of the engine {folder} is broken: {remedy}') from error


def digest(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    total = hashlib.sha256()
    with file.open('rb') as stream:
        while block := stream.read(_READ):
            total.update(block)
    return total.hexdigest()


def _check(file: Path, expected: str) -> None:
    if not file.is_file():
        raise _damaged(file, 'is missing')
    if digest(file) != expected:
        raise _damaged(file, 'was modified after it was built')


def _content(file: Path) -> memoryview:
    """A file's content, mapped into memory.

    Raises:
        EngineError: it is missing, empty or cannot be read.
    """
    try:
        with file.open('rb') as stream:
            return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError as error:
        raise _damaged(file, 'is missing') from error
    except (OSError, ValueError) as error:
        raise _damaged(file, f'cannot be read ({error})') from error


def _damaged(file: Path, problem: str) -> EngineError:
    return EngineError(f'{file} {problem}: build it again with `streamo engine build --force`')


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
