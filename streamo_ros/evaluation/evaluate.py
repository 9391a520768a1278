# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo evaluate MODEL`: how well a model watches, free-running on the node's own engine.

Cases come from drawn worlds (--worlds, on seeds that no training uses), from labeled dialogues
(--dialogues), or from a video in which nothing that is asked for happens (--video). Every case is
run frame by frame, alone in its lane. A model that sees with a detector is evaluated on simulated
streams of detections (--streams) and on real clips with truth (--real), beside a plain rule.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import track

from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.trained_service import service_remarks
from streamo_ros.evaluation.case import BLIND
from streamo_ros.evaluation.case import blinded
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.evaluation.case import without_frames
from streamo_ros.evaluation.case_readers import dialogue_cases
from streamo_ros.evaluation.case_readers import video_cases
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.options import make_parser
from streamo_ros.evaluation.options import refuse_beside_streams
from streamo_ros.evaluation.printed_figures import print_figures
from streamo_ros.evaluation.recordings.export import TRUTH
from streamo_ros.evaluation.recordings.export import write_recordings
from streamo_ros.evaluation.score import report
from streamo_ros.evaluation.workers import EvalConfig
from streamo_ros.evaluation.workers import Processes
from streamo_ros.evaluation.workers import run_cases
from streamo_ros.files import write_text
from streamo_ros.program import run_program


def main(argv: Sequence[str] | None = None) -> int:
    """Run `streamo evaluate`; returns 0 if there are results."""
    options = make_parser(__doc__).parse_args(argv)
    if options.export:
        _export(options)
        return 0
    figures = _figures(options)
    if options.output:
        write_text(options.output, json.dumps(figures, indent=2) + '\n')
    if options.json:
        print(json.dumps(figures))
    else:
        print_figures(figures)
    return 0


def _export(options: argparse.Namespace) -> None:
    """Write the drawn cases instead of evaluating them."""
    if not (options.worlds or options.never_hours):
        raise EvaluationError('--export writes drawn worlds: add --worlds N or --never-hours H')
    cases = list(_worlds(options))
    written = write_recordings(_progress(cases, len(cases)), options.export)
    print(
        f'{len(written)} recordings written; score them with: streamo score {options.export}/*_* '
        f'--truth {options.export / TRUTH} --model {options.model}'
    )


def _figures(options: argparse.Namespace) -> dict[str, Any]:
    """The metrics that the options ask for."""
    for name in ('variants', 'cuts'):
        if getattr(options, name) and not options.real:
            raise EvaluationError(f'--{name} needs clips: add --real FOLDER')
    if not options.real and not options.streams:
        return evaluate(list(find_cases(options)), options)
    # Imported here: nothing else needs the kinds of real things.
    from streamo_ros.evaluation.object_streams import ObjectSettings
    from streamo_ros.evaluation.objects import Decisions
    from streamo_ros.evaluation.objects import evaluate_clips
    from streamo_ros.evaluation.objects import evaluate_streams
    from streamo_ros.evaluation.objects import MadeOfClips

    _check_thresholds(options)
    refuse_beside_streams(options)
    decisions = Decisions(options.max_frames, options.response_threshold, options.hysteresis)
    if options.real:
        made = MadeOfClips(options.variants, options.cuts)
        return evaluate_clips(
            options.model, options.device, options.real, made, decisions, _progress
        )
    settings = ObjectSettings(
        options.seed, options.frames, tuple(options.family), options.held_out
    )
    return evaluate_streams(
        options.model, options.device, options.streams, settings, decisions, _progress
    )


def _check_thresholds(options: argparse.Namespace) -> None:
    """Refuse thresholds that no probability can meet."""
    if not 0 <= options.response_threshold <= 1:
        raise EvaluationError('--response-threshold must be in [0, 1]')
    if not 0 <= options.hysteresis < (options.response_threshold or 1):
        raise EvaluationError('--hysteresis must be 0 or more, and below --response-threshold')


def _progress(steps: Iterable[Any], count: int) -> Iterable[Any]:
    """A progress bar, where there is a terminal."""
    console = Console(stderr=True)
    return track(steps, 'evaluating', count, console=console, disable=not console.is_terminal)


