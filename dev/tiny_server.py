#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An OpenAI-compatible server in one file that serves the embedded model: to try served models.

    python dev/tiny_server.py --port 8000
    streamo replay VIDEO --model http://127.0.0.1:8000/v1 --settings models/streamo-tiny -i '...'

It runs plain transformers over the whole dialogue of every request, so it also shows that what is
read over HTTP is what the model computes. It is for trying and testing; for robots use vLLM or
llama.cpp (docs/any_model.md).
"""

from __future__ import annotations

import argparse
import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer

from streamo_ros.backbone import Options
from streamo_ros.backbone.build import load_checkpoint
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.plain import PlainModel
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.protocol import ChatFormat
from streamo_ros.share import share_path

CHAT = ChatFormat()
CONTEXT = 16384


class TinyModel:
    """Plain transformers behind the chat interface. One thread at a time.

    Args:
        folder: of the checkpoint.
    """

    def __init__(self, folder: Path) -> None:
        backbone = load_checkpoint(folder, Options(device='cpu', lanes=1))
        self.name = folder.name
        self._tokenizer = backbone.prompt.tokenizer
        self._decoder = Tokenizer.from_file(str(folder / 'tokenizer.json'))
        self._plain = PlainModel(
            read_checkpoint(folder).model(torch.device('cpu'), torch.float32), backbone
        )
        self._frames: dict[str, VisionTokens] = {}
        self._lock = threading.Lock()

    def pieces(self, body: dict[str, Any]) -> list[Any]:
        """The dialogue in tokens and frames, as the checkpoint's chat template has it."""
        pieces: list[Any] = []
        messages = body['messages']
        for message in messages:
            pieces.append(self._tokenizer.control(f'<|im_start|>{message["role"]}\n'))
            content = message['content']
            parts: list[dict[str, Any]] = (
                [{'type': 'text', 'text': content}] if isinstance(content, str) else content
            )
            for part in parts:
                if part['type'] == 'text':
                    pieces.append(self._tokenizer.control(part['text']))
                else:
                    pieces.append(self._tokenizer.control(CHAT.image_open))
                    pieces.append(self._frame(part['image_url']['url']))
                    pieces.append(self._tokenizer.control(CHAT.image_close))
            pieces.append(self._tokenizer.control(CHAT.close))
        if body.get('continue_final_message'):
            return pieces[:-1]
        return [*pieces, self._tokenizer.control(CHAT.assistant_open)]

    def generate(self, body: dict[str, Any]) -> Iterator[tuple[int, torch.Tensor]]:
        """The tokens that follow, each with the log probabilities that it was chosen by."""
        with self._lock:
            pieces = self.pieces(body)
            for _ in range(body.get('max_tokens', 16)):
                chances = torch.log_softmax(self._plain.reprefill(pieces), -1)
                token = int(chances.argmax())
                yield token, chances
                if token in self._tokenizer.control(CHAT.stop):
                    return
                pieces.append((token,))

    def text(self, token: int) -> str:
        """The text of one token, also of a control token."""
        return str(self._decoder.decode([token], skip_special_tokens=False))

    def tokens(self, body: dict[str, Any]) -> int:
        """Tokens of a dialogue."""
        return sum(
            len(piece) if isinstance(piece, tuple) else piece.tokens for piece in self.pieces(body)
        )

    def _frame(self, url: str) -> VisionTokens:
        if url not in self._frames:
            picture = Image.open(BytesIO(base64.b64decode(url.partition(',')[2])))
            self._frames[url] = self._plain.encode(np.asarray(picture.convert('RGB')))
            while len(self._frames) > 256:
                del self._frames[next(iter(self._frames))]
        return self._frames[url]


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = 'HTTP/1.1'
    model: TinyModel

    def do_GET(self) -> None:
        """The list of models."""
        entry = {'id': self.model.name, 'object': 'model', 'owned_by': 'streamo'}
        self._answer({'object': 'list', 'data': [{**entry, 'max_model_len': CONTEXT}]})

    def do_POST(self) -> None:
        """A chat completion."""
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        if self.path != '/v1/chat/completions':
            self._answer({'error': {'message': 'Not Found', 'code': 404}}, 404)
        elif self.model.tokens(body) > CONTEXT:
            sentence = f'the maximum context length is {CONTEXT} tokens'
            self._answer({'error': {'message': sentence, 'code': 400}}, 400)
        elif body.get('stream'):
            self._stream(body)
        else:
            self._complete(body)

    def _complete(self, body: dict[str, Any]) -> None:
        steps = list(self.model.generate(body))
        message = {'role': 'assistant', 'content': ''.join(self.model.text(at) for at, _ in steps)}
        choice: dict[str, Any] = {'index': 0, 'message': message, 'finish_reason': 'length'}
        if body.get('logprobs'):
            content = [self._listed(token, it, body.get('top_logprobs', 0)) for token, it in steps]
            choice['logprobs'] = {'content': content}
        used = self.model.tokens(body)
        usage = {'prompt_tokens': used, 'completion_tokens': len(steps)}
        reply = {'object': 'chat.completion', 'created': int(time.time()), 'usage': usage}
        self._answer({**reply, 'model': self.model.name, 'choices': [choice]})

    def _listed(self, token: int, chances: torch.Tensor, top: int) -> dict[str, Any]:
        best = torch.topk(chances, top)
        listed = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return {
            'token': self.model.text(token),
            'logprob': float(chances[token]),
            'top_logprobs': [{'token': self.model.text(at), 'logprob': it} for at, it in listed],
        }

    def _stream(self, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Connection', 'close')
        self.end_headers()
        for token, _ in self.model.generate(body):
            text = self.model.text(token)
            self._event({'content': text} if text != CHAT.stop else {}, None)
        self._event({}, 'stop')
        self.wfile.write(b'data: [DONE]\n\n')
        self.close_connection = True

    def _event(self, delta: dict[str, Any], finish: str | None) -> None:
        choice = {'index': 0, 'delta': delta, 'finish_reason': finish}
        event = {'object': 'chat.completion.chunk', 'model': self.model.name, 'choices': [choice]}
        self.wfile.write(b'data: ' + json.dumps(event).encode() + b'\n\n')

    def _answer(self, found: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(found).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Requests are not logged: they hold pictures."""


def make_server(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server on this machine's loopback, not yet serving.

    Args:
        folder: of the checkpoint.
        port: 0 = any.
    """
    handler = type('TinyHandler', (Handler,), {'model': TinyModel(folder)})
    return ThreadingHTTPServer(('127.0.0.1', port), handler)


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--port', type=int, default=8000)
    parser.add_argument('--model', type=Path, help='a checkpoint; default streamo-tiny')
    options = parser.parse_args()
    torch.set_num_threads(1)
    server = make_server(options.model or share_path('models', 'streamo-tiny'), options.port)
    print(f'serving at http://127.0.0.1:{server.server_port}/v1', flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == '__main__':
    main()
