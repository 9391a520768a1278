# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One configuration: model, book, publishers and journal, from configure to cleanup.

Knows what a configured node has that an unconfigured one has not; sessions come and go with it
standing. Which instruction came from where is told by the book itself.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.config.model import load_model
from streamo_ros.config.parameters import Value
from streamo_ros.config.settings import Values
from streamo_ros.core.events import Event
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.restored_turns import PastAnswer
from streamo_ros.node.instruction_sync import InstructionSync
from streamo_ros.node.journal import Journal
from streamo_ros.node.lifecycle import AwaitableLifecycleNode
from streamo_ros.node.publisher import EventPublisher
from streamo_ros.node.publisher import Message


@dataclass(frozen=True)
class LoadedModel:
    """What takes time to get: the model and the journal."""

    backbone: Backbone
    journal: Journal | None


def fetch(values: dict[str, Value]) -> LoadedModel:
    """Open the journal and load the model; in any thread.

    Raises:
        JournalError: the journal cannot be opened.
        BackboneError: the model cannot be loaded.
    """
    path, most = str(values['journal.path']), values['context.max_answers']
    journal = Journal(path, most_answers=int(most)) if path else None  # type: ignore[arg-type]
    try:
        return LoadedModel(load_model(values), journal)
    except BaseException:
        if journal is not None:
            journal.close()
        raise


class NodeResources:
    """What a configured node has.

    Args:
        node: where the publishers are made.
        supplies: model and journal, taken over.
        values: the parameters, also as they change.
    """

    def __init__(
        self, node: AwaitableLifecycleNode, supplies: LoadedModel, values: Values
    ) -> None:
        self.backbone = supplies.backbone
        self.book = InstructionBook(values.whole('instructions.capacity'))
        self._values = values
        self._published: BackboneInfo | None = None
        self._publisher = EventPublisher(node, lambda: self.info.model_id)
        self._keeper = InstructionSync(self.book, supplies.journal, self._publisher)
        self.remark = self._keeper.restore()
        self._said = self._keeper.said() if values.flag('journal.context') else {}

    @property
    def info(self) -> BackboneInfo:
        """Who decides and answers."""
        return self.backbone.info

    @property
    def complaint(self) -> str:
        """What is wrong with the journal; '' when all is well."""
        return self._keeper.complaint

    def restored_answers(self, instruction_id: int) -> Sequence[PastAnswer]:
        """What was said to an instruction before a restart, once."""
        return self._said.pop(instruction_id, ())

    def count_with(self, counts: Callable[[], tuple[int, int]]) -> None:
        """Take the figures of a session into every `FrameState` from now on."""
        self._publisher.counts = counts

    def close(self) -> None:
        """Let everything go."""
        self._publisher.close()
        self._keeper.close()

    def report(self, events: Sequence[Event]) -> list[Message]:
        """Publish and write what happened; in the worker's thread."""
        self._publisher.deltas = self._values.flag('publish.response_delta')
        messages = self._publisher.report(events)
        self._keeper.tell(events)
        # The first frame tells the size; a vision engine may take over between two frames.
        if self.info != self._published:
            self.publish_model()
        return messages

    def publish_model(self) -> None:
        """Publish who decides and with which parameters."""
        info = self._published = self.info
        self._publisher.model_info(info, self._values.number('sampling.rate'), self._values.yaml())

    def tell(self) -> None:
        """Write and publish what stands, if it has changed."""
        self._keeper.tell()

    def watch_for(self, texts: tuple[str, ...]) -> None:
        """Let exactly these stand among the instructions that are parameters.

        Raises:
            InstructionError: they do not fit into the book; those before stand.
        """
        ours = {
            one.text: one
            for one in self.book.standing()
            if one.source is InstructionSource.PARAMETER
        }
        for text, gone in ours.items():
            if text not in texts:
                self.book.cancel(gone.id)
        try:
            for text in dict.fromkeys(texts):
                if text not in ours:
                    self.book.add(text, source=InstructionSource.PARAMETER)
        finally:
            self.tell()
