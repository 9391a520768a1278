# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The past in words in front of standing instructions: what a lane's prompt is, frame by frame."""

from __future__ import annotations

import re
from collections.abc import Callable

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import State


class Past:
    """Words that change every ten seconds."""

    def __init__(self, length: int = 1) -> None:
        self.length = length

    def __call__(self, stamp: int) -> tuple[str, ...]:
        chunk = (stamp // 10**9 - 1000) // 10
        return tuple(f'Chunk {number}{"." * self.length}' for number in range(chunk))


def watching(past: Past, instructions: int = 1, **options) -> tuple:
    backbone = ScriptedBackbone(
        lambda _, second: (State.RESPONSE, 'It boils.') if second == 9 else (State.SILENCE, ''),
        lanes=instructions,
        capacity=options.pop('capacity', 8192),
    )
    book = InstructionBook(instructions)
    for number in range(instructions):
        book.add(f'kettle {number}')
    settings = AssistantSettings(limits=ContextLimits(**{'max_new_tokens': 32, **options}))
    return Assistant(backbone, book, settings, history=past), backbone


def test_within_a_chunk_the_prompt_is_append_only(frame: Callable, show: Callable) -> None:
    assistant, backbone = watching(Past(), max_frames=100)
    before: list[int] = []
    for second in range(40):
        show(assistant, frame(second))
        now = list(backbone.rows[0])
        if second % 10:
            assert now[: len(before)] == before
        elif second >= 20:
            assert now[: len(before)] != before
        before = now
    assert assistant.lanes[0].dialogue.rebuilds == 3


def test_a_new_chunk_changes_the_words_and_nothing_else(frame: Callable, show: Callable) -> None:
    assistant, backbone = watching(Past(), max_frames=100)
    plain, without = watching(Past(), max_frames=100)
    plain._pool._history = lambda _: ()
    heard = []
    for one in (assistant, plain):
        events = []
        for second in range(25):
            events += show(one, frame(second))
        heard.append(
            [(e.state, e.tag) for e in events if isinstance(e, Decided)]
            + [e.text for e in events if isinstance(e, Answered)]
        )
    assert heard[0] == heard[1]
    assert backbone.transcript(0) == without.transcript(0).replace(
        'kettle 0\n', 'Chunk 0.\nChunk 1.\nkettle 0\n'
    )


def test_the_oldest_words_are_left_out_and_frames_stay(frame: Callable) -> None:
    assistant, backbone = watching(Past(40), max_history=120, max_frames=100)
    assistant.observe(frame(95))
    said = backbone.transcript(0)
    assert 'Chunk 6.' not in said
    assert 'Chunk 7.' in said
    assert 'Chunk 8.' in said
    assistant, backbone = watching(Past(40), capacity=500)
    assistant.observe(frame(95))
    assert backbone.transcript(0).count('Chunk') == 1
    assert backbone.transcript(0).count('<0s-1s>') == 1


def test_turns_that_the_words_leave_no_room_for_leave_oldest_first(
    frame: Callable, show: Callable
) -> None:
    assistant, backbone = watching(Past(80), capacity=580, max_frames=100)
    tags = []
    for second in (*range(9), 10):
        decided = [e for e in show(assistant, frame(second)) if isinstance(e, Decided)]
        assert [one.state for one in decided] == [State.SILENCE]
        tags.append(re.findall(r'<[0-9]+s-', backbone.transcript(0)))
    assert 'Chunk 0.' in backbone.transcript(0)
    assert len(backbone.rows[0]) + 32 <= 580
    *kept, last = tags[-1]
    assert last == '<10s-'
    assert kept == tags[-2][-len(kept) :]
    assert 3 < len(kept) < len(tags[-2]) == 9


def test_one_lane_a_frame_is_rebuilt(frame: Callable, show: Callable) -> None:
    assistant, backbone = watching(Past(), instructions=3)
    rebuilds = []
    for second in (1, 2, 11, 12, 13, 14):
        show(assistant, frame(second))
        rebuilds.append(sum(lane.dialogue.rebuilds for lane in assistant.lanes))
    first = rebuilds[0]
    assert [count - first for count in rebuilds] == [0, 0, 1, 2, 3, 3]
    assert all('Chunk 0.' in backbone.transcript(slot) for slot in range(3))


def test_an_answer_in_progress_is_not_disturbed(frame: Callable, show: Callable) -> None:
    assistant, backbone = watching(Past())
    for second in range(10):
        assistant.observe(frame(second))
    assistant.speak(3)
    assistant.observe(frame(10))
    assert 'Chunk' not in backbone.transcript(0)
    events = []
    while assistant.busy:
        events += assistant.speak(1)
    assert [event.text for event in events if isinstance(event, Answered)] == ['It boils.']
    show(assistant, frame(11))
    assert 'Chunk 0.\nkettle' in backbone.transcript(0)


def test_reading_again_for_the_words_takes_the_place_of_no_frame(
    frame: Callable, show: Callable
) -> None:
    assistant, backbone = watching(Past(), max_frames=100)
    for second in range(1, 10):
        show(assistant, frame(second))
    # Nine frames and an answer are read again in parts; the frame waits meanwhile.
    assert not [e for e in assistant.observe(frame(10)) if isinstance(e, Decided)]
    parts = backbone.passes.prefill
    events = []
    while assistant.busy:
        events += assistant.speak(1)
        assert backbone.passes.prefill - parts <= 1
        parts = backbone.passes.prefill
    assert [e.frame.stamp for e in events if isinstance(e, Decided)] == [frame(10).stamp]
