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
from streamo_ros.evaluation.object_streams import ObjectCase
from streamo_ros.evaluation.object_streams import ObjectSettings
from streamo_ros.evaluation.plain_rule import rule_result
from streamo_ros.evaluation.plain_rule import THRESHOLD
from streamo_ros.evaluation.real_clips import clip_cases
from streamo_ros.evaluation.real_clips import groups
from streamo_ros.evaluation.real_clips import read_clips
from streamo_ros.evaluation.real_clips import REAL_TOLERANCE
from streamo_ros.evaluation.score import Pair
from streamo_ros.evaluation.score import report
from streamo_ros.evaluation.variants import variant_cases
from streamo_ros.worlds.objects import answers
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.subject import Subject

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
        'rule': report(_rule_on_streams(cases)),
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


def _rule_on_streams(cases: Sequence[ObjectCase]) -> list[tuple[Case, CaseResult]]:
    pairs = []
    for stream_case in cases:
        stream, subject = stream_case.stream, stream_case.subject
        sure = stream.scores > THRESHOLD
        counts = [
            (sure & (stream.kind == kind) & _colored(stream_case, place)).sum(1).tolist()
            for place, kind in enumerate(subject.kinds)
        ]
        result = rule_result(stream_case.task, subject, counts) if counts else None
        pairs += [(stream_case.case, result)] if result else []
    return pairs


def _colored(stream_case: ObjectCase, place: int) -> Any:
    color = stream_case.subject.color if not place else -1
    return (stream_case.stream.color.argmax(-1) == color) | (color < 0)


def evaluate_clips(
    model: Path | str,
    device: str,
    folder: Path,
    made: tuple[int, int],
    decisions: Decisions,
    progress: Progress,
) -> dict[str, Any]:
    """Watch real clips through the whole engine, all instructions of a clip at once.

    Args:
        model: folder of a checkpoint.
        device: see `backbone.load`.
        folder: of the clips, see `real_clips`.
        made: how many variants of each clip in which nothing that is asked for appears, see
            `variants`, and how many streams of cuts out of all, see `cut_clips`.
        decisions: how the model decides.
        progress: shows how far it has got.

    Returns:
        What `score.report` says of the model, and of the plain rule under 'rule' where the model
        sees with a detector, both with `clip_parts.parts` under 'parts'; for all clips, for each
        under 'clips', for the variants of all under 'variants', and for the streams of cuts
        under 'cuts'.

    Raises:
        BackboneError: the model cannot be loaded.
        EvaluationError: the folder has no clips, or one is not as it should be.
    """
    clips = read_clips(folder)
    backbone = _load(model, device, LANES)
    watch = partial(_watch_clip, backbone, decisions.settings(backbone))
    each = {clip.path.stem: watch(list(clip_cases(clip))) for clip in progress(clips, len(clips))}
    variants, cuts = made
    varied = [(clip, number) for number in range(1, variants + 1) for clip in clips]
    others = [watch(variant_cases(*variant)) for variant in progress(varied, len(varied))]
    numbers = range(1, cuts + 1)
    streams = [
        watch(list(clip_cases(cut_clip(clips, number)))) for number in progress(numbers, cuts)
    ]
    return {
        **_report_watched(list(each.values())),
        **_identity(backbone),
        'clips': {
            name: {**_report_watched([watched]), 'said': _said(watched.pairs)}
            for name, watched in each.items()
        },
        'variants': {**_report_watched(others), 'count': variants} if others else None,
        'cuts': {**_report_watched(streams), 'count': cuts} if streams else None,
    }


@dataclass(frozen=True)
class WatchedClip:
    """A clip that was watched.

    Attributes:
        pairs: what the model decided in each case.
        ruled: what the plain rule decided; empty for a model without a detector.
    """

    pairs: Sequence[Pair]
    ruled: Sequence[Pair]


def _watch_clip(backbone: Backbone, own: AssistantSettings, cases: Sequence[Case]) -> WatchedClip:
    once = cast('Backbone', EncodesOnce(backbone))
    results = [
        result for group in groups(cases, LANES) for result in run_together(once, group, own)
    ]
    return WatchedClip(list(zip(cases, results, strict=True)), _rule_on_clip(once, cases))


def _report_watched(clips: Sequence[WatchedClip]) -> dict[str, Any]:
    """The model's figures over clips, and those of the plain rule under 'rule'."""
    pairs = [pair for watched in clips for pair in watched.pairs]
    ruled = [pair for watched in clips for pair in watched.ruled]
    return {
        **report(pairs, REAL_TOLERANCE),
        'parts': parts(pairs),
        'rule': {**report(ruled, REAL_TOLERANCE), 'parts': parts(ruled)} if ruled else None,
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


def _rule_on_clip(backbone: Backbone, cases: Sequence[Case]) -> list[tuple[Case, CaseResult]]:
    """What the rule decides of the detections of a clip."""
    frames = [
        [
            sighting.kind
            for sighting in getattr(backbone.encode(image), 'sightings', ())
            if sighting.score > THRESHOLD
        ]
        for image in cases[0].images()
    ]
    pairs = []
    for case in cases:
        index = next(kind.index for kind in KINDS if kind.name == case.kind)
        counts = [[frame.count(case.kind) for frame in frames]]
        family = 'appear' if case.alarms_only else case.family
        result = rule_result(family, Subject((index,)), counts)
        pairs += [(case, result)] if result else []
    return pairs


def _identity(backbone: Backbone) -> dict[str, Any]:
    info = backbone.info
    return {'model': info.model, 'model_id': info.model_id}


def _load(model: Path | str, device: str, lanes: int) -> Backbone:
    return load(model, Options(device=device, lanes=lanes, wait=True))


def _show_detections(backbone: Backbone) -> None:
    # Imported here: it loads torch.
    from streamo_ros.backbone.vision.shown_detections import show_detections

    show_detections(backbone)
