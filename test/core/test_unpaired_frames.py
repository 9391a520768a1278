# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two frames of one patch, and frames that are larger after a Standby, through the assistant."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.backbone.scripted import ScriptedVisionTokens
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialect import Dialect
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.events import Decided
from streamo_ros.core.eviction.full import FullPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.core.unpaired_frame import UnpairedFrame

PAIRS = replace(STREAMO, frames=2, block=2)
ZOOM = replace(STREAMO, standby_scale=4.0)
QUIET = (State.SILENCE, '')


class Lazy(ScriptedBackbone):
    """Encodes what lanes ask for, and notes which images those were."""

    def speak(self, dialect: Dialect) -> None:
        self.prompt = PromptTokens(self.tokenizer, dialect=dialect)
        self.seen: list[tuple[tuple[int, ...], bool]] = []
        self.broken: set[int] = set()
        self.made: list[weakref.ref[UnpairedFrame]] = []

    def encode(self, image: NDArray[np.uint8]) -> Any:
        frame = UnpairedFrame(image, super().encode(image).grid, self.see)
        self.made.append(weakref.ref(frame))
        return frame

    def see(self, images: Sequence[NDArray[np.uint8]], larger: bool) -> ScriptedVisionTokens:
        numbers = tuple(int(image[0, 0, 0]) for image in images)
        self.seen.append((numbers, larger))
        if self.broken & set(numbers):
            raise BackboneError('the vision pass failed')
        grid = (6, 8) if larger else (3, 4)
        return ScriptedVisionTokens(grid[0] * grid[1], grid)


def tick_at(at: int, rate: int = 2) -> Tick:
    start = Fraction(at, rate)
    return Tick(SECOND + round(start * SECOND), start, start + Fraction(1, rate), at, 1)


class Watch:
    """An assistant that is shown numbered frames."""

    def __init__(self, dialect: Dialect, script: Any = lambda *_: QUIET) -> None:
        self.backbone = Lazy(script, lanes=2)
        self.backbone.speak(dialect)
        self.book = InstructionBook(2)
        self.assistant = Assistant(self.backbone, self.book)
        self.decided: list[Decided] = []

    def see(self, numbers: Sequence[int]) -> None:
        for at in numbers:
            image = np.full((30, 40, 3), at, np.uint8)
            events = self.assistant.observe(Frame(tick_at(at), image))
            self.decided += [event for event in events if isinstance(event, Decided)]


def test_two_frames_are_one_pass_one_tag_and_one_decision_for_all_lanes() -> None:
    watch = Watch(PAIRS)
    watch.book.add('watch')
    watch.book.add('look')
    watch.see(range(6))
    assert watch.backbone.seen == [((0, 1), False), ((2, 3), False), ((4, 5), False)]
    assert [event.frame.tick.index for event in watch.decided] == [1, 1, 3, 3, 5, 5]
    assert [event.tag for event in watch.decided[::2]] == ['<0s-1s>', '<1s-2s>', '<2s-3s>']
    said = watch.backbone.transcript(0)
    assert said.count('<|vision_start|>') == 3
    assert said.count('\ufffc') == 3 * 12
    assert {event.encode_time > 0 for event in watch.decided[::2]} == {True}
    assert watch.assistant.lanes[0].dialogue.frames == 6


def test_a_lane_that_starts_later_has_pairs_of_its_own() -> None:
    watch = Watch(PAIRS)
    watch.book.add('watch')
    watch.see(range(3))
    watch.book.add('look')
    watch.see(range(3, 8))
    pairs = [pair for pair, _ in watch.backbone.seen]
    assert pairs == [(0, 1), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)]
    watch.see(range(8, 40))
    # No frame keeps another one, and so all that came before, in memory.
    gc.collect()
    alive = [frame for frame in watch.backbone.made if frame() is not None]
    assert len(alive) <= watch.assistant.settings.backfill_frames + 1


def test_a_lost_frame_does_not_split_a_pair() -> None:
    watch = Watch(PAIRS)
    watch.book.add('watch')
    watch.see([0])
    lost = Frame(tick_at(1), None, reason=Reason.BAD_FRAME, flaw='no picture')
    (event,) = watch.assistant.observe(lost)
    assert isinstance(event, Decided)
    assert event.reason is Reason.BAD_FRAME
    watch.see([2])
    assert watch.backbone.seen == [((0, 2), False)]
    assert [event.tag for event in watch.decided] == ['<0s-1.5s>']


def test_a_failed_pass_costs_its_pair_and_nothing_else() -> None:
    watch = Watch(PAIRS)
    watch.backbone.broken = {3}
    watch.book.add('watch')
    watch.see(range(6))
    assert [event.reason for event in watch.decided] == [
        Reason.NONE,
        Reason.MODEL_FAILED,
        Reason.NONE,
    ]
    assert 'the vision pass failed' in watch.decided[1].frame.flaw
    assert [event.tag for event in watch.decided if not event.reason] == ['<0s-1s>', '<2s-3s>']
    assert watch.assistant.passes.failures == 1


def test_another_size_of_picture_begins_a_pair_anew() -> None:
    watch = Watch(PAIRS)
    watch.book.add('watch')
    watch.see([0])
    for at in (1, 2):
        watch.assistant.observe(Frame(tick_at(at), np.full((40, 40, 3), at, np.uint8)))
    assert watch.backbone.seen == [((1, 2), False)]


def test_the_step_after_a_standby_is_seen_larger_by_its_own_lane() -> None:
    def script(instruction: str, second: float) -> tuple[State, str]:
        return (State.STANDBY if instruction == 'wait' and second == 0.5 else State.SILENCE), ''

    watch = Watch(ZOOM, script)
    watch.book.add('wait')
    watch.book.add('look')
    watch.see(range(4))
    assert watch.backbone.seen == [
        ((0,), False),
        ((1,), False),
        ((2,), True),
        ((2,), False),
        ((3,), False),
    ]
    tokens = [watch.backbone.transcript(slot).count('\ufffc') for slot in (0, 1)]
    assert tokens == [3 * 12 + 48, 4 * 12]


def test_a_picture_alone_is_a_still_one() -> None:
    backbone = Lazy(lambda *_: QUIET)
    backbone.speak(PAIRS)
    lane = Dialogue(backbone, FullPolicy(), 'watch', ContextLimits())
    vision = backbone.encode(np.full((30, 40, 3), 7, np.uint8))
    assert vision.vector is None
    assert (vision.tokens, vision.sightings) == (12, ())
    backbone.extend([lane.request(tick_at(0), vision)])
    assert backbone.seen == [((7,), False)]


def test_tags_of_a_dialogue_that_is_read_again_begin_with_its_first_frame() -> None:
    backbone = ScriptedBackbone(lambda *_: (State.RESPONSE, 'hot'))
    backbone.prompt = PromptTokens(backbone.tokenizer, dialect=replace(STREAMO, frames=2))
    lane = Dialogue(backbone, FullPolicy(), 'watch', ContextLimits())
    for at in range(4):
        vision = backbone.encode(np.zeros((30, 40, 3), np.uint8))
        last = lane.gather(tick_at(at), vision)
        if last is not None:
            backbone.extend([lane.request(tick_at(at), last)])
            lane.commit(State.RESPONSE)
            lane.finish()
    lane.forget_frames()
    lane.rereading.finish()
    said = backbone.transcript(0)
    assert '<0s-0.5s>' in said
    assert '<-' not in said
