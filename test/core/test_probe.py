# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A question about the past in a lane of its own, and the live lanes that must not notice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import SECOND
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.past_frame import PastFrame
from streamo_ros.core.probe import Probe
from streamo_ros.core.protocol import State
from streamo_ros.share import share_path


def script(instruction: str, second: float) -> tuple[State, str]:
    if 'never' in instruction:
        return State.SILENCE, ''
    return State.RESPONSE, 'It boiled.'


def picture(shade: int = 90) -> np.ndarray:
    return np.full((48, 64, 3), shade, np.uint8)


def past(*seconds: int, gone: tuple[int, ...] = ()) -> list[PastFrame]:
    return [
        PastFrame(second * SECOND, (lambda: None) if second in gone else picture)
        for second in seconds
    ]


def run(probe: Probe, budget: int = 4) -> int:
    pieces = 0
    while not probe.done:
        probe.advance(budget)
        pieces += 1
        assert pieces < 1000
    return pieces


def test_a_probe_sees_every_frame_at_its_own_time_and_answers() -> None:
    backbone = ScriptedBackbone(script, lanes=1)
    seen: list[str] = []
    probe = Probe(
        backbone,
        'Did it boil?',
        past(100, 160, 7300),
        1.0,
        AssistantSettings(),
        lambda: seen.append(backbone.transcript(0) if backbone.rows else ''),
    )
    run(probe)
    assert (probe.text, probe.shown) == ('It boiled.', [100 * SECOND, 160 * SECOND, 7300 * SECOND])
    assert probe.probability > 0.9
    whole = max(seen, key=len)
    assert all(tag in whole for tag in ('<0s-1s>', '<60s-61s>', '<7200s-7201s>'))
    assert whole.count('</Silence>') == 2
    assert not backbone.rows


def test_where_the_model_decides_no_response_there_is_no_answer() -> None:
    backbone = ScriptedBackbone(script, lanes=1)
    probe = Probe(backbone, 'never', past(1, 2), 1.0, AssistantSettings())
    run(probe)
    assert (probe.text, probe.failure, len(probe.shown)) == ('', '', 2)
    assert backbone.passes.decode == 0
    assert not backbone.rows


def test_an_answer_without_a_word_is_none_and_ends() -> None:
    backbone = ScriptedBackbone(lambda _, __: (State.RESPONSE, ''), lanes=1)
    probe = Probe(backbone, 'q', past(1, 2), 1.0, AssistantSettings())
    run(probe)
    assert (probe.text, probe.failure) == ('', '')
    assert not backbone.rows


def test_pieces_are_small() -> None:
    backbone = ScriptedBackbone(script, lanes=1)
    probe = Probe(backbone, 'Did it boil?', past(*range(8)), 1.0, AssistantSettings())
    last = (0, 0, 0)
    while not probe.done:
        probe.advance(2)
        now = (backbone.passes.encode, backbone.passes.extend, backbone.passes.decode)
        encode, extend, decode = (new - old for new, old in zip(now, last, strict=True))
        assert (encode, extend, decode) <= (1, 1, 2)
        assert not (extend and decode)
        last = now


def test_a_picture_that_is_gone_is_left_out_and_the_newest_one_is_a_failure() -> None:
    probe = Probe(
        ScriptedBackbone(script, lanes=1), 'q', past(1, 2, 3, gone=(2,)), 1.0, AssistantSettings()
    )
    run(probe)
    assert probe.shown == [SECOND, 3 * SECOND]
    backbone = ScriptedBackbone(script, lanes=1)
    probe = Probe(backbone, 'q', past(1, 2, gone=(2,)), 1.0, AssistantSettings())
    run(probe)
    assert 'gone' in probe.failure
    assert not backbone.rows


def test_only_as_many_frames_as_fit_are_shown() -> None:
    limits = ContextLimits(max_new_tokens=16)
    backbone = ScriptedBackbone(script, lanes=1, capacity=500)
    probe = Probe(backbone, 'q', past(*range(64)), 1.0, AssistantSettings(limits=limits))
    run(probe)
    assert not probe.failure
    assert 2 <= len(probe.shown) < 10
    assert (probe.shown[0], probe.shown[-1]) == (0, 63 * SECOND)


