# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tells journal and graph what stands, in the order in which it came to stand.

Knows that two threads change the book and that a reply must not leave before the journal has it;
not why it changes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from streamo_ros.core.events import Answered
from streamo_ros.core.events import Event
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.restored_turns import PastAnswer
from streamo_ros.node.journal import Journal
from streamo_ros.node.journal import JournalAnswer
from streamo_ros.node.publisher import EventPublisher


class InstructionSync:
    """Keeps a book.

    Args:
        book: what stands.
        journal: where it is written; None = nowhere.
        publisher: publishes it.
    """

    def __init__(
        self, book: InstructionBook, journal: Journal | None, publisher: EventPublisher
    ) -> None:
        self._book = book
        self._journal = journal
        self._publisher = publisher
        self._lock = threading.Lock()
        self._told = -1

    @property
    def complaint(self) -> str:
        """Why the journal could not be written; '' when all is well."""
        return self._journal.complaint if self._journal else ''

    def restore(self) -> str:
        """Let stand what stood before a restart; a remark about what could not, or ''."""
        if self._journal is None:
            return ''
        kept = self._journal.standing()
        fitting = kept[: self._book.capacity]
        self._book.restore(fitting, self._journal.next_id())
        if len(fitting) < len(kept):
            return (
                f'{len(kept) - len(fitting)} instructions of the journal do not stand again: '
                f'instructions.capacity is {self._book.capacity}, and {len(kept)} stood'
            )
        return self._journal.remark

    def said(self) -> dict[int, Sequence[PastAnswer]]:
        """What was said before a restart to each instruction that stands again."""
        if self._journal is None:
            return {}
        return {
            one.id: [(answer.stamp, answer.text) for answer in self._journal.answers(one.id)]
            for one in self._book.standing()
        }

    def tell(self, events: Sequence[Event] = ()) -> None:
        """Write and publish what stands, when it has changed or was answered; by any thread."""
        answers = [
            JournalAnswer(one.instruction_id, one.frame.stamp, one.text)
            for one in events
            if isinstance(one, Answered)
        ]
        # Read under the lock, so that the last one to write has the newest.
        with self._lock:
            version = self._book.version
            if version == self._told and not answers and not self.complaint:
                return
            if self._journal is not None:
                self._journal.keep(self._book.standing(), answers)
            if version != self._told:
                self._publisher.instructions(self._book)
            self._told = version

    def close(self) -> None:
        """Let the journal go."""
        if self._journal is not None:
            self._journal.close()
