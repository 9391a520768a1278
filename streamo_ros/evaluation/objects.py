# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well a model that sees with a detector watches: simulated streams and real clips.

The plain rule watches the same streams, so that what the language model adds can be told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from typing import cast

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.interface import Backbone
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.case_runner import run_together
from streamo_ros.evaluation.case_runner import settings_for
from streamo_ros.evaluation.clip_parts import parts
from streamo_ros.evaluation.cut_clips import cut_clip
from streamo_ros.evaluation.object_streams import object_cases
from streamo_ros.evaluation.object_streams import ObjectSettings
from streamo_ros.evaluation.real_clips import clip_cases
from streamo_ros.evaluation.real_clips import groups
from streamo_ros.evaluation.real_clips import read_clips
from streamo_ros.evaluation.real_clips import REAL_TOLERANCE
from streamo_ros.evaluation.rule_runs import hindsight_on_clip
from streamo_ros.evaluation.rule_runs import rule_on_clip
from streamo_ros.evaluation.rule_runs import rule_on_streams
from streamo_ros.evaluation.rule_runs import Sights
from streamo_ros.evaluation.score import Pair
from streamo_ros.evaluation.score import report
from streamo_ros.evaluation.variants import variant_cases
from streamo_ros.worlds.objects import answers

_REFUSAL = answers.UNKNOWN_WORD_REPLY.partition('{')[0]
LANES = 32
"""Instructions that watch a clip at once."""
Progress = Callable[[Iterable[Any], int], Iterable[Any]]
"""Shows how far a number of steps has got."""


@dataclass(frozen=True)
class Decisions:
    """How the model decides; see `case_runner.settings_for`."""

    max_frames: int = 0
    response_threshold: float = 0.0
    hysteresis: float = 0.0

    def settings(self, backbone: Backbone) -> AssistantSettings:
        """The settings of an assistant with this model."""
        return settings_for(backbone, self.max_frames, self.response_threshold, self.hysteresis)


@dataclass(frozen=True)
class MadeOfClips:
    """What is made of clips.

    Attributes:
        variants: of each clip, in which nothing that is asked for appears, see `variants`.
        cuts: streams of parts of all clips, see `cut_clips`.
    """

    variants: int = 0
    cuts: int = 0


def evaluate_streams(
    model: Path | str,
    device: str,
    count: int,
    settings: ObjectSettings,
    decisions: Decisions,
    progress: Progress,
) -> dict[str, Any]:
    """Watch simulated streams of detections.

    Args:
        model: folder of a checkpoint that sees with a detector.
        device: see `backbone.load`.
        count: number of streams.
        settings: which ones.
        decisions: how the model decides.
        progress: shows how far it has got.

    Returns:
        What `score.report` says of the model, of the plain rule under 'rule', and `refused`.

    Raises:
        BackboneError: the model cannot be loaded, or does not see with a detector.
    """
    backbone = _load(model, device, 1)
    _show_detections(backbone)
    cases = list(object_cases(count, settings))
    own = decisions.settings(backbone)
    results = [
        run_together(backbone, [stream_case.case], own)[0]
        for stream_case in progress(cases, len(cases))
    ]
    pairs = [
        (stream_case.case, result) for stream_case, result in zip(cases, results, strict=True)
    ]
    return {
        **report(pairs),
        **_identity(backbone),
        'refused': refused(pairs),
        'rule': report(rule_on_streams(cases)),
    }


def refused(pairs: Sequence[Pair]) -> dict[str, float | None]:
    """In which share of the cases the model said that it does not know the thing.

    Keys: unknown (of the cases about things that it cannot know), known (of all others); None:
    there is no such case.
    """
    shares = {}
    for name, unknown in (('unknown', True), ('known', False)):
        said = [
            any(answer.text.startswith(_REFUSAL) for answer in result.answers)
            for case, result in pairs
            if (case.family == 'unknown') is unknown
        ]
        shares[name] = sum(said) / len(said) if said else None
    return shares


