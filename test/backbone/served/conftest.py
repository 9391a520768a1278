# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A server that answers as vLLM, llama.cpp, Ollama or `transformers serve` do, by a script.

The forms of requests, replies and refusals were recorded from the real ones; the states and
answers come from a function of the dialogue, and faults can be switched on.
"""

from __future__ import annotations

import contextlib
import json
import math
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer

import numpy as np
import pytest

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.served import circuit

TAGS = ('</Silence>', '</Standby>', '</Response>')
IDS = (7, 8, 9)
MODELS = {
    'vllm': {'owned_by': 'vllm', 'root': '/models/m', 'parent': None, 'max_model_len': 16384},
    'llama': {'owned_by': 'llamacpp', 'meta': {'n_vocab': 2072, 'n_ctx_train': 32768}},
    'ollama': {'owned_by': 'library'},
    'transformers': {'owned_by': 'Qwen'},
}
OF_OPENAI = {
    *('model', 'messages', 'max_tokens', 'temperature', 'seed', 'top_p', 'stream'),
    *('logprobs', 'top_logprobs'),
}
FRAME_TOKENS = 20


def script(messages):
    """Silence until the fourth frame, which is answered; then silence again."""
    frames = sum(part['type'] == 'image_url' for part in parts_of(messages))
    return ((0.9, 0.07, 0.03) if frames != 4 else (0.1, 0.2, 0.7)), ' It boils now.'


def parts_of(messages):
    """Text and pictures of the user; a message without pictures is a plain text."""
    contents = [each['content'] for each in messages if each['role'] == 'user']
    lists = [[{'type': 'text', 'text': it}] if isinstance(it, str) else it for it in contents]
    return [part for content in lists for part in content]


def of_pictures(content):
    """Whether a list of parts has a picture among them; texts need none."""
    return isinstance(content, str) or any(part['type'] == 'image_url' for part in content)


class FakeServer:
    """One server on a port that it keeps when it is started again."""

    def __init__(self, kind='vllm'):
        self.kind, self.script = kind, script
        self.requests, self.headers, self.known = [], [], set()
        self.models = [{'id': 'm', 'object': 'model', 'created': 1, **MODELS[kind]}]
        self.faults, self.context, self.port = [], 10**6, 0
        self.spelled = self.deaf = self.blind = self.mute = self.cut = False
        self.delay, self.key = 0.0, ''

    def start(self):
        fake = self
        handler = type('Fake', (Handler,), {'fake': fake})
        self._http = ThreadingHTTPServer(('127.0.0.1', self.port), handler)
        self._http.daemon_threads = True
        self.port = self._http.server_port
        self.url = f'http://127.0.0.1:{self.port}/v1'
        self.connections = []
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def kill(self):
        """As kill -9 does: the port is closed, and connections break."""
        self._http.shutdown()
        self._http.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.known.clear()

    @property
    def chats(self):
        """The dialogues that were asked about, without those of the trial at the start."""
        chats = [body for body in self.requests if 'messages' in body]
        return [body for body in chats if 'something happens' not in json.dumps(body['messages'])]

    def answer(self, path, body):
        """Status and reply of a request."""
        if self.faults:
            return self.faults.pop(0)
        if path.endswith('/models'):
            return 200, {'object': 'list', 'data': self.models}
        if path == '/version':
            return 200, {'version': '0.32.0'}
        if path == '/props' and self.kind == 'llama':
            settings = {'n_ctx': 16384}
            return 200, {'default_generation_settings': settings, 'total_slots': 4}
        if path == '/tokenize' and self.kind in ('vllm', 'llama'):
            text = body.get('prompt') or body['content']
            one = not self.spelled and text in TAGS
            return 200, {'tokens': [IDS[TAGS.index(text)]] if one else [90, 91, 92]}
        if path.endswith('/chat/completions'):
            return self._chat(body)
        return 404, {'detail': 'Not Found'}

    def _chat(self, body):
        if self.kind == 'transformers' and (unknown := set(body) - OF_OPENAI):
            return 422, {'detail': f'Unexpected fields in the request: {unknown}'}
        contents = [each['content'] for each in body['messages'] if each['role'] == 'user']
        if self.kind == 'llama' and any(it and not of_pictures(it) for it in contents):
            # What it says where it takes a chat template for one of plain texts.
            sentence = '[json.exception.type_error.302] type must be string, but is array'
            return 400, {'error': {'code': 400, 'message': sentence}}
        pictures = [part for part in parts_of(body['messages']) if part['type'] == 'image_url']
        if pictures and self.deaf:
            sentence = 'image input is not supported - hint: you may need to provide the mmproj'
            return 500, {'error': {'code': 500, 'message': sentence, 'type': 'server_error'}}
        for part in pictures:
            if part['image_url'] is None and part['uuid'] not in self.known:
                sentence = 'Cache miss for image at index 0 but data is not provided.'
                return 400, {'error': {'message': sentence, 'type': 'BadRequestError'}}
            self.known.add(part.get('uuid'))
        used = self.tokens(body)
        if used > self.context:
            return 400, {'error': self._too_long(used)}
        return 200, self._completion(body, used)

    def _too_long(self, used):
        if self.kind == 'llama':
            return {
                'code': 400,
                'message': f'request ({used} tokens) exceeds the available context size',
                'type': 'exceed_context_size_error',
                'n_prompt_tokens': used,
                'n_ctx': self.context,
            }
        sentence = (
            f"Input length ({used}) exceeds model's maximum context length ({self.context})."
        )
        return {'message': sentence, 'type': 'BadRequestError', 'param': None, 'code': 400}

    def tokens(self, body):
        texts = [str(each['content']) for each in body['messages'] if each['role'] != 'user']
        texts += [part['text'] for part in parts_of(body['messages']) if part['type'] == 'text']
        pictures = sum(part['type'] == 'image_url' for part in parts_of(body['messages']))
        return sum(map(len, texts)) // 4 + (0 if self.blind else FRAME_TOKENS * pictures)

    def _completion(self, body, used):
        chances, _ = self.script(body['messages'])
        chosen = int(np.argmax(chances))
        shown = '' if self.kind == 'llama' and not self.spelled else TAGS[chosen]
        message = {'role': 'assistant', 'content': shown}
        choice = {'index': 0, 'message': message, 'finish_reason': 'length'}
        if body.get('logprobs') and not self.mute and self.kind != 'transformers':
            choice['logprobs'] = {'content': self._listed(body, chances)}
        usage = {'prompt_tokens': used, 'completion_tokens': 1, 'total_tokens': used + 1}
        reply = {'id': 'chatcmpl-1', 'object': 'chat.completion', 'created': 1, 'model': 'm'}
        if self.kind == 'vllm':
            usage['prompt_tokens_details'] = {'cached_tokens': used // 2}
        if self.kind == 'llama':
            reply['timings'] = {'cache_n': used // 2, 'prompt_n': used - used // 2}
        return {**reply, 'choices': [choice], 'usage': usage}

    def _listed(self, body, chances):
        logs = [math.log(chance) for chance in chances]
        if body.get('logprob_token_ids'):
            return [self._token([f'token_id:{number}' for number in IDS], logs)]
        if self.kind == 'llama' and not self.spelled:
            return [self._control_token(logs)]
        if not self.spelled:
            return [self._token(TAGS, logs)]
        # Spelled: "</" may be forced; then "Silence", or "Stand" and "by", or "Response".
        names = self._token(['Silence', 'Stand', 'Response'], logs)
        tail = self._token(['>'], [0.0])
        started = body['messages'][-1]['role'] == 'assistant'
        first = [] if started else [self._token(['</', 'The'], [math.log(0.9), math.log(0.05)])]
        return [*first, names, tail][: body['max_tokens']]

    def _token(self, texts, logs):
        listed = [
            {'token': text, 'logprob': log, 'bytes': list(text.encode())}
            for text, log in zip(texts, logs, strict=True)
        ]
        best = max(listed, key=lambda token: token['logprob'])
        return {**best, 'top_logprobs': listed}

    @staticmethod
    def _control_token(logs):
        """As llama.cpp lists control tokens: by their ids, without a text."""
        listed = [
            {'id': number, 'token': '', 'bytes': [], 'logprob': log}
            for number, log in zip(IDS, logs, strict=True)
        ]
        listed.append({'id': 34, 'token': '9', 'bytes': [57], 'logprob': -13.2})
        best = max(listed, key=lambda token: token['logprob'])
        return {**best, 'top_logprobs': sorted(listed, key=lambda it: -it['logprob'])}

    def events(self, body):
        """The pieces of an answer, with its state where the server has not been given one."""
        _, text = self.script(body['messages'])
        if body['messages'][-1]['role'] != 'assistant':
            text = TAGS[2] + text
        if self.kind == 'vllm':
            text = self._stopped(body, text)
        yield from ([text[:4], text[4:12], text[12:]] if len(text) > 12 else [text])

    @staticmethod
    def _stopped(body, text):
        """As vLLM does with control tokens: those that stop end the text, others are left out."""
        for number, tag in zip(IDS, TAGS, strict=True):
            if number in body.get('stop_token_ids', ()):
                text = text.partition(tag)[0]
            text = text.replace(tag, '')
        return text


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    fake: FakeServer

    def do_GET(self):
        self._handle({})

    def do_POST(self):
        self._handle(json.loads(self.rfile.read(int(self.headers['Content-Length']))))

    def _handle(self, body):
        fake = self.fake
        fake.connections.append(self.connection)
        fake.requests.append(body)
        fake.headers.append(dict(self.headers))
        time.sleep(fake.delay if 'messages' in body else 0.0)
        if fake.key and self.headers.get('Authorization') != f'Bearer {fake.key}':
            sentence = f'Incorrect API key provided: {self.headers.get("Authorization")}'
            self._answer(401, {'error': {'message': sentence, 'code': 401}})
            return
        status, reply = fake.answer(self.path, body)
        if status == 200 and body.get('stream'):
            self._stream(body)
        else:
            self._answer(status, reply)

    def _answer(self, status, reply):
        content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(status)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, body):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Connection', 'close')
        self.end_headers()
        self.wfile.write(b': ping\n\n')
        self._event({'role': 'assistant'}, None)
        for piece in self.fake.events(body):
            self._event({'content': piece}, None)
            if self.fake.cut:
                self.fake.kill()
                return
        self._event({}, 'stop')
        self.wfile.write(b'data: [DONE]\n\n')
        self.close_connection = True

    def _event(self, delta, finish):
        choice = {'index': 0, 'delta': delta, 'finish_reason': finish}
        event = {'object': 'chat.completion.chunk', 'model': 'm', 'choices': [choice]}
        self.wfile.write(b'data: ' + json.dumps(event).encode() + b'\n\n')

    def log_message(self, *_):
        pass


@pytest.fixture
def fake_server():
    """Starts fake servers of a kind."""
    servers = []

    def start(kind='vllm', **faults):
        server = FakeServer(kind)
        for name, value in faults.items():
            setattr(server, name, value)
        servers.append(server.start())
        return server

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def connect(monkeypatch):
    """Loads the model of a server; a dead one is asked again without a pause."""
    monkeypatch.setattr(circuit, 'FIRST_PAUSE', 0.0)

    def run(server, **options):
        return load(server.url, Options(lanes=options.pop('lanes', 2), **options))

    return run
