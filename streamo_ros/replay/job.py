# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A replay job as plain data, how it is run, and its outcome.

A job can be sent to another process or machine.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamo_ros.config.model import load_model
from streamo_ros.config.params_file import effective
from streamo_ros.config.settings import assistant_settings
from streamo_ros.config.settings import check_settings
from streamo_ros.config.settings import context_policy
from streamo_ros.config.settings import frame_sampler
from streamo_ros.config.settings import remarks
from streamo_ros.config.settings import sampling_rate
from streamo_ros.config.settings import Values
from streamo_ros.core.admission import instruction_check
from streamo_ros.core.admission import instruction_remark
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.errors import StreamoError
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import State
from streamo_ros.core.sink import Sink
from streamo_ros.core.sink import Totals
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.comparison import GoldenSink
from streamo_ros.replay.golden import Difference
from streamo_ros.replay.golden import Golden
from streamo_ros.replay.golden import GoldenHeader
from streamo_ros.replay.golden import read_golden
from streamo_ros.replay.golden import TOLERANCE
from streamo_ros.replay.job_memory import open_memory
from streamo_ros.replay.job_memory import summarizes
from streamo_ros.replay.run import replay
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
    """A job cannot be run as requested; the message says how to fix it."""


@dataclass(frozen=True)
class ReplayJob:
    """What to replay, and how.

    Attributes:
        source: a bag, a video, a folder of images or /dev/videoN.
        model: a checkpoint's folder, a .yaml script, or the URL of a server.
        instructions: what to watch for; empty = those of the golden file.
        rate: sampled frames per second of capture time; None = the golden file's, or what the
            checkpoint asks for.
        topic: the image topic of a bag; '' = the only one.
        output: folder for events, bag and report; None writes nothing.
        golden: golden file; None compares nothing.
        update: write the golden file instead of comparing with it.
        tolerance: how far probabilities may be from the golden ones.
        memory: folder of a store that remembers what is seen and said; None = none.
        images: record the sampled frames as JPEG in the bag.
        salvage: read a damaged source as far as possible.
        remark: about the choice of the model; '' = none.
        parameters: the node's, by name, where they differ from their defaults; model, rate and
            instructions above take precedence.
    """

    source: str
    model: Path | str
    instructions: tuple[TimedInstruction, ...] = ()
    rate: float | None = None
    topic: str = ''
    output: Path | None = None
    golden: Path | None = None
    update: bool = False
    tolerance: float = TOLERANCE
    images: bool = True
    memory: Path | None = None
    salvage: bool = False
    remark: str = ''
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What came of a job.

    Attributes:
        totals: what the replay amounted to.
        timeline: what happened.
        damage: what was lost of a damaged source, in one sentence; '' when it was intact.
        note: how the source was understood, where that could be mistaken; ''.
        differences: from the golden file, in the order of time.
        instructions: texts by id.
        other_model: the golden file's model when that is another one, else ''.
        remarks: what there is to remark on the instructions.
    """

    job: ReplayJob
    totals: Totals
    timeline: Timeline
    damage: str = ''
    note: str = ''
    differences: list[Difference] = field(default_factory=list)
    instructions: dict[int, str] = field(default_factory=dict)
    other_model: str = ''
    remarks: list[str] = field(default_factory=list)

    @property
    def undecided(self) -> str:
        """Why nothing at all was decided, in one sentence; '' if something was."""
        if self.totals.stopped or not self.totals.counts.sampled:
            return ''
        decisions = [
            point.decision
            for key, track in self.timeline.tracks.items()
            for point in track.points
            if key
        ]
        if any(decision.state != State.UNKNOWN.name for decision in decisions):
            return ''
        flaw = next((decision.flaw for decision in decisions if decision.flaw), '')
        if not decisions:
            flaw = 'the recording ended before any instruction became active'
        return f'nothing was decided: {flaw or "the model failed on every frame"}'

    @property
    def responses(self) -> list[TimelineAnswer]:
        """All answers, in the order of time."""
        answers = [answer for track in self.timeline.tracks.values() for answer in track.answers]
        return sorted(answers, key=lambda answer: answer.at)

    def states(self, instruction_id: int = 1) -> list[str]:
        """The decisions for one instruction, e.g. ['SILENCE', 'STANDBY', 'RESPONSE']."""
        return [point.decision.state for point in self.timeline.tracks[instruction_id].points]


def resolve(job: ReplayJob) -> tuple[ReplayJob, Golden | None]:
    """Fill in what the golden file specifies.

    Returns:
        The job with its instructions and rate; the golden file if it is to be compared with.

    Raises:
        JobError: no instruction, or other ones than the golden file's.
        GoldenError: the golden file does not exist, or is not one.
    """
    golden = read_golden(job.golden) if job.golden and not job.update else None
    if golden is not None:
        header = golden.header
        given = replace(
            header,
            instructions=job.instructions or header.instructions,
            rate=job.rate or header.rate,
        )
        if given != header:
            raise JobError(
                f'{job.golden} was made with other instructions or another rate: leave out '
                '--instruction and --rate to use its own, or rewrite it with --update-golden'
            )
        topic = job.topic or given.topic
        job = replace(job, instructions=given.instructions, rate=given.rate, topic=topic)
    if not job.instructions:
        raise JobError('there is nothing to watch for: add --instruction TEXT')
    return replace(job, rate=float(job.rate or 0.0)), golden


def run_job(
    job: ReplayJob,
    stop: Callable[[], bool] = lambda: False,
    more_sinks: Callable[[Source], Sequence[Sink]] = lambda _: (),
    backbone: Backbone | None = None,
) -> Outcome:
    """Replay a source; compare with the golden file and write what is requested.

    Args:
        job: see `ReplayJob`.
        stop: called before the first and after every record; True ends the replay in good order.
        more_sinks: gives further sinks for the source, e.g. a progress bar.
        backbone: a model that is already loaded, instead of the job's.

    Raises:
        SourceError, GoldenError, JobError, RecordError, BackboneError, InstructionError,
            ParameterError: the job cannot be run; the message says how to fix it.
    """
    job, golden = resolve(job)
    values = effective(_given(job))
    at_reception = values.text('sampling.stamp') == 'receive'
    with (
        closing(open_source(job.source, job.topic, job.salvage, at_reception)) as source,
        open_memory(values, job.memory) as memory,
    ):
        model = backbone or load_model(values.all(), wait=True)
        check_settings(values, model.info)
        rate = sampling_rate(values, model.info)
        # From here on there is something that wants to be ended in good order.
        stop()
        report, recording = _written(job, source, rate, model, values)
        comparison = GoldenSink(golden, job.tolerance, job.output)
        sinks: list[Sink] = [report, comparison, *more_sinks(source), *recording]
        sinks += memory.sinks(values, model)
        check = instruction_check(model, lambda: values.whole('generation.max_new_tokens'))
        book = InstructionBook(len(job.instructions), check, instruction_remark(model))
        assistant = Assistant(
            model,
            book,
            assistant_settings(values, model.info),
            context_policy(values.text('context.policy'), model.info),
            history=memory.history,
        )
        sampler = frame_sampler(values, model.info)
        totals = replay(source, assistant, sampler, book, job.instructions, sinks, stop)
        outcome = Outcome(job, totals, report.timeline, source.damage, source.note)
        outcome.remarks = _remarks(job, values, model, book)
        header = GoldenHeader(rate, job.topic, job.instructions, model.info.model_id)
    outcome.remarks += memory.remarks
    _compare(outcome, Golden(header, comparison.decisions), golden, comparison)
    return outcome


def _written(
    job: ReplayJob, source: Source, rate: float, model: Backbone, values: Values
) -> tuple[ReportSink, list[Sink]]:
    """The sink of the report, and that of the recording where there is one."""
    recorder = Recorder(job.output / BAG) if job.output else None
    try:
        maker = RowMaker(source.name, source.topic, rate, model, values.all())
        report = ReportSink(maker, job.output)
    except OSError:
        if recorder is not None:
            recorder.discard()
        raise
    if recorder is None:
        return report, []
    return report, [
        BagSink(recorder, model, rate, source.topic, job.images, parameters=values.yaml())
    ]


def _remarks(job: ReplayJob, values: Values, model: Backbone, book: InstructionBook) -> list[str]:
    texts = dict.fromkeys(instruction.text for instruction in job.instructions)
    told = [job.remark, *remarks(values, model.info), *map(book.remark, texts), model.info.note]
    return [remark for remark in told if remark]


def _given(job: ReplayJob) -> dict[str, Any]:
    """The job's parameters, with those that its other fields set."""
    by = str(job.parameters.get('memory.summarizer', 'auto'))
    lane = job.memory is not None and summarizes(job.model, by)
    return {
        **job.parameters,
        # The model writes in a lane of its own, which comes with a memory.
        **({'memory.path': str(job.memory)} if lane else {}),
        'model.path': str(job.model),
        'sampling.rate': job.rate,
        'max_instructions': len(job.instructions),
    }


def _compare(
    outcome: Outcome, actual: Golden, golden: Golden | None, comparison: GoldenSink
) -> None:
    """Write the golden file, or compare with it."""
    job, stopped = outcome.job, outcome.totals.stopped
    outcome.instructions = actual.instructions
    if job.golden and job.update and not stopped:
        if outcome.undecided:
            raise JobError(f'{job.golden} was not written: {outcome.undecided}')
        actual.write(job.golden)
    if golden is not None:
        outcome.differences = comparison.differences(stopped)
        if golden.header.model_id != actual.header.model_id:
            outcome.other_model = golden.header.model_id
