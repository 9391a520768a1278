# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of one storage file of a bag: its topics, and its messages, not deserialized."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from typing import Protocol

from streamo_ros.sources.cdr import Buffer


class Message(NamedTuple):
    """A recorded message.

    Attributes:
        log_time: when it was recorded, nanoseconds.
        head: its first bytes, at least as many as a stamp needs.
        load: reads all of it; raises SourceError where the file is damaged.
    """

    log_time: int
    head: Buffer
    load: Callable[[], Buffer]


@dataclass(frozen=True)
class TopicEntry:
    """A recorded topic.

    Attributes:
        type_name: e.g. 'sensor_msgs/msg/Image'.
        count: how many messages it has.
    """

    type_name: str
    count: int


class Storage(Protocol):
    """One file of a bag, open for reading."""

    @property
    def topics(self) -> dict[str, TopicEntry]:
        """All recorded topics by name."""

    @property
    def span(self) -> tuple[int, int]:
        """First and last recording time, nanoseconds; (0, 0) without messages."""

    @property
    def damage(self) -> str:
        """One sentence about what is lost; '' when the file is whole."""

    def messages(self, topic: str) -> Iterator[Message]:
        """Messages of a topic in the order of recording time.

        Raises:
            SourceError: the file is damaged here.
        """

    def close(self) -> None:
        """Release the file."""
