# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One source to replay with everything that goes with it, as plain data, and its result.

Knows how source, model, sinks and golden file come together; nothing of a command line and nothing
of where it runs: a job can be sent to another process or machine.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from streamo_ros.config.model import load_model
from streamo_ros.config.params_file import effective
from streamo_ros.config.settings import assistant_settings
from streamo_ros.config.settings import context_policy
from streamo_ros.config.settings import Values
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.errors import StreamoError
from streamo_ros.core.frame import FrameSampler
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.replay.comparison import GoldenSink
from streamo_ros.replay.golden import Difference
from streamo_ros.replay.golden import Golden
from streamo_ros.replay.golden import GoldenHeader
from streamo_ros.replay.golden import read_golden
from streamo_ros.replay.golden import TOLERANCE
from streamo_ros.replay.run import replay
from streamo_ros.replay.run import Sink
from streamo_ros.replay.run import TimedInstruction
from streamo_ros.replay.run import Totals
from streamo_ros.report.event_log import RowMaker
from streamo_ros.report.recorder import Recorder
from streamo_ros.report.recording import BagSink
from streamo_ros.report.report_sink import BAG
from streamo_ros.report.report_sink import ReportSink
from streamo_ros.report.timeline import Timeline
from streamo_ros.report.timeline import TimelineAnswer
from streamo_ros.sources.base import Source
from streamo_ros.sources.open import open_source


class JobError(StreamoError, ValueError):
    """A job cannot be done as asked; the message says what mends it."""


@dataclass(frozen=True)
class ReplayJob:
    """What to replay, and how.

    Attributes:
        source: a bag, a video, a folder of images or /dev/videoN.
        model: a checkpoint's folder, or a .yaml script.
        orders: the instructions; empty takes those of the golden file.
        rate: frames looked at per second of capture time; None takes the golden file's, or 1.
        topic: the image topic of a bag; '' finds it.
        output: folder for events, bag and report; None writes nothing.
        golden: golden file; None compares nothing.
        update: write the golden file instead of comparing with it.
        tolerance: how far probabilities may be from the golden ones.
        images: record the sampled frames as JPEG in the bag.
        salvage: read a damaged source as far as possible.
        parameters: the node's, by name, where they are not at their default; model, rate and
            instructions above have the last word.
    """

    source: str
    model: Path
    orders: tuple[TimedInstruction, ...] = ()
    rate: float | None = None
    topic: str = ''
    output: Path | None = None
    golden: Path | None = None
    update: bool = False
    tolerance: float = TOLERANCE
    images: bool = True
    salvage: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What came of a job.

    Attributes:
        totals: what the replay amounted to.
        timeline: what happened.
        damage: what was lost of a damaged source, in one sentence; '' when it was whole.
        note: how the source was understood, where that could be mistaken; ''.
        differences: from the golden file, in the order of time.
        instructions: texts by id.
        other_model: the golden file's model when it is another one; ''.
    """

    job: ReplayJob
    totals: Totals
    timeline: Timeline
    damage: str = ''
    note: str = ''
    differences: list[Difference] = field(default_factory=list)
    instructions: dict[int, str] = field(default_factory=dict)
    other_model: str = ''

    @property
    def responses(self) -> list[TimelineAnswer]:
        """All answers, in the order of time."""
        answers = [one for track in self.timeline.tracks.values() for one in track.answers]
        return sorted(answers, key=lambda one: one.at)

    def states(self, instruction_id: int = 1) -> list[str]:
        """The decisions for one instruction, e.g. ['SILENCE', 'STANDBY', 'RESPONSE']."""
        return [point.state for point in self.timeline.tracks[instruction_id].points]


def resolve(job: ReplayJob) -> tuple[ReplayJob, Golden | None]:
    """Fill in what the golden file knows.

    Returns:
        The job, its instructions and rate known; the golden file when it is to be compared with.

    Raises:
        JobError: no instruction, or others than the golden file's.
        GoldenError: the golden file is not there, or is none.
    """
    golden = read_golden(job.golden) if job.golden and not job.update else None
    if golden is not None:
        given = replace(
            golden.head, orders=job.orders or golden.head.orders, rate=job.rate or golden.head.rate
        )
        if given != golden.head:
            raise JobError(
                f'{job.golden} was made with other instructions or another rate: leave out '
                '--instruction and --rate to take its own, or write it anew with --update-golden'
            )
        job = replace(job, orders=given.orders, rate=given.rate, topic=job.topic or given.topic)
    if not job.orders:
        raise JobError('there is nothing to watch for: add --instruction TEXT')
    return replace(job, rate=float(job.rate or 1.0)), golden


def run_job(
    job: ReplayJob,
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[Source], Sequence[Sink]] = lambda _: (),
    backbone: Backbone | None = None,
) -> Outcome:
    """Replay a source and compare or write what is asked for.

    Args:
        job: see `ReplayJob`.
        stop: asked after every record; True ends the replay in good order.
        watch: further sinks for the source, e.g. a progress bar.
        backbone: a model that is loaded already, instead of the job's.

    Raises:
        SourceError, GoldenError, JobError, RecordError, BackboneError, InstructionError,
            ParameterError: the job cannot be done; the message says what mends it.
    """
    job, golden = resolve(job)
    values = effective(_given(job))
    rate = values.number('sampling.rate')
    with closing(open_source(job.source, job.topic, job.salvage)) as source:
        backbone = backbone or load_model(values.all(), wait=True)
        chronicle = ReportSink(RowMaker(source.name, source.topic, rate, backbone), job.output)
        comparison = GoldenSink(golden, job.tolerance, job.output)
        sinks: list[Sink] = [chronicle, comparison, *watch(source)]
        if job.output is not None:
            sinks.append(
                BagSink(
                    Recorder(job.output / BAG),
                    backbone,
                    rate,
                    source.topic,
                    job.images,
                    parameters=values.yaml(),
                )
            )
        book = InstructionBook(len(job.orders))
        policy = context_policy(values.text('context.policy'))
        assistant = Assistant(backbone, book, assistant_settings(values, backbone.info), policy)
        totals = replay(source, assistant, _sampler(values), book, job.orders, sinks, stop)
        outcome = Outcome(job, totals, chronicle.timeline, source.damage, source.note)
        head = GoldenHeader(rate, job.topic, job.orders, backbone.info.model_id)
    _judge(outcome, Golden(head, comparison.entries), golden, comparison)
    return outcome


def _given(job: ReplayJob) -> dict[str, Any]:
    """The job's parameters, with what the job itself says."""
    return {
        **job.parameters,
        'model.path': str(job.model),
        'sampling.rate': job.rate,
        'instructions.capacity': len(job.orders),
    }


def _sampler(values: Values) -> FrameSampler:
    return FrameSampler(
        Fraction(values.number('sampling.rate')),
        int(values.number('sampling.reorder_tolerance') * SECOND),
        int(values.number('sampling.max_gap') * SECOND),
    )


def _judge(outcome: Outcome, fresh: Golden, golden: Golden | None, comparison: GoldenSink) -> None:
    """Write the golden file, or compare with it."""
    job, stopped = outcome.job, outcome.totals.stopped
    outcome.instructions = fresh.instructions
    if job.golden and job.update and not stopped:
        fresh.write(job.golden)
    if golden is not None:
        outcome.differences = comparison.differences(stopped)
        if golden.head.model_id != fresh.head.model_id:
            outcome.other_model = golden.head.model_id
