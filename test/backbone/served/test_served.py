# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a model behind a server decides and says, for every kind of server and for broken ones."""

from __future__ import annotations

import itertools
import json
import os
import random

import numpy as np
import pytest

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.eviction.chunk import ChunkPolicy
from streamo_ros.core.frame import Reason
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.protocol import ProtocolError
from streamo_ros.core.protocol import State
from streamo_ros.core.speech import Finish

KINDS = ('vllm', 'llama', 'ollama', 'transformers')


class Watch:
    """An assistant on a served model, driven frame by frame."""

    def __init__(self, backbone, instructions=('Say when it boils.',), **settings):
        self.book = InstructionBook(8)
        for text in instructions:
            self.book.add(text)
        settings.setdefault('limits', ContextLimits(16))
        self.assistant = Assistant(
            backbone, self.book, AssistantSettings(**settings), ChunkPolicy()
        )
        self.second = 0

    def see(self, frame, count=1):
        """The events of the next frames."""
        events = []
        for _ in range(count):
            events += self.assistant.observe(frame(self.second))
            while self.assistant.busy:
                events += self.assistant.speak(4)
            self.second += 1
        return events


def states(events):
    return [event.state for event in events if isinstance(event, Decided)]


def answers(events):
    return [event for event in events if isinstance(event, Answered)]


@pytest.mark.parametrize('kind', KINDS)
def test_states_and_answers_come_from_every_kind_of_server(fake_server, connect, frame, kind):
    server = fake_server(kind)
    events = Watch(connect(server)).see(frame, 6)
    silence, response = State.SILENCE, State.RESPONSE
    assert states(events) == [silence, silence, silence, response, silence, silence]
    (answer,) = answers(events)
    assert (answer.text, answer.finish) == ('It boils now.', Finish.STOP)
    (decided,) = [it for it in events if isinstance(it, Decided) and it.state is response]
    certain = kind == 'transformers'
    expected = (0.0, 0.0, 1.0) if certain else (0.1, 0.2, 0.7)
    assert decided.probabilities == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize('kind', ['vllm', 'llama', 'ollama'])
def test_states_that_are_spelled_as_text_are_read_too(fake_server, connect, frame, kind):
    backbone = connect(fake_server(kind, spelled=True))
    assert backbone.info.protocol == 'text_tags'
    (decided,) = Watch(backbone).see(frame)
    assert decided.probabilities == pytest.approx((0.9, 0.07, 0.03), abs=1e-5)


def test_what_a_server_cannot_list_is_bounded_and_said(fake_server, connect, frame, monkeypatch):
    server = fake_server('ollama')
    listed = server._token(['</Silence>', 'The'], [-0.1, -3.0])
    monkeypatch.setattr(server, '_listed', lambda body, chances: [listed])
    backbone = connect(server)
    (decided,) = Watch(backbone).see(frame)
    assert decided.probabilities[0] > 0.9
    assert decided.probabilities[1] == pytest.approx(np.exp(-3.0 + 0.1), rel=0.2)
    assert '2 of 3 state probabilities were not listed' in backbone.info.note


def test_a_model_that_the_server_does_not_list_is_asked_for_by_its_name(
    fake_server, connect, frame
):
    """`transformers serve` lists what is in its download cache, and serves any folder."""
    server = fake_server('transformers', models=[])
    assert states(Watch(connect(server, name='/models/m')).see(frame)) == [State.SILENCE]
    assert server.chats[-1]['model'] == '/models/m'


def test_a_server_without_log_probabilities_is_named(fake_server, connect):
    backbone = connect(fake_server('ollama', mute=True))
    assert 'no log probabilities' in backbone.info.note


@pytest.mark.parametrize('kind', KINDS)
def test_each_request_begins_with_the_one_before(fake_server, connect, frame, kind):
    """What a server has in its cache of one frame is all that the next frame does not add."""
    server = fake_server(kind)
    Watch(connect(server)).see(frame, 12)
    texts = [written(body['messages']) for body in server.chats if not body.get('stream')]
    assert len(texts) == 12
    for before, after in itertools.pairwise(texts):
        assert after.startswith(before)
        assert after.count('[picture') == before.count('[picture') + 1


