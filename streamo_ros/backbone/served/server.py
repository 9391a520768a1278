# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What differs between the servers that speak OpenAI's interface, as data and requests.

Source: what vLLM 0.32, llama.cpp's server (b11434), Ollama and `transformers serve` 5.23 take and
answer. Extensions are sent to a server only where it is known to have them: others refuse them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from streamo_ros.backbone.served.call import RefusedError
from streamo_ros.backbone.served.states import read_states
from streamo_ros.backbone.served.states import read_text
from streamo_ros.backbone.served.states import StateReading
from streamo_ros.backbone.served.states import TokenStep
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Sampling
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS

VLLM, SGLANG, LLAMA, OLLAMA, OTHER = 'vLLM', 'SGLang', 'llama.cpp', 'Ollama', 'OpenAI-compatible'
OWNERS = {'vllm': VLLM, 'sglang': SGLANG, 'llamacpp': LLAMA, 'library': OLLAMA}
"""What servers call themselves in the list of their models."""
TOP, LLAMA_TOP = 20, 256
"""Log probabilities to ask for: the most that OpenAI's interface allows, and llama.cpp's cost."""
TAG_TOKENS = 4
"""Tokens after which a state that is spelled as text must have shown."""
FORCED = '</'
"""What all tags begin with; it is forced where a server can continue a message."""
LONGEST_ANSWER = 4096
NUDGE = f'\nAnswer now. Begin with {STATE_TAGS[State.RESPONSE]}'
"""Asks for the answer that was decided, where neither the model's own choice nor the server's
interface can begin it."""


@dataclass(frozen=True)
class Server:
    """What is known of a server and its model.

    Attributes:
        kind: one of the names above.
        name: of the model.
        context: tokens that a request may have; 0 = it does not say.
        slots: dialogues that it keeps at once; 0 = it does not say.
        vocabulary: size of it; 0 = it does not say.
        state_ids: ids of the three state tokens, where they are known and each is one token.
        single: whether each state is one token.
        logprobs: whether it gives log probabilities.
        version: of the server; '' = it does not say.
    """

    kind: str
    name: str
    context: int = 0
    slots: int = 0
    vocabulary: int = 0
    state_ids: tuple[int, ...] = ()
    single: bool = True
    logprobs: bool = True
    version: str = ''

    @property
    def continues(self) -> bool:
        """Whether it can continue a message that we begin."""
        return self.kind in (VLLM, SGLANG, LLAMA)

    @property
    def keeps_frames(self) -> bool:
        """Whether it knows frames by their names."""
        return self.kind == VLLM

    def without_logprobs(self) -> Server:
        """The same server, which gives text alone."""
        return replace(self, logprobs=False)

    def started(self) -> str:
        """What is put before the state that the model chooses."""
        return FORCED if self.continues and self.logprobs and not self.single else ''

    def state_request(self, messages: list[dict[str, Any]], lane: int) -> dict[str, Any]:
        """Ask for the state.

        Args:
            messages: of the dialogue, up to where the state is read.
            lane: number of the dialogue.
        """
        tokens = 1 if self.logprobs and self.single else TAG_TOKENS
        body = self._request(messages, self.started(), tokens, lane)
        body['temperature'] = 0
        if self.kind in (VLLM, SGLANG):
            body['skip_special_tokens'] = False
        if not self.logprobs:
            return body
        body['logprobs'] = True
        if self.kind == VLLM and self.state_ids:
            body |= {
                'logprob_token_ids': list(self.state_ids),
                'return_tokens_as_token_ids': True,
            }
        elif self.kind == LLAMA:
            body['top_logprobs'] = min(self.vocabulary or LLAMA_TOP, LLAMA_TOP)
        else:
            body['top_logprobs'] = TOP
        return body

    def answer_request(
        self,
        messages: list[dict[str, Any]],
        said: str,
        tokens: int,
        sampling: Sampling,
        lane: int,
    ) -> dict[str, Any]:
        """Ask for an answer, as a stream.

        Args:
            messages: of the dialogue, without the answer's.
            said: what the answer's message begins with; '' = nothing may be put before it.
            tokens: most that it may have.
            sampling: how they are chosen.
            lane: number of the dialogue.
        """
        body = self._request(messages, said, min(tokens, LONGEST_ANSWER), lane)
        body |= {'stream': True, 'temperature': sampling.temperature, 'seed': sampling.seed}
        if sampling.temperature and sampling.top_p < 1:
            body['top_p'] = sampling.top_p
        if self.kind == VLLM and self.state_ids:
            # A state within an answer ends it, and never is all of it. vLLM would leave it out of
            # the text and go on.
            body |= {'stop_token_ids': list(self.state_ids), 'min_tokens': 1}
        if self.kind in (VLLM, SGLANG, LLAMA):
            if sampling.temperature and sampling.top_k:
                body['top_k'] = sampling.top_k
            if sampling.repetition_penalty != 1:
                name = 'repeat_penalty' if self.kind == LLAMA else 'repetition_penalty'
                body[name] = sampling.repetition_penalty
        return body

    def read(self, reply: dict[str, Any]) -> StateReading:
        """The state in the reply to a `state_request`.

        Raises:
            BackboneError: there is none, or the reply is not one.
        """
        choice = choice_of(reply)
        if not self.logprobs:
            return read_text(text_of(choice))
        return read_states(self.steps(choice), self.started())

    def gives_logprobs(self, reply: dict[str, Any]) -> bool:
        """Whether the reply has log probabilities: some servers leave them out and do not say."""
        try:
            return bool(self.steps(choice_of(reply)))
        except BackboneError:
            return False

    def _request(
        self, messages: list[dict[str, Any]], started: str, tokens: int, lane: int
    ) -> dict[str, Any]:
        body: dict[str, Any] = {'model': self.name, 'max_tokens': tokens}
        if self.kind == LLAMA:
            body['cache_prompt'] = True
            if self.slots:
                body['id_slot'] = lane % self.slots
        if started:
            messages = [*messages, {'role': 'assistant', 'content': started}]
            if self.kind in (VLLM, SGLANG):
                body['continue_final_message'] = True
            if self.kind == VLLM:
                body['add_generation_prompt'] = False
        # The messages come last: the bytes of one request begin with those of the one before.
        return {**body, 'messages': messages}

    def steps(self, choice: dict[str, Any]) -> list[TokenStep]:
        """The generated tokens of a choice that log probabilities were given of.

        Raises:
            BackboneError: they are in another form.
        """
        content = (choice.get('logprobs') or {}).get('content') or ()
        try:
            return [
                TokenStep(
                    self._text(token),
                    {
                        self._text(listed): _number(listed['logprob'])
                        for listed in (*(token.get('top_logprobs') or ()), token)
                    },
                )
                for token in content
            ]
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise _broken(choice) from error

    def _text(self, token: dict[str, Any]) -> str:
        """A token's text, where the server gives its id instead, or no text of control tokens."""
        text, number = str(token['token']), token.get('id')
        if text.startswith('token_id:'):
            number = int(text.removeprefix('token_id:'))
        if number in self.state_ids:
            return STATE_TAGS[DECISIONS[self.state_ids.index(number)]]
        return text


