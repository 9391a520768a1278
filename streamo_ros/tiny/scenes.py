# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training scenes: a window of a clip, an instruction about it, and the expected decisions.

`dialogues` turns a scene into tokens. Scenes are drawn until one is worth learning from, and what
makes it worth learning from must not give away what is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from streamo_ros.core.protocol import seconds_text
from streamo_ros.core.protocol import State
from streamo_ros.tiny.clips import Clip
from streamo_ros.tiny.sampling_mix import SamplingMix
from streamo_ros.tiny.sampling_mix import SINGLE_FRAME_WEIGHTS
from streamo_ros.tiny.sampling_mix import SPAN_WEIGHTS
from streamo_ros.tiny.turns import TaggedLabel
from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.phrasing import phrase
from streamo_ros.worlds.phrasing import span_phrase
from streamo_ros.worlds.scene import View
from streamo_ros.worlds.task import Label
from streamo_ros.worlds.tasks import draw_event_look
from streamo_ros.worlds.tasks import draw_look
from streamo_ros.worlds.tasks import label_views
from streamo_ros.worlds.tasks import Look
from streamo_ros.worlds.tasks import something_happens
from streamo_ros.worlds.tasks import WAITING

MAX_ORIGIN = 600
"""The tags of a dialogue start before this second."""
_ATTEMPTS, _ATTEMPTS_OF_FAMILY = 6, 20
"""Clips tried until one is worth learning from; more if the family is kept."""
_SHORT = 4
"""Windows of fewer frames are chosen for what can be seen in them."""
_AT_ZERO = 0.5
"""Share of dialogues whose tags start at 0."""
_UNEVEN_STEPS = (1, 1, 2, 3, 4, 6)
"""Frames from one uneven tag to the next, sampled uniformly."""
_UNEVENTFUL, _SHORT_UNEVENTFUL, _STANDBY_ONLY, _QUIET = 0.12, 0.5, 0.4, 0.3
"""Share of scenes kept though nothing happens; the same for one or two frames; though no answer is
due; though nothing is due."""


@dataclass(frozen=True)
class Scene:
    """What a dialogue is about.

    Attributes:
        family: task family.
        text: the instruction.
        look: color and shape that it names; '' for any.
        clip: where the frames come from.
        begin: index of the first frame that the lane has ever seen.
        start: index of the first frame in its window.
        labels: the label of each frame from `begin` to the end of the window.
    """

    family: str
    text: str
    look: Look
    clip: Clip
    begin: int
    start: int
    labels: list[TaggedLabel]

    @property
    def views(self) -> tuple[View, ...]:
        """What the frames of `labels` show."""
        return self.clip.views[self.begin : self.begin + len(self.labels)]

    @property
    def evicted(self) -> int:
        """How many of the frames have left the window."""
        return self.start - self.begin


