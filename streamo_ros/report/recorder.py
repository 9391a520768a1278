# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writes messages with their definitions to one MCAP file.

The file is complete once `close` was called. Until then it grows in a folder beside it, from which
it can be salvaged after a crash; when the disk is full, it is removed.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from rosbags.interfaces import Connection
from rosbags.interfaces import Qos
from rosbags.interfaces import QosDurability
from rosbags.interfaces import QosHistory
from rosbags.interfaces import QosLiveliness
from rosbags.interfaces import QosReliability
from rosbags.interfaces import QosTime
from rosbags.rosbag2 import CompressionFormat
from rosbags.rosbag2 import CompressionMode
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer
from rosbags.rosbag2 import WriterError

from streamo_ros.core.errors import StreamoError
from streamo_ros.files import reason
from streamo_ros.report.definitions import typestore


class RecordError(StreamoError, RuntimeError):
    """A recording cannot be written; the message states the problem."""


class Recorder:
    """One MCAP file, written message by message.

    Args:
        path: the file to write, e.g. 'replay.mcap'; an older one is replaced at `close`.
        compress: zstd on chunks; off for input that does not shrink.

    Raises:
        RecordError: the folder cannot be written to.
    """

    def __init__(self, path: str | Path, compress: bool = True) -> None:
        self.path = Path(path)
        # The writer creates a folder of the file's name; the file moves out of it at the end.
        self._folder = self.path.with_name(f'.{self.path.stem}.recording') / self.path.stem
        self._connections: dict[str, Connection] = {}
        self._writer: Writer | None = None
        try:
            shutil.rmtree(self._folder.parent, ignore_errors=True)
            self._folder.parent.mkdir(parents=True)
            # Version 8 is the newest whose quality of service Humble can read.
            self._writer = Writer(self._folder, version=8, storage_plugin=StoragePlugin.MCAP)
            if compress:
                self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
            self._writer.open()
        except (OSError, WriterError) as error:
            raise self._failed(error) from error

    def write(
        self,
        topic: str,
        type_name: str,
        stamp: int,
        message: Any,
        latched: bool = False,
    ) -> None:
        """Add a message.

        Args:
            topic: e.g. '/streamo/frame_state'.
            type_name: e.g. 'streamo_ros/msg/FrameState'.
            stamp: recording time, nanoseconds.
            message: the message already serialized (bytes-like), or one of `typestore().types`.
            latched: late subscribers get the last message when the bag is played.

        Raises:
            RecordError: the type is unknown, the disk is full, or the recording was closed.
        """
        if self._writer is None:
            raise RecordError(f'{self.path} is closed: nothing more can be recorded')
        try:
            connection = self._connect(topic, type_name, latched)
            if not isinstance(message, bytes | bytearray | memoryview):
                message = typestore().serialize_cdr(message, type_name)
            self._writer.write(connection, stamp, message)
        except (OSError, WriterError) as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Complete the file; does nothing the second time."""
        if self._writer is None:
            return
        writer, self._writer = self._writer, None
        try:
            writer.close()
            (self._folder / f'{self._folder.name}.mcap').replace(self.path)
            shutil.rmtree(self._folder.parent)
        except OSError as error:
            self._writer = writer
            raise self._failed(error) from error

    def discard(self) -> None:
        """Leave nothing of the recording; an older one stays as it was."""
        if self._writer is not None:
            # A file that cannot be written complains once more when it is closed.
            with suppress(OSError, WriterError):
                self._writer.abort()
            self._writer = None
        shutil.rmtree(self._folder.parent, ignore_errors=True)

    def _failed(self, error: Exception) -> RecordError:
        self.discard()
        return RecordError(f'{self.path} cannot be written: {reason(error)}')

    def _connect(self, topic: str, type_name: str, latched: bool) -> Connection:
        if topic not in self._connections:
            if type_name not in typestore().types:
                raise RecordError(
                    f'messages of type {type_name} cannot be recorded: the type is unknown'
                )
            assert self._writer is not None
            self._connections[topic] = self._writer.add_connection(
                topic, type_name, typestore=typestore(), offered_qos_profiles=[_qos(latched)]
            )
        return self._connections[topic]


def _qos(latched: bool) -> Qos:
    forever = QosTime(9223372036, 854775807)
    return Qos(
        QosHistory.KEEP_LAST,
        1 if latched else 10,
        QosReliability.RELIABLE,
        QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        forever,
        forever,
        QosLiveliness.AUTOMATIC,
        forever,
        False,
    )