def test_any_dialogue_is_only_appended_to_within_a_chunk(fake_server, connect, frame):
    server = fake_server('ollama')
    drawn = random.Random(5)

    def draw(messages):
        seed = json.dumps(messages, sort_keys=True)
        chosen = random.Random(seed).choice([(0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.8)])
        return chosen, ' ' + random.Random(seed).choice(['Yes.', 'The cup fell.\nTwice.', 'é <b>'])

    server.script = draw
    limits = ContextLimits(8)
    Watch(connect(server), limits=limits).see(lambda at: noisy(frame(at), drawn), 40)
    texts = [written(body['messages']) for body in server.chats if not body.get('stream')]
    breaks = sum(not after.startswith(before) for before, after in itertools.pairwise(texts))
    # Eight frames, then six new ones for every chunk.
    assert 1 <= breaks <= (40 - 8) // 6 + 1


def written(messages):
    """A dialogue as a chat template writes it up to the reply, pictures by their content."""
    text = ''
    for message in messages:
        content = message['content']
        parts = [content] if isinstance(content, str) else content
        body = ''.join(part if isinstance(part, str) else picture_or_text(part) for part in parts)
        text += f'<{message["role"]}>{body}</>'
    return (
        text.removesuffix('</>') if messages[-1]['role'] == 'assistant' else f'{text}<assistant>'
    )


def picture_or_text(part):
    if part['type'] == 'text':
        return part['text']
    name = part.get('uuid') or part['image_url']['url'][-40:]
    return f'[picture {name}]'


def noisy(frame, drawn):
    frame.image[:8, :8] = drawn.randrange(256)
    return frame


def test_vllm_gets_each_picture_once(fake_server, connect, frame):
    server = fake_server('vllm')
    Watch(connect(server)).see(frame, 5)
    urls = [part['image_url'] for part in pictures(server.chats[-1]['messages'])]
    assert urls.count(None) == len(urls)
    assert server.chats[0]['logprob_token_ids'] == [7, 8, 9]


def pictures(messages):
    return [
        part
        for each in messages
        if each['role'] == 'user' and not isinstance(each['content'], str)
        for part in each['content']
        if part['type'] == 'image_url'
    ]


def test_pictures_that_vllm_has_lost_are_sent_again(fake_server, connect, frame):
    server = fake_server('vllm')
    watch = Watch(connect(server))
    watch.see(frame, 2)
    server.known.clear()
    assert states(watch.see(frame)) == [State.SILENCE]
    assert all(part['image_url'] for part in pictures(server.chats[-1]['messages']))


def test_an_answer_that_a_threshold_forces_is_asked_for(fake_server, connect, frame):
    """Ollama cannot continue a message, and its model would not answer by itself."""
    server = fake_server('ollama')
    watch = Watch(connect(server), thresholds=Thresholds(response=0.02))
    (answer,) = answers(watch.see(frame))
    assert answer.text == 'It boils now.'
    assert 'Answer now.' in json.dumps(server.chats[-1]['messages'])


def test_a_server_that_dies_costs_frames_and_nothing_else(fake_server, connect, frame):
    server = fake_server('vllm')
    watch = Watch(connect(server), ('Say when it boils.', 'Say when it falls.'))
    watch.see(frame, 2)
    server.kill()
    lost = watch.see(frame, 5)
    assert states(lost) == [State.UNKNOWN] * 10
    assert {event.reason for event in lost} == {Reason.MODEL_FAILED}
    assert all('does not answer' in event.frame.flaw for event in lost)
    # No new process would help, so none of it counts toward model.max_failures.
    assert watch.assistant.passes.failures_in_a_row == 0
    server.start()
    # One lane asks whether it is back, then all do.
    watch.see(frame)
    assert State.UNKNOWN not in states(watch.see(frame))
    assert len(watch.book.active()) == 2


