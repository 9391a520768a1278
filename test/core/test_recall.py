# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""After a restart a lane begins with what was said before it."""

from __future__ import annotations

from collections.abc import Callable

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import State


def watching(said: list[tuple[int, str]], capacity: int = 8192) -> tuple:
    backbone = ScriptedBackbone(lambda *_: (State.SILENCE, ''), lanes=1, capacity=capacity)
    book = InstructionBook(1)
    book.add('kettle')
    assistant = Assistant(backbone, book, restored=lambda key: said if key == 1 else [])
    return assistant, backbone


def test_the_dialogue_goes_on_with_the_seconds_between(frame: Callable) -> None:
    now = frame(7).stamp
    assistant, backbone = watching([(now - 30 * SECOND, 'It boils.'), (now - SECOND, 'Again.')])
    (decided,) = assistant.observe(frame(7))
    assert decided.state is State.SILENCE
    assert decided.tag == '<30s-31s>'
    assert decided.time_origin == now - 30 * SECOND
    said = backbone.transcript(0)
    assert 'kettle\n<0s-1s>\n' in said
    assert '</Response>It boils.<|im_end|>' in said
    assert '<29s-30s>\n' in said
    assert said.index('Again.') < said.index('<30s-31s>')
    assert assistant.observe(frame(8))[0].tag == '<31s-32s>'


def test_what_is_too_old_or_yet_to_come_is_not_recalled(frame: Callable) -> None:
    now = frame(7).stamp
    assistant, backbone = watching([(now - 7200 * SECOND, 'old'), (now + SECOND, 'future')])
    assert assistant.observe(frame(7))[0].tag == '<0s-1s>'
    assert 'old' not in backbone.transcript(0)
    assert 'future' not in backbone.transcript(0)


def test_what_does_not_fit_is_let_go(frame: Callable) -> None:
    assistant, backbone = watching([(frame(1).stamp, 'x' * 900)], capacity=700)
    (decided,) = assistant.observe(frame(7))
    assert decided.state is State.SILENCE
    assert 'xxx' not in backbone.transcript(0)