class SceneSampler:
    """Draws scenes, most of which contain an answer.

    Args:
        clips: clips to choose from.
        turns: frames in the window.
        mix: what the scenes may be about.
        rng: makes all random choices.
        fresh: whether the window begins with the lane's first frame.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        turns: int,
        mix: SamplingMix,
        rng: np.random.Generator,
        *,
        fresh: bool = True,
    ) -> None:
        self._clips, self._turns, self._mix, self._rng = clips, turns, mix, rng
        self._fresh = fresh

    def draw(self) -> Scene:
        """The next scene."""
        mix, rng = self._mix, self._rng
        fulfilled = mix.fulfilled > 0 and rng.random() < mix.fulfilled
        family: tuple[str, bool] | None = None
        for _ in range(_ATTEMPTS_OF_FAMILY if mix.keep_family else _ATTEMPTS):
            clip = pick(rng, self._clips)
            if family is None or not mix.keep_family:
                family = _draw_family(rng, self._turns, mix)
            scene, has_distractor = self._attempt(clip, *family, may_distract=not fulfilled)
            if self._is_worth_it(scene, fulfilled=fulfilled, has_distractor=has_distractor):
                break
        return scene

    def _attempt(
        self, clip: Clip, family: str, asks_span: bool, *, may_distract: bool
    ) -> tuple[Scene, bool]:
        """A scene of this clip, and whether it was drawn as a distractor; see `SamplingMix`."""
        rng, mix = self._rng, self._mix
        begin, start, stop = _draw_window(clip, self._turns, self._fresh, rng)
        numbers = clip.numbers
        asks_interval = asks_span or family == 'ground'
        if mix.uneven_tags and asks_interval and rng.random() < mix.uneven_tags:
            begin = start
            numbers = tuple(np.cumsum(rng.choice(_UNEVEN_STEPS, len(numbers))).tolist())
        look = draw_look(family, clip.views[begin:stop], rng)
        distractor = None
        may_distract = family in WAITING and mix.distractors > 0 and may_distract
        if may_distract and rng.random() < mix.distractors:
            distractor = draw_event_look(clip.views[start:stop], rng)
            look = distractor or look
        text = (
            span_phrase(family, rng, *look)
            if asks_span
            else phrase(family, rng, *look, everyday=mix.everyday)
        )
        look = ('', '') if family == 'recolour' and look[1] not in text else look
        origin = Fraction(0 if rng.random() < _AT_ZERO else int(rng.integers(0, MAX_ORIGIN)))
        labels = label_clip(clip, family, look, begin, stop, origin, numbers)
        labels = span_labels(labels) if asks_span else labels
        return Scene(family, text, look, clip, begin, start, labels), distractor is not None

    def _is_worth_it(self, scene: Scene, *, fulfilled: bool, has_distractor: bool) -> bool:
        """Whether to learn from a scene.

        If the instruction waits for a specific thing, this must not depend on what is due, except
        in a fixed share of scenes: otherwise the model would learn that whatever happens is what
        the instruction asks for.
        """
        family, rng, views = scene.family, self._rng, scene.views[scene.evicted :]
        states = {label.state for label, _, _ in scene.labels[scene.evicted :]}
        if fulfilled and family in WAITING and self._turns >= _SHORT:
            return State.RESPONSE in states
        if has_distractor:
            return True
        if family in WAITING:
            share = _SHORT_UNEVENTFUL if len(views) < _SHORT - 1 else _UNEVENTFUL
            return something_happens(family, views) or bool(rng.random() < share)
        if State.RESPONSE in states:
            return True
        share = _STANDBY_ONLY if State.STANDBY in states else 0.0
        return bool(rng.random() < share or rng.random() < _QUIET)


def label_clip(
    clip: Clip,
    family: str,
    look: Look,
    begin: int,
    stop: int,
    origin: Fraction,
    numbers: Sequence[int] = (),
) -> list[TaggedLabel]:
    """The labels of some frames of a clip, with their tags.

    Args:
        clip: the clip.
        family: task family.
        look: color and shape that the task is about; '' for any.
        begin: index of the first frame.
        stop: index after the last frame.
        origin: second at which the first frame's tag starts.
        numbers: tick numbers of all frames of the clip; () means its own.
    """
    numbers = numbers or clip.numbers
    first = numbers[begin]
    tags = [origin + Fraction(number - first) / clip.rate for number in numbers[begin:stop]]
    labels = label_views(family, look, clip.views[begin:stop], [seconds_text(tag) for tag in tags])
    return [(label, tag, tag + 1 / clip.rate) for label, tag in zip(labels, tags, strict=True)]


def span_labels(labels: Sequence[TaggedLabel]) -> list[TaggedLabel]:
    """The same labels with the interval of the event as the answer, as for the family 'ground'.

    The interval begins with the first frame on Standby and ends with the frame of the answer. Many
    more events happen than arrivals, so the model practices copying times on them.
    """
    answers, began = [], None
    for label, start, end in labels:
        if label.state is not State.SILENCE and began is None:
            began = start
        text = label.text
        if label.state is State.RESPONSE and began is not None:
            text = f'From {seconds_text(began)}s to {seconds_text(start)}s.'
        began = began if label.state is State.STANDBY else None
        answers.append((Label(label.state, text), start, end))
    return answers


def _draw_family(rng: np.random.Generator, turns: int, mix: SamplingMix) -> tuple[str, bool]:
    """A family, and whether its answers are to be intervals."""
    weights = mix.weights
    if turns >= _SHORT - 1 and rng.random() < mix.spans:
        return _weighted_choice(SPAN_WEIGHTS, rng), True
    if turns == 1:
        weights = {
            name: weight * SINGLE_FRAME_WEIGHTS.get(name, 0.5) for name, weight in weights.items()
        }
    return _weighted_choice(weights, rng), False


def _weighted_choice(weights: Mapping[str, float], rng: np.random.Generator) -> str:
    values = np.array(list(weights.values()))
    return list(weights)[int(rng.choice(len(values), p=values / values.sum()))]


def _draw_window(
    clip: Clip, turns: int, fresh: bool, rng: np.random.Generator
) -> tuple[int, int, int]:
    """Indices of the lane's first frame, of the first frame in its window, and of its end."""
    count = len(clip.views)
    turns = min(turns, count - clip.prefix)
    start = int(rng.integers(clip.prefix, count - turns + 1))
    return start if fresh else int(rng.integers(0, start + 1)), start, start + turns
