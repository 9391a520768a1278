# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps journal and graph in step with the instructions, in the order of their changes.

Two threads change the book: the executor's, for services and goals, and the worker's. A service
replies only after the journal has the change.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from streamo_ros.core.events import Answered
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.restored_turns import PastTurn
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Step
from streamo_ros.node.journal import Journal
from streamo_ros.node.journal import JournalAnswer
from streamo_ros.node.publisher import EventPublisher


class InstructionSync(Sink):
    """Writes and publishes every change of a book, and writes the answers.

    Args:
        book: the instructions.
        journal: where they are written; None = nowhere.
        publisher: publishes them.
    """

    def __init__(
        self, book: InstructionBook, journal: Journal | None, publisher: EventPublisher
    ) -> None:
        self._book = book
        self._journal = journal
        self._publisher = publisher
        self._lock = threading.Lock()
        self._version = -1

    @property
    def problem(self) -> str:
        """Why the journal could not be written; '' when all is well."""
        return self._journal.problem if self._journal else ''

    def restore(self) -> str:
        """Restore the instructions of before a restart; a remark on what could not be, or ''."""
        if self._journal is None:
            return ''
        refused = self._book.restore(self._journal.active(), self._journal.next_id())
        return '; '.join(filter(None, [self._journal.remark, *refused]))

    def past_answers(self) -> dict[int, list[PastTurn]]:
        """What each restored instruction was answered before the restart."""
        if self._journal is None:
            return {}
        return {
            instruction.id: [
                PastTurn(answer.stamp, text=answer.text)
                for answer in self._journal.answers(instruction.id)
            ]
            for instruction in self._book.active()
        }

    def take(self, step: Step) -> None:
        """Write the answers of a step, and what has changed with it."""
        self.sync(
            [
                JournalAnswer(event.instruction_id, event.frame.stamp, event.text)
                for event in step.events
                if isinstance(event, Answered)
            ]
        )

    def sync(self, answers: Sequence[JournalAnswer] = ()) -> None:
        """Write and publish the instructions if they have changed; in any thread.

        Args:
            answers: new ones, which are written too.
        """
        # Read under the lock, so that the last one to write has the newest.
        with self._lock:
            version = self._book.version
            if version == self._version and not answers and not self.problem:
                return
            if self._journal is not None:
                self._journal.keep(self._book.active(), answers)
            if version != self._version:
                self._publisher.instructions(self._book)
            self._version = version

    def close_journal(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()