def choice_of(reply: dict[str, Any]) -> dict[str, Any]:
    """The only choice of a reply or of an event.

    Raises:
        BackboneError: it has none.
    """
    try:
        choice = reply['choices'][0]
        choice.get('index')
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise _broken(reply) from error
    checked: dict[str, Any] = choice
    return checked


def text_of(choice: dict[str, Any]) -> str:
    """The text of a choice or of a piece of one."""
    message = choice.get('message') or choice.get('delta') or {}
    return str(message.get('content') or '') if isinstance(message, dict) else ''


def usage_of(reply: dict[str, Any]) -> tuple[int, int]:
    """Tokens of the prompt, and how many of them the server had in its cache; 0 = not said."""
    usage = reply.get('usage')
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get('prompt_tokens_details')
    cached = details.get('cached_tokens') if isinstance(details, dict) else 0
    timings = reply.get('timings')
    if not cached and isinstance(timings, dict):
        cached = timings.get('cache_n')
    return _count(usage.get('prompt_tokens')), _count(cached)


def is_full(error: RefusedError) -> bool:
    """Whether a request was refused for its length."""
    text = error.sentence.lower()
    return error.status in (400, 413) and any(
        words in text for words in ('context', 'maximum', 'at most', 'exceed', 'too long')
    )


def lacks_frame(error: RefusedError) -> bool:
    """Whether a request was refused since the server has lost a frame that it had."""
    return 'cache miss' in error.sentence.lower()


def refuses(error: RefusedError, words: Sequence[str]) -> bool:
    """Whether a refusal speaks of one of these."""
    return any(word in error.sentence.lower() for word in words)


def _number(value: Any) -> float:
    number = float(value)
    return -60.0 if math.isnan(number) else max(number, -60.0)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _broken(reply: Any) -> BackboneError:
    return BackboneError(
        f'the server answers in a form that is not that of chat completions: {str(reply)[:80]!r}'
    )
