# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""After a restart a lane begins with what was said before it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Reason
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.protocol import State
from streamo_ros.core.restored_turns import PastTurn


def watching(said: list[tuple[int, str]], capacity: int = 8192) -> tuple:
    turns = [PastTurn(stamp, text=text) for stamp, text in said]
    backbone = ScriptedBackbone(lambda *_: (State.SILENCE, ''), lanes=1, capacity=capacity)
    book = InstructionBook(1)
    book.add('kettle')
    assistant = Assistant(backbone, book, restored=lambda key: turns if key == 1 else [])
    return assistant, backbone


def test_the_dialogue_goes_on_with_the_seconds_between(frame: Callable, show: Callable) -> None:
    now = frame(7).stamp
    assistant, backbone = watching([(now - 30 * SECOND, 'It boils.'), (now - SECOND, 'Again.')])
    (decided,) = show(assistant, frame(7))
    assert decided.state is State.SILENCE
    assert decided.tag == '<30s-31s>'
    assert decided.time_origin == now - 30 * SECOND
    said = backbone.transcript(0)
    assert 'kettle\n<0s-1s>\n' in said
    assert '</Response>It boils.<|im_end|>' in said
    assert '<29s-30s>\n' in said
    assert said.index('Again.') < said.index('<30s-31s>')
    assert show(assistant, frame(8))[0].tag == '<31s-32s>'


def test_what_is_too_old_or_yet_to_come_is_not_recalled(frame: Callable) -> None:
    now = frame(7).stamp
    assistant, backbone = watching([(now - 7200 * SECOND, 'old'), (now + SECOND, 'future')])
    assert assistant.observe(frame(7))[0].tag == '<0s-1s>'
    assert 'old' not in backbone.transcript(0)
    assert 'future' not in backbone.transcript(0)


def test_what_does_not_fit_is_let_go(frame: Callable, show: Callable) -> None:
    assistant, backbone = watching([(frame(1).stamp, 'x' * 900)], capacity=700)
    (decided,) = show(assistant, frame(7))
    assert decided.state is State.SILENCE
    assert 'xxx' not in backbone.transcript(0)


def kept(stamp: int, shape: tuple[int, int] | None = (48, 64), loads: list | None = None):
    def load() -> np.ndarray | None:
        if loads is not None:
            loads.append(stamp)
        return None if shape is None else np.zeros((*shape, 3), np.uint8)

    return PastFrame(stamp, load)


def restarted(
    show: Callable, frame: Callable, turns: list[PastTurn], lanes: int = 1, **options
) -> tuple:
    backbone = ScriptedBackbone(lambda *_: (State.SILENCE, ''), lanes=lanes, **options)
    book = InstructionBook(lanes)
    for _ in range(lanes):
        book.add('kettle')
    assistant = Assistant(backbone, book, restored=lambda _: turns)
    return show(assistant, frame(100)), backbone


def test_after_a_restart_a_lane_has_its_frames_with_their_decisions(
    frame: Callable, show: Callable
) -> None:
    loads: list[int] = []
    turns = [
        PastTurn(frame(40).stamp, text='It boils.'),
        *(
            PastTurn(frame(at).stamp, state, text, kept(frame(at).stamp, loads=loads))
            for at, state, text in (
                (80, State.SILENCE, ''),
                (81, State.STANDBY, ''),
                (82, State.RESPONSE, 'Again.'),
            )
        ),
    ]
    events, backbone = restarted(show, frame, turns, lanes=2)
    assert [event.tag for event in events] == ['<60s-61s>'] * 2
    said = backbone.transcript(1)
    for tag, reply in (
        ('<40s-41s>', '</Silence>'),
        ('<41s-42s>', '</Standby>'),
        ('<42s-43s>', '</Response>Again.'),
    ):
        turn = said.split(tag)[1].split('<|im_start|>user')[0]
        assert '<|vision_start|>' in turn
        assert turn.endswith(f'<|im_start|>assistant\n{reply}<|im_end|>\n')
    assert '<|vision_start|>' not in said.split('<0s-1s>')[1].split('<|im_start|>user')[0]
    # Once for both lanes.
    assert loads == [frame(at).stamp for at in (80, 81, 82)]
    assert backbone.passes.encode == 3 + 1


