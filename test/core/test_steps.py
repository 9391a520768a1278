# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dialects through the assistant: steps of several frames, two states, where an answer ends."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from streamo_ros.backbone.scripted import CharacterTokenizer
from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialect import Dialect
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.eviction import EvictionPolicy
from streamo_ros.core.eviction.round_decay import RoundDecayPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish
from streamo_ros.core.speech import Speech

STANDBY = State.STANDBY


def watch(
    dialect: Dialect,
    script: Any,
    frames: int,
    rate: int = 1,
    policy: EvictionPolicy | None = None,
    capacity: int = 8192,
) -> tuple[Any, list[Any]]:
    """The backbone, and everything that happened."""
    backbone = ScriptedBackbone(script, lanes=1, capacity=capacity)
    backbone.prompt = PromptTokens(backbone.tokenizer, dialect=dialect)
    book = InstructionBook(1)
    book.add('watch')
    settings = AssistantSettings(limits=ContextLimits(max_new_tokens=16))
    assistant = Assistant(backbone, book, settings, policy)
    events: list[Any] = []
    for at in range(frames):
        start = Fraction(at, rate)
        tick = Tick(SECOND + round(start * SECOND), start, start + Fraction(1, rate), at, 1)
        events += assistant.observe(Frame(tick, np.zeros((30, 40, 3), np.uint8)))
        events += assistant.speak(100)
    return backbone, events


def test_the_frames_of_a_step_are_decided_once_with_the_last_of_them() -> None:
    dialect = replace(STREAMO, frames=4)
    backbone, events = watch(dialect, lambda *_: (State.SILENCE, ''), frames=10, rate=4)
    decided = [event for event in events if isinstance(event, Decided)]
    assert [event.frame.tick.index for event in decided] == [3, 7]
    assert [event.tag for event in decided] == ['<0.75s-1s>', '<1.75s-2s>']
    assert (backbone.passes.encode, backbone.passes.extend) == (10, 2)


def test_a_round_of_steps_of_several_frames_keeps_the_shape_of_a_step() -> None:
    dialect = replace(STREAMO, frames=2)
    backbone, events = watch(
        dialect, lambda *_: (State.SILENCE, ''), 80, 2, RoundDecayPolicy(), capacity=1500
    )
    decided = [event for event in events if isinstance(event, Decided)]
    assert [event.state for event in decided] == [State.SILENCE] * 40
    said = backbone.transcript(0)
    assert said.count('<|vision_start|>') == 2 * said.count('</Silence>')
    assert backbone.passes.prefill


def test_a_dialect_without_standby_never_decides_it() -> None:
    two = replace(STREAMO, states=replace(STREAMO.states, standby=''))
    _, events = watch(two, lambda *_: (STANDBY, ''), frames=3)
    decided = [event for event in events if isinstance(event, Decided)]
    assert len(decided) == 3
    assert all(event.state is not STANDBY for event in decided)
    assert all(event.probabilities[1] == 0 for event in decided)


def test_an_answer_ends_where_the_dialect_cuts_it() -> None:
    script = lambda *_: (State.RESPONSE, '\nIt boils.\nAnd more.')  # noqa: E731
    backbone, events = watch(replace(STREAMO, cut=('\n',)), script, frames=1)
    (answered,) = [event for event in events if isinstance(event, Answered)]
    assert (answered.text, answered.finish) == ('It boils.', Finish.STOP)
    assert 'And' not in backbone.tokenizer.text(backbone.rows[0])


@pytest.mark.parametrize('token', ['a', '.'])
def test_the_token_that_ends_an_answer_stays_in_the_dialogue(token: str) -> None:
    prompt = PromptTokens(CharacterTokenizer(), dialect=replace(STREAMO, ending=token))
    speech = Speech(prompt, 10)
    for letter in ('H', 'i', token):
        speech.on_token(ord(letter))
    assert (speech.text, speech.finish, speech.taken) == ('Hi', Finish.STOP, (ord(token),))
