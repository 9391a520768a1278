# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A gate that decides when, in front of a model that says what."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.gate import with_gate
from streamo_ros.backbone.gate.gated import GatedBackbone
from streamo_ros.backbone.gate.on_demand import OnDemandBackbone
from streamo_ros.backbone.gate.protocol_gate import ProtocolGate
from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.activation import Look
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import State

S, T, R, U = State.SILENCE, State.STANDBY, State.RESPONSE, State.UNKNOWN


class ScoredGate:
    """A gate whose scores are given, by question and frame."""

    name, identity = 'scored', 'scored:1'

    def __init__(self, scores):
        self.scores, self.lanes, self.intervals, self.seen = scores, {}, [], 0
        self.said = []

    def open(self, question):
        lane = next(at for at in range(99) if at not in self.lanes)
        self.lanes[lane] = [question, 0]
        return lane

    def close(self, lane):
        del self.lanes[lane]

    def see(self, image):
        self.seen += 1
        return self.seen

    def score(self, looks):
        found = []
        for look in looks:
            question, at = self.lanes[look.lane]
            self.intervals.append(tuple(map(float, look.interval)))
            self.said.append(look.said)
            self.lanes[look.lane][1] += 1
            found.append(self.scores(question, at))
        return np.array(found, np.float32)


class Watch:
    """An assistant on a gated scripted model, driven frame by frame."""

    def __init__(self, scores, model=None, instructions=('the kettle',), **limits):
        # Left alone, the model would answer every frame.
        self.model = model or ScriptedBackbone(lambda text, at: (R, f'{text} at {at:g}'))
        self.gate = ScoredGate(scores)
        backbone = GatedBackbone(self.model, self.gate, 0.35)
        self.book = InstructionBook(8)
        for text in instructions:
            self.book.add(text)
        settings = AssistantSettings(
            Thresholds.for_model(backbone.info), limits=ContextLimits(**limits)
        )
        self.assistant = Assistant(backbone, self.book, settings)
        self.second = 0

    def see(self, frame, count=1):
        events = []
        for _ in range(count):
            events += self.assistant.observe(frame(self.second))
            while self.assistant.busy:
                events += self.assistant.speak(8)
            self.second += 1
        return events


def listed(*scores):
    return lambda question, at: scores[at] if at < len(scores) else 0.0


def states(events):
    return [event.state for event in events if isinstance(event, Decided)]


def answers(events):
    return [event.text for event in events if isinstance(event, Answered)]


def test_the_score_decides_and_the_model_says(frame):
    events = Watch(listed(0.0, 0.2, 0.34, 0.36, 0.1)).see(frame, 5)
    assert states(events) == [S, T, T, R, S]
    assert answers(events) == ['the kettle at 3']


def test_the_probabilities_are_the_score(frame):
    (event,) = Watch(listed(0.2)).see(frame)
    assert event.probabilities == pytest.approx((0.8, 0.0, 0.2), abs=1e-6)


def test_each_instruction_has_a_gate_of_its_own(frame):
    def scores(question, at):
        return 0.9 if (question, at) in {('a cup', 1), ('a door', 2)} else 0.0

    watch = Watch(scores, instructions=('a cup', 'a door'))
    events = watch.see(frame, 4)
    assert states(events) == [S, S, R, S, S, R, S, S]
    assert watch.gate.seen == 4
    watch.book.cancel(1)
    watch.see(frame)
    assert [question for question, _ in watch.gate.lanes.values()] == ['a door']


def test_a_gate_that_fails_costs_its_frame_alone(frame):
    watch = Watch(listed(0.0, float('nan'), 0.9))
    events = watch.see(frame, 3)
    assert states(events) == [S, U, R]
    assert events[1].reason is Reason.MODEL_FAILED
    # The frame that was not decided is in neither of the two.
    assert watch.model.transcript(0).count('s>\n') == 2


def test_the_gates_clock_goes_on_where_the_tags_restart(frame):
    watch = Watch(listed(), max_time=4.0)
    watch.see(frame, 12)
    starts = [start for start, _ in watch.gate.intervals]
    assert starts == sorted(set(starts))
    assert len(starts) == 12


def test_the_identity_has_the_gate():
    info = GatedBackbone(ScriptedBackbone(lambda *_: (S, '')), ScoredGate(listed()), 0.35).info
    assert (info.model_id, info.gate) == ('scripted:scripted+scored:1', 'scored')


def script(rule):
    return lambda text, at: (rule.get(at, S), f'{text} at {at:g}')


def test_a_checkpoint_of_the_protocol_can_be_a_gate(frame):
    gate = ProtocolGate(ScriptedBackbone(script({2.0: R, 4.0: T})))
    model = ScriptedBackbone(lambda text, at: (S, f'{text}!'))
    book = InstructionBook(1)
    book.add('a cup')
    backbone = GatedBackbone(model, gate, 0.35)
    settings = AssistantSettings(Thresholds.for_model(backbone.info))
    assistant = Assistant(backbone, book, settings)
    events = []
    for second in range(6):
        events += assistant.observe(frame(second))
        while assistant.busy:
            events += assistant.speak(8)
    assert states(events) == [S, S, R, S, S, S]
    assert answers(events) == ['a cup!']