@pytest.mark.parametrize('shape', [None, (64, 64)])
def test_a_frame_that_cannot_be_shown_again_leaves_what_was_said(
    frame: Callable, show: Callable, shape
) -> None:
    turns = [
        PastTurn(frame(at).stamp, state, text, kept(frame(at).stamp, shape))
        for at, state, text in ((80, State.SILENCE, ''), (82, State.RESPONSE, 'Again.'))
    ]
    (decided,), backbone = restarted(show, frame, turns)
    assert decided.tag == '<18s-19s>'
    said = backbone.transcript(0)
    assert said.count('<|vision_start|>') == 1
    assert '</Response>Again.' in said
    assert '</Silence>' not in said


def test_the_last_frames_before_a_restart_stay_where_not_all_fit(
    frame: Callable, show: Callable
) -> None:
    turns = [
        PastTurn(frame(at).stamp, State.SILENCE, '', kept(frame(at).stamp)) for at in range(60, 90)
    ]
    (decided,), backbone = restarted(show, frame, turns, capacity=800)
    assert decided.state is State.SILENCE
    assert len(backbone.rows[0]) < 800
    shown = backbone.transcript(0).count('<|vision_start|>')
    assert 5 < shown < 30
    assert decided.tag == f'<{shown + 9}s-{shown + 10}s>'


def looking_back(frame: Callable, shapes: dict[int, tuple[int, int] | None]) -> tuple:
    """An assistant whose memory has a picture for each of these seconds."""
    backbone = ScriptedBackbone(
        lambda _, second: (State.RESPONSE, 'Seen.') if second == 20 else (State.SILENCE, ''),
        lanes=1,
    )
    asked = []

    def past(start: int, end: int) -> list[PastFrame]:
        asked.append((start, end))
        return [
            PastFrame(
                frame(second).stamp,
                lambda shape=shape: None if shape is None else np.zeros((*shape, 3), np.uint8),
            )
            for second, shape in shapes.items()
            if start <= frame(second).stamp < end
        ]

    book = InstructionBook(1)
    return Assistant(backbone, book, past=past), book, backbone, asked


def test_an_instruction_looks_back_at_kept_frames(frame: Callable) -> None:
    shapes = dict.fromkeys((10, 20, 30, 40), (48, 64))
    assistant, book, backbone, asked = looking_back(frame, shapes)
    for second in range(98, 100):
        assistant.observe(frame(second))
    book.add('kettle', backfill=80 * SECOND)
    events = assistant.observe(frame(100))
    assert asked == [(frame(20).stamp, frame(98).stamp)]
    assert backbone.passes.encode == 3  # The kept ones wait for their turn.
    while assistant.busy:
        events += assistant.speak(1)
    decided = [event for event in events if isinstance(event, Decided)]
    assert [one.frame.stamp for one in decided] == [
        frame(at).stamp for at in (20, 30, 40, 98, 99, 100)
    ]
    assert [one.tag for one in decided[:2]] == ['<0s-1s>', '<10s-11s>']
    assert book.active()[0].stamp == frame(20).stamp


@pytest.mark.parametrize('shape', [None, (64, 64)])
def test_a_kept_frame_that_cannot_be_shown_is_reported(frame: Callable, shape) -> None:
    assistant, book, _, _ = looking_back(frame, {10: (48, 64), 20: shape, 30: (48, 64)})
    assistant.observe(frame(99))
    book.add('kettle', backfill=95 * SECOND)
    events = assistant.observe(frame(100))
    while assistant.busy:
        events += assistant.speak(8)
    reasons = {event.frame.stamp: event.reason for event in events if isinstance(event, Decided)}
    assert reasons.pop(frame(20).stamp) is Reason.BAD_FRAME
    assert set(reasons.values()) == {Reason.NONE}
    assert len(reasons) == 4


def test_without_a_backfill_nobody_asks_the_memory(frame: Callable) -> None:
    assistant, book, _, asked = looking_back(frame, {})
    book.add('kettle')
    assistant.observe(frame(1))
    assert not asked
