# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The memory that the parameters ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.settings import assistant_settings
from streamo_ros.config.settings import sampling_rate
from streamo_ros.config.settings import Values
from streamo_ros.core.admission import instruction_check
from streamo_ros.core.instruction_text import check_instruction
from streamo_ros.core.interface import Backbone
from streamo_ros.core.probe import Probe
from streamo_ros.memory.clock_times import find_zone
from streamo_ros.memory.history import TierHistory
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.store import Store
from streamo_ros.memory.summarizer import Summarizer
from streamo_ros.memory.summary_task import SummaryTask
from streamo_ros.memory.summary_task import SummaryTasks
from streamo_ros.memory.tiers import TierCounts
from streamo_ros.memory.writer import StoreWriter


def open_writer(values: Values, folder: str | Path, *, waits: bool = False) -> StoreWriter:
    """Open a store for writing.

    Args:
        values: the parameters; `memory.path` is not read.
        folder: the store.
        waits: see `StoreWriter`.

    Raises:
        StoreError: it cannot be opened.
    """
    store = Store(folder, values.whole('memory.max_bytes'), values.number('memory.max_days'))
    return StoreWriter(store, values.whole('memory.queue'), waits=waits)


def open_history(
    values: Values, writer: StoreWriter | None, *, waits: bool = False
) -> TierHistory | None:
    """The past in words for standing instructions; None where nobody asked for it.

    Args:
        values: the parameters.
        writer: writes the store; None without one.
        waits: see `TierHistory`.

    Raises:
        ParameterError: it, or a model's summaries, are asked for, and there is no store.
        StoreError: the store cannot be read.
        TimeError: there is no such time zone.
    """
    if writer is None and values.text('memory.summarizer') == 'model':
        raise ParameterError(
            'memory.summarizer model needs a memory: set memory.path (in a replay, add --memory '
            'DIR), or memory.summarizer to auto'
        )
    if values.text('context.history') == 'none':
        return None
    if writer is None:
        raise ParameterError(
            'context.history tiers needs a memory: set memory.path (in a replay, add --memory '
            'DIR), or context.history to none'
        )
    zone = find_zone(values.text('memory.time_zone'))
    reader = StoreReader(writer.folder)
    return TierHistory(reader, zone, tier_counts(values), lambda: writer.flush(60.0), waits=waits)


def open_summarizer(
    values: Values,
    writer: StoreWriter | None,
    backbone: Backbone,
    submit: Callable[[Probe], None],
    *,
    waits: bool = False,
) -> Summarizer | None:
    """What has summaries written by the model; None where the template writes them.

    Args:
        values: the parameters, also as they change.
        writer: writes the store; None without one.
        backbone: the model.
        submit: see `Summarizer`.
        waits: the same.

    Raises:
        StoreError: the store cannot be read.
    """
    chosen = values.text('memory.summarizer')
    by_model = chosen == 'model' or (chosen == 'auto' and backbone.info.writes_summaries)
    if writer is None or not by_model:
        return None
    most = values.whole('memory.summary_tokens')
    check = instruction_check(backbone, lambda: most)
    control = backbone.prompt.tokenizer.control_tokens

    def make_probe(task: SummaryTask, on_change: Callable[[], None]) -> Probe:
        settings, info = assistant_settings(values, backbone.info), backbone.info
        limits = replace(settings.limits, max_new_tokens=most)
        return Probe(
            backbone,
            check(task.text),
            task.frames,
            1 / sampling_rate(values, info),
            replace(settings, limits=limits),
            on_change,
            must_answer=True,
        )

    return Summarizer(
        SummaryTasks(
            StoreReader(writer.folder),
            find_zone(values.text('memory.time_zone')),
            tier_counts(values),
            lambda: values.whole('memory.frames'),
        ),
        writer,
        make_probe,
        lambda text: check_instruction(text, control),
        lambda: backbone.info.model_id,
        values.number('memory.summary_lead'),
        submit,
        waits=waits,
    )


def tier_counts(values: Values) -> TierCounts:
    """How much of the past is told in words."""
    return TierCounts(
        values.number('memory.chunk'),
        values.whole('memory.summaries'),
        values.whole('memory.blocks'),
        values.text('memory.summarizer') != 'template',
    )
