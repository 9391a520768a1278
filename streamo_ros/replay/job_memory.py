# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The memory of a replay: everything is there at once, so that it is the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from streamo_ros.backbone import is_url
from streamo_ros.backbone.checkpoint_settings import read_settings
from streamo_ros.backbone.checkpoint_settings import SETTINGS
from streamo_ros.config.model import find_model
from streamo_ros.config.settings import Values
from streamo_ros.core.history import History
from streamo_ros.core.history import no_history
from streamo_ros.core.interface import Backbone
from streamo_ros.core.probe import Probe
from streamo_ros.core.sink import Sink
from streamo_ros.memory.record import SummaryStatus
from streamo_ros.memory.settings import open_history
from streamo_ros.memory.settings import open_summarizer
from streamo_ros.memory.settings import open_writer
from streamo_ros.memory.sink import MemorySink
from streamo_ros.memory.summarizer import Summarizer
from streamo_ros.memory.writer import StoreWriter

_BUDGET = 64


@dataclass
class JobMemory:
    """What a replay remembers with.

    Attributes:
        writer: writes the store; None without one.
        history: tells the past in words.
        summarizer: has the past summarized by the model; None where the template does that.
    """

    writer: StoreWriter | None
    history: History
    summarizer: Summarizer | None = None

    def sinks(self, values: Values, model: Backbone) -> list[Sink]:
        """The sinks that remember; closed by the replay."""
        if self.writer is None:
            return []
        self.summarizer = open_summarizer(values, self.writer, model, _write_out, waits=True)
        remembers = MemorySink(self.writer, lambda: model.info.model_id)
        return [remembers, *([self.summarizer] if self.summarizer else [])]

    @property
    def remarks(self) -> list[str]:
        """What the user should know, in sentences."""
        remarks = self.writer.remarks if self.writer is not None else []
        failed = self.summarizer.counts[SummaryStatus.FAILED] if self.summarizer else 0
        if self.summarizer is not None and failed:
            many = sum(self.summarizer.counts.values())
            remarks.append(f'{failed} of {many} summaries failed; {self.summarizer.problem}')
        return remarks


@contextmanager
def open_memory(values: Values, folder: Path | None) -> Iterator[JobMemory]:
    """Open the memory of a replay, and close it after the block.

    Args:
        values: the parameters.
        folder: of the store; None = none.

    Raises:
        StoreError: it cannot be opened.
        ParameterError: what needs a memory is asked for without one.
    """
    with ExitStack() as stack:
        writer = None
        if folder is not None:
            writer = stack.enter_context(closing(open_writer(values, folder, waits=True)))
        history = open_history(values, writer, waits=True)
        if history is not None:
            stack.enter_context(closing(history))
        yield JobMemory(writer, history or no_history)


def summarizes(model: Path | str, summarizer: str) -> bool:
    """Whether a model will write summaries, and so needs a lane for that; before it is loaded.

    Args:
        model: its path or URL.
        summarizer: the parameter `memory.summarizer`.
    """
    path = find_model(model)
    if summarizer != 'auto' or is_url(path):
        return summarizer == 'model'
    return read_settings(Path(path) / SETTINGS).writes_summaries


def _write_out(probe: Probe) -> None:
    while not probe.done:
        probe.advance(_BUDGET)
