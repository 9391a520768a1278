# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""State that exists from configure to cleanup: model, instructions, publishers and journal."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import closing
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import dataclass

from streamo_ros.config.model import asking_lanes
from streamo_ros.config.model import load_model
from streamo_ros.config.parameter import Value
from streamo_ros.config.settings import Values
from streamo_ros.core.admission import instruction_check
from streamo_ros.core.admission import instruction_remark
from streamo_ros.core.instruction import DEFAULT_INSTRUCTIONS
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionSource
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.restored_turns import PastTurn
from streamo_ros.memory.ask import Asker
from streamo_ros.memory.clock_times import find_zone
from streamo_ros.memory.history import TierHistory
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.settings import open_history
from streamo_ros.memory.settings import open_writer
from streamo_ros.memory.settings import tier_counts
from streamo_ros.memory.writer import StoreWriter
from streamo_ros.messages import StepMessages
from streamo_ros.node.detection_publisher import SightingPublisher
from streamo_ros.node.instruction_sync import InstructionSync
from streamo_ros.node.journal import Journal
from streamo_ros.node.lifecycle import AwaitableLifecycleNode
from streamo_ros.node.message_types import MESSAGES
from streamo_ros.node.publisher import EventPublisher


@dataclass(frozen=True)
class LoadedModel:
    """What takes long to load or to open: the model, the journal and the memory."""

    backbone: Backbone
    journal: Journal | None
    memory: StoreWriter | None = None
    history: TierHistory | None = None


def load(values: dict[str, Value]) -> LoadedModel:
    """Open journal and memory, and load the model; in any thread.

    Raises:
        JournalError: the journal cannot be opened.
        StoreError: the memory cannot be opened.
        TimeError: there is no such time zone.
        BackboneError: the model cannot be loaded.
        ParameterError: parameters contradict each other.
    """
    path, most = str(values['journal.path']), values['context.max_answers']
    with ExitStack() as opened:
        journal = memory = None
        given = Values(values)
        if path:
            journal = Journal(path, most_answers=int(most))  # type: ignore[arg-type]
            opened.callback(journal.close)
        if folder := str(values['memory.path']):
            find_zone(str(values['memory.time_zone']))
            memory = opened.enter_context(closing(open_writer(given, folder)))
        history = open_history(given, memory)
        if history is not None:
            opened.enter_context(closing(history))
        with _without_collection():
            loaded = LoadedModel(load_model(values), journal, memory, history)
        opened.pop_all()
    return loaded


@contextmanager
def _without_collection() -> Iterator[None]:
    """Within the block, Python collects no garbage; what is loaded in it is never looked through.

    A collection halts every thread: with torch and transformers loaded for half a second.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class NodeResources:
    """What a configured node has.

    Args:
        node: where the publishers are created.
        loaded: model and journal; closed with this.
        values: the parameters, also as they change.

    Attributes:
        messages: converts events for the publisher and for goals.
        publisher: publishes events; a sink.
        detections: publishes what is recognized, where the messages for that are installed; a
            sink.
        instructions: writes and publishes changes of the book; a sink.
        memory: writes what is seen and said; None without one.
        asker: answers questions about it; None without one.
        history: tells the past in words; None where nobody asked for it.
        remark: what of journal and memory was set aside; '' = nothing.
    """

    def __init__(self, node: AwaitableLifecycleNode, loaded: LoadedModel, values: Values) -> None:
        self.backbone = loaded.backbone
        self._values = values
        # As many as the model has lanes for, which may be fewer than the default.
        places = self.backbone.lanes - asking_lanes(values.all())
        self.book = InstructionBook(
            places,
            instruction_check(self.backbone, lambda: values.whole('generation.max_new_tokens')),
            instruction_remark(self.backbone),
            cramped=places < (values.whole('max_instructions') or DEFAULT_INSTRUCTIONS),
        )
        self.messages = StepMessages(MESSAGES, lambda: self.info.model_id)
        self.publisher = EventPublisher(node, self.messages, lambda: self.info, values)
        self.detections = SightingPublisher(node)
        self.instructions = InstructionSync(self.book, loaded.journal, self.publisher)
        self.memory = loaded.memory
        self.history = loaded.history
        self.asker: Asker | None = None
        if self.memory is not None:
            zone = find_zone(values.text('memory.time_zone'))
            self.asker = Asker(StoreReader(self.memory.folder), zone, tier_counts(values))
        remarks = [self.instructions.restore(), *(self.memory.remarks if self.memory else [])]
        self.remark = ' '.join(filter(None, remarks))
        self._past_turns = self._turns_before() if values.flag('journal.context') else {}

    @property
    def info(self) -> BackboneInfo:
        """The identity of the model."""
        return self.backbone.info

    def restored_turns(self, instruction_id: int) -> Sequence[PastTurn]:
        """What an instruction said and saw before a restart; given once."""
        return self._past_turns.pop(instruction_id, ())

    def _turns_before(self) -> dict[int, list[PastTurn]]:
        answers = self.instructions.past_answers()
        if self.asker is None:
            return answers
        limit = self._values.whole('memory.frames')
        return {
            instruction.id: self.asker.turns_before(instruction, answers[instruction.id], limit)
            for instruction in self.book.active()
            if instruction.id in answers
        }

    def past_frames(self, start: int, end: int) -> Sequence[PastFrame]:
        """Kept frames for an instruction that looks back; see `PastFrames`."""
        if self.asker is None:
            return ()
        return self.asker.spread_frames(start, end, self._values.whole('memory.frames'))

    def close(self) -> None:
        """Release all resources."""
        self.publisher.destroy()
        self.detections.destroy()
        self.instructions.close_journal()
        if self.asker is not None:
            self.asker.close()
        if self.history is not None:
            self.history.close()
        if self.memory is not None:
            self.memory.close()

    def watch_for(self, texts: tuple[str, ...]) -> list[str]:
        """Make these the instructions that come from parameters, and cancel all others of those.

        Returns:
            Remarks on those that are new.

        Raises:
            InstructionError: they do not fit into the book; earlier ones stay active.
        """
        ours = {
            instruction.text: instruction
            for instruction in self.book.active()
            if instruction.source is InstructionSource.PARAMETER
        }
        for text, instruction in ours.items():
            if text not in texts:
                self.book.cancel(instruction.id)
        remarks = []
        try:
            for text in dict.fromkeys(texts):
                if text not in ours:
                    added = self.book.add(text, source=InstructionSource.PARAMETER)
                    remarks.append(self.book.remark(added.text))
        finally:
            self.instructions.sync()
        return [remark for remark in remarks if remark]