def find_cases(options: argparse.Namespace) -> Iterator[Case]:
    """The cases selected by the options.

    Raises:
        EvaluationError: the options are invalid or select no case.
    """
    if not 0 <= options.drop < 1 or options.rate <= 0:
        raise EvaluationError('--drop must be in [0, 1) and --rate above 0')
    _check_thresholds(options)
    if options.workers < 1 or options.never_hours < 0:
        raise EvaluationError('--workers must be at least 1 and --never-hours 0 or more')
    cases = [*_worlds(options)]
    if options.dialogues:
        cases += _spread(list(dialogue_cases(options.dialogues, options.videos)), options.cases)
    if options.video:
        cases += video_cases(options.video, options.instruction, options.rate)
    if not cases:
        raise EvaluationError(
            'there is nothing to evaluate: give --worlds N, --dialogues FILE, --video FILE, '
            '--streams N or --real FOLDER'
        )
    for case in cases:
        if options.drop:
            case = without_frames(case, options.drop, options.seed)
        yield blinded(case) if options.control == BLIND else case


def _spread(cases: Sequence[Case], most: int) -> list[Case]:
    """At most so many of the cases, evenly spread; 0 = all."""
    if not most or most >= len(cases):
        return list(cases)
    return [cases[k * len(cases) // most] for k in range(most)]


def _worlds(options: argparse.Namespace) -> Iterator[Case]:
    if not options.worlds and not options.never_hours:
        return
    # Imported here: labeled dialogues do not need the worlds.
    from streamo_ros.evaluation.phrasings import read_phrasings
    from streamo_ros.evaluation.synthetic import never_cases
    from streamo_ros.evaluation.synthetic import synthetic_cases
    from streamo_ros.evaluation.synthetic import SyntheticSettings
    from streamo_ros.worlds.phrasing import HELD_OUT

    phrasings = HELD_OUT if options.held_out else None
    if options.phrasings:
        phrasings = read_phrasings(options.phrasings)
    settings = SyntheticSettings(
        seed=options.seed,
        rate=options.rate,
        frames=options.frames,
        families=tuple(options.family),
        phrasings=phrasings,
        regular=options.regular,
        complete=_is_complete(options),
    )
    yield from synthetic_cases(options.worlds, settings)
    yield from never_cases(options.never_hours, settings)


def _is_complete(options: argparse.Namespace) -> bool:
    """Whether the drawn worlds' camera itself loses no frames."""
    return bool(options.complete or options.drop)


def evaluate(cases: Sequence[Case], options: argparse.Namespace) -> dict[str, Any]:
    """Run all cases; returns the metrics together with the model and the options."""

    def progress(results: Iterable[CaseResult]) -> Iterable[CaseResult]:
        return _progress(results, len(cases))

    config = EvalConfig(
        options.model,
        options.device,
        options.max_frames,
        options.response_threshold,
        options.control,
        options.protocol,
        options.policy,
        options.max_pixels,
        options.model_name,
        options.settings,
        options.gate,
        'on_demand' if options.on_demand else 'streaming',
        options.activation,
        options.max_len,
        options.hysteresis,
        options.dialect,
    )
    info, max_frames, results = run_cases(config, cases, Processes(options.workers), progress)
    for remark in _remarks(info, cases, max_frames, options.max_pixels):
        print(f'note: {remark}', file=sys.stderr)
    return {
        **report(list(zip(cases, results, strict=True))),
        'model': info.model,
        'model_id': info.model_id,
        'max_frames': max_frames,
        'seed': options.seed,
        'rate': float(options.rate),
        'episode_frames': options.frames,
        'drop': options.drop,
        'complete': _is_complete(options),
        'regular': options.regular,
        'held_out': options.held_out,
        'phrasings': str(options.phrasings) if options.phrasings else None,
        'response_threshold': options.response_threshold,
        'hysteresis': options.hysteresis,
        'control': options.control,
        'policy': info.policy if options.policy == 'auto' else options.policy,
        'dialect': options.dialect,
        'gate': info.gate,
    }


def _remarks(
    info: BackboneInfo, cases: Sequence[Case], max_frames: int, max_pixels: int
) -> list[str]:
    """Where the cases are run otherwise than the model was trained."""
    limits = ContextLimits(max_frames, max_time=info.max_time)
    ticks = [case.moments[0].tick for case in cases]
    rates = sorted({float(1 / (tick.end - tick.start)) for tick in ticks})
    by_rate = [service_remarks(info, limits, rate, max_pixels) for rate in rates]
    return list(dict.fromkeys(remark for remarks in by_rate for remark in remarks))


if __name__ == '__main__':
    sys.exit(run_program('streamo evaluate', main))
