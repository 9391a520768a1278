# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A lane that is said again is read in parts, between frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core import prefill
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Request
from streamo_ros.core.prefill import cut_pieces
from streamo_ros.core.prefill import PART_TOKENS
from streamo_ros.core.protocol import State


def talkative(_: str, second: float) -> tuple[State, str]:
    """An answer every 25 seconds."""
    at = int(second) % 25
    return (State.RESPONSE, 'It boils, and has done so for long.') if at == 24 else (
        State.SILENCE, ''
    )  # fmt: skip


class Recording(ScriptedBackbone):
    """Notes how many tokens each prefill takes, and fails when told to."""

    def __init__(self, script: Callable = talkative) -> None:
        super().__init__(script, lanes=4, capacity=8192)
        self.sizes: list[int] = []
        self.failing = False

    def prefill(self, request: Request) -> None:
        if self.failing:
            raise BackboneError('the rebuild failed')
        self.sizes.append(request.tokens)
        super().prefill(request)


class Stream:
    """Frames for a few instructions, whose tags begin again after 30 seconds."""

    def __init__(self, lanes: int = 2, backlog: int = 8, script: Callable = talkative) -> None:
        self.backbone = Recording(script)
        self.book = InstructionBook(4)
        limits = ContextLimits(max_frames=40, max_time=30.0)
        settings = AssistantSettings(limits=limits, backlog=backlog)
        self.assistant = Assistant(self.backbone, self.book, settings)
        self.events: list = []
        for lane in range(lanes):
            self.book.add(f'kettle {lane}')

    def see(self, frames: list[Frame], steps: int = 1000) -> None:
        for frame in frames:
            self.events += self.assistant.observe(frame)
            self.events += self.assistant.speak(steps)

    @property
    def decided(self) -> list[tuple]:
        """What was decided, by instruction and frame."""
        found = [event for event in self.events if isinstance(event, Decided)]
        rows = [
            (event.instruction_id, event.frame.tick.index, event.state, event.reason, event.tag,
             event.context_tokens)
            for event in found
        ]  # fmt: skip
        return sorted(rows, key=lambda row: row[:2])


def test_no_pass_of_a_rebuild_is_long(frame: Callable) -> None:
    stream = Stream()
    stream.see([frame(at) for at in range(40)])
    assert sum(stream.backbone.sizes) > 2 * PART_TOKENS
    assert max(stream.backbone.sizes) <= PART_TOKENS


def test_parts_leave_what_a_rebuild_at_once_leaves(
    frame: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [frame(at) for at in range(90)]
    parts = Stream()
    parts.see(frames)
    monkeypatch.setattr(prefill, 'PART_TOKENS', 1 << 20)
    whole = Stream()
    whole.see(frames)
    assert len(whole.backbone.sizes) < len(parts.backbone.sizes)
    assert parts.decided == whole.decided
    assert [parts.backbone.transcript(lane) for lane in (0, 1)] == [
        whole.backbone.transcript(lane) for lane in (0, 1)
    ]


def test_frames_wait_while_a_lane_is_read_and_none_is_lost(frame: Callable) -> None:
    stream, slow = Stream(), Stream()
    frames = [frame(at) for at in range(60)]
    stream.see(frames)
    slow.see(frames[:30])
    slow.see(frames[30:34], steps=1)
    late = len([row for row in slow.decided if row[1] >= 30])
    slow.see(frames[34:])
    assert late < 2 * 4
    assert slow.decided == stream.decided


def test_a_step_reads_one_part_of_one_lane(frame: Callable) -> None:
    stream = Stream(lanes=3)
    stream.see([frame(at) for at in range(30)])
    assert stream.backbone.sizes == []
    stream.events += stream.assistant.observe(frame(30))
    assert stream.backbone.sizes == []
    for steps in range(1, 4):
        stream.assistant.speak(1)
        assert len(stream.backbone.sizes) == steps


def test_a_rebuild_that_fails_starts_its_lane_over(frame: Callable) -> None:
    stream = Stream()
    stream.see([frame(at) for at in range(30)])
    stream.backbone.failing = True
    stream.see([frame(30)])
    stream.backbone.failing = False
    stream.see([frame(31)])
    assert stream.assistant.passes.last_failure == 'the rebuild failed'
    last = [row for row in stream.decided if row[1] >= 30]
    assert [row[3] for row in last] == [Reason.NONE] * 4
    assert [row[4] for row in last] == ['<0s-1s>', '<1s-2s>'] * 2


def test_another_image_size_is_read_in_parts_too(frame: Callable) -> None:
    stream = Stream(script=lambda *_: (State.RESPONSE, 'x' * 60))
    stream.see([frame(at) for at in range(12)])
    one = frame(12)
    square = Frame(one.tick, np.full((64, 64, 3), 128, np.uint8))
    stream.events += stream.assistant.observe(square)
    assert stream.backbone.sizes == []
    stream.events += stream.assistant.speak(1000)
    assert 0 < max(stream.backbone.sizes) <= PART_TOKENS
    assert [row[2] for row in stream.decided if row[1] == 12] == [State.RESPONSE] * 2


def test_a_canceled_instruction_is_not_read_on(frame: Callable) -> None:
    stream = Stream(lanes=1)
    stream.see([frame(at) for at in range(30)])
    stream.events += stream.assistant.observe(frame(30))
    stream.events += stream.assistant.speak(1)
    stream.book.cancel(0)
    stream.events += stream.assistant.speak(1000)
    assert len(stream.backbone.sizes) == 1
    assert not stream.assistant.busy
    assert [row[3] for row in stream.decided if row[1] == 30] == [Reason.ENDED]


def test_a_piece_of_text_is_cut_and_a_frame_is_not() -> None:
    backbone = Recording()
    vision = backbone.encode(np.zeros((480, 640, 3), np.uint8))
    groups = cut_pieces([tuple(range(10)), vision, (1, 2)], 4)
    assert groups == [(tuple(range(4)),), (tuple(range(4, 8)),), ((8, 9),), (vision,), ((1, 2),)]