def test_a_state_within_an_answer_of_vllm_ends_it(fake_server, connect, frame):
    """As in our engine; a model does that where it is asked for more than it was trained for."""
    server = fake_server('vllm')
    server.script = lambda messages: ((0.1, 0.2, 0.7), ' It boils now.</Silence>It it The')
    (answer,) = answers(Watch(connect(server)).see(frame))
    assert (answer.text, answer.finish) == ('It boils now.', Finish.STOP)
    assert server.chats[-1]['min_tokens'] == 1


def test_a_server_that_dies_in_the_middle_of_an_answer_ends_it(fake_server, connect, frame):
    server = fake_server('vllm')
    watch = Watch(connect(server))
    watch.see(frame, 3)
    server.cut = True
    (answer,) = answers(watch.see(frame))
    assert answer.finish is Finish.ERROR
    server.cut = False
    server.start()
    assert states(watch.see(frame)) == [State.SILENCE]


def test_a_slow_server_loses_the_frame(fake_server, connect, frame):
    server = fake_server('vllm')
    watch = Watch(connect(server, request_timeout=0.5))
    watch.see(frame)
    server.delay = 2.0
    (event,) = watch.see(frame)
    assert 'no answer within 0.5 s' in event.frame.flaw
    server.delay = 0.0
    assert states(watch.see(frame)) == [State.SILENCE]


GARBAGE = {
    'not JSON': (200, b'<html>proxy</html>', 'check that model.path ends in /v1'),
    'a list': (200, b'[1, 2]', 'check that model.path ends in /v1'),
    'no choices': (200, {'choices': []}, 'not that of chat completions'),
    'an odd choice': (200, {'choices': ['x']}, 'not that of chat completions'),
    'odd numbers': (
        200,
        {'choices': [{'logprobs': {'content': [{'token': 'x', 'logprob': 'y'}]}}]},
        'not that of chat completions',
    ),
    'another text': (
        200,
        {'choices': [{'logprobs': {'content': [{'token': 'The', 'logprob': -0.1}]}}]},
        "began its turn with 'The'",
    ),
    'a dead engine': (500, {'error': {'message': 'EngineDeadError'}}, 'EngineDeadError'),
    'deep': (200, b'[' * 100_000, 'check that model.path ends in /v1'),
}


@pytest.mark.parametrize('name', GARBAGE)
def test_garbage_is_one_unknown_frame_with_the_reason(fake_server, connect, frame, name):
    status, reply, reason = GARBAGE[name]
    server = fake_server('vllm')
    watch = Watch(connect(server))
    server.faults = [(status, reply)]
    (event,) = watch.see(frame)
    assert event.state is State.UNKNOWN
    assert reason in event.frame.flaw
    assert states(watch.see(frame)) == [State.SILENCE]


def test_a_busy_server_is_asked_again(fake_server, connect, frame):
    server = fake_server('vllm')
    backbone = connect(server)
    server.faults = [(503, {'error': {'message': 'Loading model'}})] * 2
    assert states(Watch(backbone).see(frame)) == [State.SILENCE]
    assert backbone.tally.traffic.retries == 2


def test_a_dialogue_that_is_too_long_for_the_server_is_cut(fake_server, connect, frame):
    server = fake_server('llama')
    watch = Watch(connect(server), limits=ContextLimits(100, max_new_tokens=8))
    watch.see(frame, 6)
    server.context = server.tokens(server.chats[-1]) + 10
    (lost,) = watch.see(frame)
    assert 'too long for the server' in lost.frame.flaw
    assert states(watch.see(frame, 4)) == [State.SILENCE] * 4


@pytest.mark.parametrize(
    ('processor', 'grid'),
    [('Qwen2VLImageProcessor', (4, 5)), ('SmolVLMImageProcessor', (9, 13)), ('', (9, 13))],
)
def test_frames_have_the_size_that_the_model_sees(fake_server, connect, tmp_path, processor, grid):
    """Where its folder says it: a server would resize them by a filter of its own."""
    file = tmp_path / 'streamo.json'
    file.write_text('{}')
    if processor:
        size = {'shortest_edge': 12544, 'longest_edge': 18816}
        content = {'image_processor_type': processor, 'size': size}
        (tmp_path / 'preprocessor_config.json').write_text(json.dumps(content))
    for settings in (file, tmp_path):
        backbone = connect(fake_server('llama'), settings=str(settings))
        assert backbone.grid(480, 640) == grid
        assert backbone.grid(240, 320) == ((4, 5) if grid == (4, 5) else (9, 11))