def test_a_gate_of_the_protocol_remembers_what_was_said_and_what_was_not(frame):
    """Its dialogue is what the model's would be: also where it would itself have answered."""
    inner = ScriptedBackbone(script({1.0: R, 3.0: R}))
    gate = ProtocolGate(inner)
    lane = gate.open('a cup')
    for second, said in enumerate(('', '', 'It is full.', '', '')):
        look = Look(
            lane,
            gate.see(frame(second).image),
            (Fraction(second), Fraction(second + 1)),
            said,
        )
        gate.score([look])
    text = inner.transcript(0)
    assert text.count('</Response> It is full.<|im_end|>') == 1
    assert text.count('</Response>') == 1
    assert text.count('</Silence>') == 3


def test_the_gate_is_told_what_the_model_said(frame):
    watch = Watch(listed(0.0, 0.9, 0.0, 0.9))
    watch.see(frame, 5)
    assert watch.gate.said == ['', '', 'the kettle at 1', '', 'the kettle at 3']


class Counting(ScriptedBackbone):
    """Notes how long its prefills are."""

    def decode(self, requests, sampling):
        self.longest = max(
            [getattr(self, 'longest', 0), *(request.tokens for request in requests)]
        )
        return super().decode(requests, sampling)

    def _append(self, request):
        super()._append(request)
        self._answers.setdefault(request.slot, 'Now.')


def on_demand(scores, longest, **limits):
    model = Counting(lambda text, at: (S, ''), capacity=4000)
    return model, Watch(scores, OnDemandBackbone(model, 4000, longest), **limits)


def test_on_demand_the_model_reads_nothing_until_it_answers(frame):
    model, watch = on_demand(listed(0.0, 0.0, 0.0, 0.9), 2000)
    watch.see(frame, 3)
    assert model.passes.extend + model.passes.decode + model.passes.prefill == 0
    assert answers(watch.see(frame)) == ['Now.']
    transcript = []
    model.close = lambda slot: (transcript.append(model.transcript(slot)), model.rows.pop(slot))
    watch.see(frame)
    (text,) = transcript
    # One turn of the user with four frames, then the answer: no silent turn is in it.
    assert text.count('<|vision_start|>') == 4
    assert text.count('assistant') == 1
    assert '</Silence>' not in text
    assert [text.count(f'<{at}s-') for at in range(4)] == [1] * 4


def test_earlier_answers_are_read_again(frame):
    model, watch = on_demand(listed(0.0, 0.9, 0.0, 0.9), 2000)
    watch.see(frame, 3)
    texts = []
    model.close = lambda slot: (texts.append(model.transcript(slot)), model.rows.pop(slot))
    watch.see(frame, 2)
    assert texts[-1].count('</Response>') == 2
    assert 'Now.<|im_end|>' in texts[-1]


@pytest.mark.parametrize('longest', [200, 400])
def test_what_the_model_reads_stays_short_however_much_was_seen(frame, longest):
    model, watch = on_demand(listed(*[0.0] * 30, 0.9), longest, max_frames=100)
    assert answers(watch.see(frame, 32)) == ['Now.']
    assert longest - 60 <= model.longest <= longest


def test_a_length_that_holds_nothing_is_refused(frame):
    _, watch = on_demand(listed(0.9), 60)
    event, *_ = [it for it in watch.see(frame) if isinstance(it, Answered)]
    assert not event.text
    assert 'more than context.max_len 60' in watch.assistant.passes.last_failure
    with pytest.raises(BackboneError, match='leaves no room for an answer'):
        OnDemandBackbone(ScriptedBackbone(lambda *_: (S, ''), capacity=100), 1000, 100)


def test_only_the_model_is_sized_to_memory_and_the_gate_has_a_lane_for_each_of_its(write_script):
    path = str(write_script('- instruction: ""\n  say: []\n'))
    asked = []

    def note(path, options):
        asked.append((options.lanes, options.fewest))
        return load(path, options)

    with_gate(path, Options(gate=path, lanes=8, fewest=1), note)
    assert asked == [(8, 0), (8, 1)]


def test_a_wrong_alpha_is_refused(write_script):
    path = write_script('- instruction: ""\n  say: []\n')
    for alpha in (-0.1, 1.0, 1.5):
        with pytest.raises(BackboneError, match='a score lies between 0 and 1'):
            load(path, Options(gate=str(path), alpha=alpha))


def test_a_gate_that_is_not_there_is_refused(write_script, tmp_path):
    path = write_script('- instruction: ""\n  say: []\n')
    with pytest.raises(BackboneError, match='nowhere'):
        load(path, Options(gate=str(tmp_path / 'nowhere')))


def test_the_threshold_is_the_users_the_gates_or_the_published_one(write_script, monkeypatch):
    path = write_script('- instruction: ""\n  say: []\n')
    own = Options(gate=str(path))
    assert load(path, own).info.response_threshold == 0.35
    monkeypatch.setattr(ProtocolGate, 'threshold', 0.7)
    assert load(path, own).info.response_threshold == 0.7
    assert load(path, Options(gate=str(path), alpha=0.2)).info.response_threshold == 0.2