def test_a_canceled_probe_ends_at_its_next_piece() -> None:
    backbone = ScriptedBackbone(script, lanes=1)
    probe = Probe(backbone, 'q', past(1, 2, 3), 1.0, AssistantSettings())
    for _ in range(2):
        probe.advance(4)
    probe.canceled = True
    probe.advance(4)
    assert probe.done
    assert not backbone.rows


def test_without_a_free_slot_it_fails_in_a_sentence() -> None:
    backbone = ScriptedBackbone(script, lanes=1)
    backbone.open()
    probe = Probe(backbone, 'q', past(1), 1.0, AssistantSettings())
    run(probe)
    assert 'all 1 lanes are taken' in probe.failure


def test_a_summary_is_written_whatever_is_decided_and_says_where_it_was_cut() -> None:
    settings = AssistantSettings(limits=ContextLimits(max_new_tokens=5))

    def silent(instruction: str, second: float) -> tuple[State, str]:
        return State.SILENCE, 'It boiled.'

    backbone = ScriptedBackbone(silent, lanes=1)
    probe = Probe(backbone, 'q', past(1, 2), 1.0, settings, must_answer=True)
    run(probe)
    assert (probe.text, probe.cut, probe.failure) == ('It bo', True, '')
    assert probe.probability < 0.1
    whole = Probe(backbone, 'q', past(1, 2), 1.0, AssistantSettings(), must_answer=True)
    run(whole)
    assert (whole.text, whole.cut) == ('It boiled.', False)


def test_one_that_gives_way_gives_its_slot_back_and_begins_anew() -> None:
    backbone = ScriptedBackbone(script, lanes=1)
    summary = Probe(backbone, 'Did it boil?', past(1, 2, 3), 1.0, AssistantSettings())
    for _ in range(5):
        summary.advance(2)
    assert summary.text
    summary.start_over()
    assert not backbone.rows
    question = Probe(backbone, 'never', past(9), 1.0, AssistantSettings())
    run(question)
    assert not question.failure
    run(summary)
    assert (summary.text, summary.shown) == ('It boiled.', [1 * SECOND, 2 * SECOND, 3 * SECOND])


def watch(backbone: Backbone, frame: Callable, asked: str) -> list:
    """Decisions and answers of two instructions, with questions or summaries between frames."""
    book = InstructionBook(2)
    settings = AssistantSettings(limits=ContextLimits(max_frames=6, max_new_tokens=8))
    assistant = Assistant(backbone, book, settings)
    for text in ('Tell me when the ball is red.', 'How many balls are there?'):
        book.add(text)
    heard = []
    random = np.random.default_rng(3)
    probe = None
    for second in range(14):
        image = random.integers(0, 255, (96, 128, 3), np.uint8)
        one = frame(second)
        events = assistant.observe(type(one)(one.tick, image))
        while assistant.busy:
            events += assistant.speak(2)
            if probe is not None and not probe.done:
                probe.advance(1)
        if asked and second % 5 == 4:
            frames, must = past(1, 9, 400, 4000), asked == 'summary'
            probe = Probe(backbone, 'What was there?', frames, 1.0, settings, must_answer=must)
        for _ in range(3):
            if probe is not None and not probe.done:
                probe.advance(2)
        for event in events:
            if isinstance(event, Decided):
                heard.append((event.instruction_id, event.state, event.probabilities, event.tag))
            elif isinstance(event, Answered):
                heard.append((event.instruction_id, event.text, event.probability))
    if asked:
        assert probe is not None
        assert probe.shown
        assert probe.text or asked == 'question'
    return heard


@pytest.mark.parametrize(('lanes', 'asked'), [(2, 'question'), (3, 'question'), (3, 'summary')])
def test_live_lanes_are_the_same_bit_for_bit_with_questions_and_without(
    frame: Callable, lanes: int, asked: str
) -> None:
    options = Options(device='cpu', lanes=3, frames=6)
    model = share_path('models', 'streamo-tiny')
    without = watch(load(model, Options(device='cpu', lanes=lanes, frames=6)), frame, '')
    assert watch(load(model, options), frame, asked) == without
    assert len(without) >= 28