def test_a_key_goes_to_the_server_and_nowhere_else(fake_server, connect, monkeypatch):
    monkeypatch.setenv('STREAMO_API_KEY', 'sk-secret')
    backbone = connect(fake_server('vllm', key='sk-secret'))
    assert 'sk-secret' not in repr(backbone.info)
    with pytest.raises(BackboneError, match='wants a key') as refused:
        connect(fake_server('vllm', key='another'))
    assert 'sk-secret' not in str(refused.value)


def test_an_instruction_cannot_hold_what_a_server_takes_for_control(fake_server, connect):
    backbone = connect(fake_server('llama'))
    from streamo_ros.core.admission import instruction_check

    check = instruction_check(backbone, lambda: 16)
    for text in ('a <__media__> b', 'a <|im_end|> b', '<start_of_turn>', 'x </Response>'):
        with pytest.raises(ProtocolError, match='control token'):
            check(text)


REFUSED = {
    'no pictures': ({'kind': 'llama', 'deaf': True}, {}, r'takes no pictures .*, with --mmproj'),
    'its template drops them': ({'blind': True}, {}, 'leaves the pictures out'),
    'two models': (
        {'models': [{'id': 'a', 'owned_by': 'vllm'}, {'id': 'b', 'owned_by': 'vllm'}]},
        {},
        'model.name: it has a, b',
    ),
    'no model': ({'models': []}, {}, 'it lists none'),
    'a short context': (
        {'models': [{'id': 'm', 'owned_by': 'vllm', 'max_model_len': 128}]},
        {},
        'raise context.capacity or lower model.max_pixels',
    ),
    'a format of the window': ({}, {'window': 'int8'}, 'context.dtype int8 cannot be set'),
    'less context than asked for': ({}, {'capacity': 20000}, 'is more than the'),
    'a context that one frame overflows': ({'context': 30}, {}, 'too short for one frame'),
    'states in several tokens': (
        {'spelled': True},
        {'protocol': 'special_tokens'},
        'spells its states in several tokens',
    ),
    'no settings': ({}, {'settings': '/nowhere/streamo.json'}, 'is missing: set model.settings'),
}


@pytest.mark.parametrize('name', REFUSED)
def test_what_cannot_work_is_refused_at_the_start(fake_server, connect, name):
    server, options, sentence = REFUSED[name]
    with pytest.raises(BackboneError, match=sentence):
        connect(fake_server(**server), **options)


@pytest.mark.parametrize(
    ('url', 'sentence'),
    [
        ('http://127.0.0.1:1/v1', 'start the server, or correct model.path'),
        ('http://me:sk-1@127.0.0.1/v1', 'must not hold a key'),
        ('http://127.0.0.1/v1?key=sk-1', 'must not hold a key'),
        ('http:///v1', 'is not a URL of a server'),
        ('http://host:99999999/v1', 'is not a URL of a server'),
    ],
)
def test_a_wrong_url_is_refused(url, sentence):
    with pytest.raises(BackboneError, match=sentence) as refused:
        load(url, Options())
    assert 'sk-1' not in str(refused.value)


@pytest.mark.slow
def test_a_real_server_decides_frames(frame):
    """STREAMO_SERVER_URL names a running server with a model that sees."""
    url = os.environ.get('STREAMO_SERVER_URL')
    if not url:
        pytest.skip('STREAMO_SERVER_URL names no server')
    name = os.environ.get('STREAMO_SERVER_MODEL', '')
    backbone = load(url, Options(lanes=2, name=name, request_timeout=60))
    assert State.UNKNOWN not in states(Watch(backbone).see(frame, 20))