def evaluate_clips(
    model: Path | str,
    device: str,
    folder: Path,
    made: MadeOfClips,
    decisions: Decisions,
    progress: Progress,
) -> dict[str, Any]:
    """Watch real clips through the whole engine, all instructions of a clip at once.

    Args:
        model: folder of a checkpoint.
        device: see `backbone.load`.
        folder: of the clips, see `real_clips`.
        made: what is made of them, and watched, too.
        decisions: how the model decides.
        progress: shows how far it has got.

    Returns:
        What `score.report` says of the model, and, where it sees with a detector, of the plain
        rule under 'rule' and of the best rule in hindsight under 'hindsight', each with
        `clip_parts.parts` under 'parts'; for all clips, for each under 'clips', for the variants
        of all under 'variants', and for the streams of cuts under 'cuts'.

    Raises:
        BackboneError: the model cannot be loaded.
        EvaluationError: the folder has no clips, or one is not as it should be.
    """
    clips = read_clips(folder)
    backbone = _load(model, device, LANES)
    watch = partial(_watch_clip, backbone, decisions.settings(backbone))
    each = {clip.path.stem: watch(list(clip_cases(clip))) for clip in progress(clips, len(clips))}
    varied = [(clip, number) for number in range(1, made.variants + 1) for clip in clips]
    others = [watch(variant_cases(*variant)) for variant in progress(varied, len(varied))]
    numbers = range(1, made.cuts + 1)
    streams = [
        watch(list(clip_cases(cut_clip(clips, number)))) for number in progress(numbers, made.cuts)
    ]
    return {
        **_report_watched(list(each.values())),
        **_identity(backbone),
        'clips': {
            name: {**_report_watched([watched]), 'said': _said(watched.pairs)}
            for name, watched in each.items()
        },
        'variants': {**_report_watched(others), 'count': made.variants} if others else None,
        'cuts': {**_report_watched(streams), 'count': made.cuts} if streams else None,
    }


@dataclass(frozen=True)
class WatchedClip:
    """A clip that was watched.

    Attributes:
        pairs: what the model decided in each case.
        ruled: what the plain rule decided; empty for a model without a detector.
        hindsight: what the rule decided that would have been best, see `rule_runs`.
    """

    pairs: Sequence[Pair]
    ruled: Sequence[Pair]
    hindsight: Sequence[Pair]


def _watch_clip(backbone: Backbone, own: AssistantSettings, cases: Sequence[Case]) -> WatchedClip:
    once = cast('Backbone', EncodesOnce(backbone))
    results = [
        result for group in groups(cases, LANES) for result in run_together(once, group, own)
    ]
    frames = _sights(once, cases[0])
    return WatchedClip(
        list(zip(cases, results, strict=True)),
        rule_on_clip(frames, cases),
        hindsight_on_clip(frames, cases, REAL_TOLERANCE),
    )


def _report_watched(clips: Sequence[WatchedClip]) -> dict[str, Any]:
    """The model's figures over clips, and those of the rules beside it."""

    def reported(pairs: Sequence[Pair]) -> dict[str, Any]:
        return {**report(pairs, REAL_TOLERANCE), 'parts': parts(pairs)}

    own, ruled, best = (
        [pair for watched in clips for pair in getattr(watched, name)]
        for name in ('pairs', 'ruled', 'hindsight')
    )
    return {
        **reported(own),
        'rule': reported(ruled) if ruled else None,
        'hindsight': reported(best) if best else None,
    }


class EncodesOnce:
    """A model that encodes no frame twice: many instructions watch the same clip.

    Args:
        backbone: the model.
    """

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._encoded: dict[bytes, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backbone, name)

    def encode(self, image: Image) -> Any:
        """See `Backbone.encode`."""
        key = hashlib.sha256(image.tobytes()).digest()
        if key not in self._encoded:
            self._encoded[key] = self._backbone.encode(image)
        return self._encoded[key]


def _said(pairs: Sequence[tuple[Case, CaseResult]]) -> dict[str, list[str]]:
    """What was said in each case, with its times."""
    return {
        case.name: [
            f'{case.moments[answer.moment].seconds:g} s: {answer.text}'
            for answer in result.answers
        ]
        for case, result in pairs
        if result.answers
    }


def _sights(backbone: Backbone, case: Case) -> list[Sights]:
    """The detections of each frame of a clip; none for a model without a detector."""
    return [
        [
            (sighting.kind, sighting.score)
            for sighting in getattr(backbone.encode(image), 'sightings', ())
        ]
        for image in case.images()
    ]


def _identity(backbone: Backbone) -> dict[str, Any]:
    info = backbone.info
    return {'model': info.model, 'model_id': info.model_id}


def _load(model: Path | str, device: str, lanes: int) -> Backbone:
    return load(model, Options(device=device, lanes=lanes, wait=True))


def _show_detections(backbone: Backbone) -> None:
    # Imported here: it loads torch.
    from streamo_ros.backbone.vision.shown_detections import show_detections

    show_detections(backbone)
