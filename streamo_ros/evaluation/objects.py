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
from pathlib import Path
from typing import Any
from typing import cast

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.interface import Backbone
from streamo_ros.evaluation.case import Case
from streamo_ros.evaluation.case import Image
from streamo_ros.evaluation.case_runner import CaseResult
from streamo_ros.evaluation.case_runner import run_together
from streamo_ros.evaluation.case_runner import settings_for
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
from streamo_ros.worlds.objects.kinds import KINDS
from streamo_ros.worlds.objects.subject import Subject

LANES = 32
"""Instructions that watch a clip at once."""
Progress = Callable[[Iterable[Any], int], Iterable[Any]]
"""Shows how far a number of steps has got."""


def evaluate_streams(
    model: Path | str, device: str, count: int, settings: ObjectSettings, progress: Progress
) -> dict[str, Any]:
    """Watch simulated streams of detections.

    Args:
        model: folder of a checkpoint that sees with a detector.
        device: see `backbone.load`.
        count: number of streams.
        settings: which ones.
        progress: shows how far it has got.

    Returns:
        What `score.report` says of the model, and of the plain rule under 'rule'.

    Raises:
        BackboneError: the model cannot be loaded, or does not see with a detector.
    """
    backbone = _load(model, device, 1)
    _show_detections(backbone)
    cases = list(object_cases(count, settings))
    own = settings_for(backbone)
    results = [run_together(backbone, [one.case], own)[0] for one in progress(cases, len(cases))]
    pairs = [(one.case, result) for one, result in zip(cases, results, strict=True)]
    return {**report(pairs), **_identity(backbone), 'rule': report(_rule_on_streams(cases))}


def _rule_on_streams(cases: Sequence[ObjectCase]) -> list[tuple[Case, CaseResult]]:
    pairs = []
    for one in cases:
        stream, subject = one.stream, one.subject
        sure = stream.scores > THRESHOLD
        counts = [
            (sure & (stream.kind == kind) & _colored(one, place)).sum(1).tolist()
            for place, kind in enumerate(subject.kinds)
        ]
        result = rule_result(one.task, subject, counts) if counts else None
        pairs += [(one.case, result)] if result else []
    return pairs


def _colored(one: ObjectCase, place: int) -> Any:
    color = one.subject.color if not place else -1
    return (one.stream.color.argmax(-1) == color) | (color < 0)


def evaluate_clips(
    model: Path | str, device: str, folder: Path, progress: Progress
) -> dict[str, Any]:
    """Watch real clips through the whole engine, all instructions of a clip at once.

    Args:
        model: folder of a checkpoint.
        device: see `backbone.load`.
        folder: of the clips, see `real_clips`.
        progress: shows how far it has got.

    Returns:
        What `score.report` says of the model, and of the plain rule under 'rule' where the model
        sees with a detector; both for all clips and for each under 'clips'.

    Raises:
        BackboneError: the model cannot be loaded.
        EvaluationError: the folder has no clips, or one is not as it should be.
    """
    clips = read_clips(folder)
    backbone = _load(model, device, LANES)
    own = settings_for(backbone)
    once = cast('Backbone', EncodesOnce(backbone))
    pairs, ruled, each = list[Pair](), list[Pair](), dict[str, Any]()
    for clip in progress(clips, len(clips)):
        cases = list(clip_cases(clip))
        results = [
            result for group in groups(cases, LANES) for result in run_together(once, group, own)
        ]
        watched = list(zip(cases, results, strict=True))
        rule = _rule_on_clip(once, cases)
        each[clip.path.stem] = {
            **report(watched, REAL_TOLERANCE),
            'rule': report(rule, REAL_TOLERANCE) if rule else None,
            'said': _said(watched),
        }
        pairs, ruled = pairs + watched, ruled + rule
    return {
        **report(pairs, REAL_TOLERANCE),
        **_identity(backbone),
        'rule': report(ruled, REAL_TOLERANCE) if ruled else None,
        'clips': each,
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
        name = case.name.split(': ', 1)[1].split(' ', 1)[1]
        index = next(kind.index for kind in KINDS if kind.name == name)
        counts = [[frame.count(name) for frame in frames]]
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
