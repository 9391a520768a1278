# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds out what a server is and what its model can do, before the first frame.

One dialogue with a test picture is tried: what would fail at every frame fails here, in one
sentence that says what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from typing import Any

from streamo_ros.backbone.served.call import RefusedError
from streamo_ros.backbone.served.chat import chat_of
from streamo_ros.backbone.served.chat import row_of
from streamo_ros.backbone.served.chat import ServedFrame
from streamo_ros.backbone.served.chat import to_json
from streamo_ros.backbone.served.endpoint import Endpoint
from streamo_ros.backbone.served.endpoint import KEY
from streamo_ros.backbone.served.pieces import PieceTokenizer
from streamo_ros.backbone.served.server import choice_of
from streamo_ros.backbone.served.server import is_full
from streamo_ros.backbone.served.server import LLAMA
from streamo_ros.backbone.served.server import OLLAMA
from streamo_ros.backbone.served.server import OTHER
from streamo_ros.backbone.served.server import OWNERS
from streamo_ros.backbone.served.server import refuses
from streamo_ros.backbone.served.server import Server
from streamo_ros.backbone.served.server import text_of
from streamo_ros.backbone.served.server import usage_of
from streamo_ros.backbone.served.server import VLLM
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import UnavailableError
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import STATE_TAGS

CHAT = '/chat/completions'
INSTRUCTION = 'Say when something happens.'
_VERSIONS = {VLLM: '/version', OLLAMA: '/api/version'}


@dataclass(frozen=True)
class Trial:
    """What the trial showed.

    Attributes:
        server: what is known of the server, with what its model can do.
        frame_tokens: tokens of the test picture; 0 = the server counts none.
        prompt_tokens: tokens of the dialogue without it; 0 = it counts none.
        pieces: of ours that these were.
        note: what there is to know, in one sentence; '' if nothing.
    """

    server: Server
    frame_tokens: int
    prompt_tokens: int
    pieces: int
    note: str


def find_server(endpoint: Endpoint, name: str) -> Server:
    """What a server says of itself.

    Args:
        endpoint: the server.
        name: of the model; '' = the only one that it lists.

    Raises:
        BackboneError: it does not answer, wants a key, or does not have one such model.
    """
    try:
        reply = endpoint.get('/models')
    except UnavailableError as error:
        raise BackboneError(f'{error}: start the server, or correct model.path') from error
    except RefusedError as error:
        if error.status in (401, 403):
            raise BackboneError(
                f'the server {endpoint.url} wants a key ({error.sentence}): put it into the '
                f'environment variable {KEY}'
            ) from error
        raise BackboneError(
            f'{endpoint.url} has no list of models ({error}): end model.path in /v1'
        ) from error
    listed = [entry for entry in reply.get('data') or () if isinstance(entry, dict)]
    names = [str(entry.get('id')) for entry in listed]
    if not name and len(names) != 1:
        there = f'it has {", ".join(sorted(names)[:8])}' if names else 'it lists none'
        raise BackboneError(
            f'which model of {endpoint.url} is meant must be said with model.name: {there}'
        )
    owners = {OWNERS.get(str(entry.get('owned_by')), OTHER) for entry in listed}
    kind = owners.pop() if len(owners) == 1 else OTHER
    # Servers may take names that they do not list, such as paths and aliases: the trial will tell.
    entry = next((it for it in listed if not name or it.get('id') == name), {})
    server = Server(kind, name or names[0], context=_whole(entry.get('max_model_len')))
    return _with_details(endpoint, server, entry)


def try_server(
    endpoint: Endpoint, server: Server, prompt: PromptTokens, frame: ServedFrame
) -> Trial:
    """Try a dialogue with and without a picture.

    Args:
        endpoint: where.
        server: of `find_server`.
        prompt: the dialogue's form.
        frame: the test picture.

    Raises:
        BackboneError: the model cannot see, the dialogue is refused, or the picture gets lost.
    """
    server = _with_state_ids(endpoint, server)
    server, reply = _ask_with_picture(endpoint, server, prompt, frame)
    bare = _row(prompt, None)
    whole, _ = usage_of(reply)
    try:
        text, _ = usage_of(_ask(endpoint, server, prompt, bare))
    except RefusedError as error:
        raise _explained(endpoint, server, error) from error
    if whole and text and whole - text < 2:
        raise BackboneError(
            f'the chat template of {server.name} at {endpoint.url} leaves the pictures out: serve '
            'the model with the chat template that it was trained with'
        )
    if server.single and not server.state_ids and server.logprobs and not _is_state(server, reply):
        # Its tags are spelled as text, in more than one token.
        server = replace(server, single=False)
        reply = _ask(endpoint, server, prompt, _row(prompt, frame))
    return Trial(server, max(0, whole - text), text, len(row_of(bare)), _note(server, reply))


def _ask_with_picture(
    endpoint: Endpoint, server: Server, prompt: PromptTokens, frame: ServedFrame
) -> tuple[Server, dict[str, Any]]:
    """The reply to the trial, and the server with or without log probabilities."""
    try:
        reply = _ask(endpoint, server, prompt, _row(prompt, frame))
    except RefusedError as error:
        if not server.logprobs or not refuses(error, ('logprob', 'log prob')):
            raise _explained(endpoint, server, error) from error
        return _ask_with_picture(endpoint, server.without_logprobs(), prompt, frame)
    if server.logprobs and not server.gives_logprobs(reply):
        return _ask_with_picture(endpoint, server.without_logprobs(), prompt, frame)
    return server, reply


def _ask(
    endpoint: Endpoint, server: Server, prompt: PromptTokens, row: tuple[Piece, ...]
) -> dict[str, Any]:
    tokenizer = prompt.tokenizer
    assert isinstance(tokenizer, PieceTokenizer)
    messages, _ = chat_of(row_of(row), tokenizer)
    sent = to_json(messages, named=server.keeps_frames)
    return endpoint.post(CHAT, server.state_request(sent, 0))


def _row(prompt: PromptTokens, frame: ServedFrame | None) -> tuple[Piece, ...]:
    tag = prompt.tag(Fraction(0), Fraction(1))
    return (prompt.sink(INSTRUCTION), *prompt.turn((tag, ()), (frame,) if frame else ()))


def _explained(endpoint: Endpoint, server: Server, error: RefusedError) -> BackboneError:
    """What a refusal of the trial means for the user."""
    what = f'{server.name} at {endpoint.url}'
    if error.status == 404 or refuses(error, ('model not found', 'does not exist')):
        return BackboneError(
            f'there is no {what} ({error.sentence}): correct model.name, or end model.path in /v1'
        )
    if refuses(error, ('image', 'multimodal', 'multi-modal', 'mmproj', 'vision')):
        hint = ', with --mmproj' if server.kind == LLAMA else ''
        return BackboneError(
            f'{what} takes no pictures ({error.sentence}): serve a model that sees{hint}'
        )
    if is_full(error):
        return BackboneError(
            f'the context of {what} is too short for one frame ({error.sentence}): serve it with '
            'a longer one, or lower model.max_pixels'
        )
    return BackboneError(
        f'{what} refuses the dialogue ({error.sentence}): serve the model with the chat template '
        'that it was trained with'
    )


def _is_state(server: Server, reply: dict[str, Any]) -> bool:
    """Whether the first token is a whole state tag."""
    return server.steps(choice_of(reply))[0].text.strip() in STATE_TAGS.values()


def _note(server: Server, reply: dict[str, Any]) -> str:
    if not server.logprobs:
        note = 'the server gives no log probabilities: states are read from the text, as certain'
        if server.kind == OTHER:
            return note
        return f'{note} ({server.kind} {server.version or "of this version"})'
    try:
        server.read(reply)
    except BackboneError:
        text = text_of(choice_of(reply)).strip()[:40]
        return f'on a test picture the model wrote {text!r} and no state: it may not be trained'
    return ''


def _with_details(endpoint: Endpoint, server: Server, entry: dict[str, Any]) -> Server:
    """Version, context and slots, where a server tells them elsewhere."""
    if server.kind == LLAMA:
        meta = entry.get('meta') or {}
        props = _asked(endpoint, '/props')
        settings = props.get('default_generation_settings') or {}
        return replace(
            server,
            context=_whole(settings.get('n_ctx')) or _whole(meta.get('n_ctx_train')),
            slots=_whole(props.get('total_slots')),
            vocabulary=_whole(meta.get('n_vocab')),
            version=str(props.get('build_info') or ''),
        )
    path = _VERSIONS.get(server.kind)
    version = _asked(endpoint, path).get('version') if path else ''
    return replace(server, version=str(version or ''))


def _with_state_ids(endpoint: Endpoint, server: Server) -> Server:
    """The ids of the state tokens, where the server tokenizes for us."""
    if server.kind not in (VLLM, LLAMA):
        return server
    spellings = []
    for state in DECISIONS:
        tag = STATE_TAGS[state]
        body: dict[str, Any] = {'content': tag, 'parse_special': True}
        if server.kind == VLLM:
            body = {'model': server.name, 'prompt': tag, 'add_special_tokens': False}
        try:
            tokens = endpoint.post('/tokenize', body, root=True).get('tokens')
        except BackboneError:
            return server
        if not isinstance(tokens, list) or not tokens:
            return server
        spellings.append(tokens)
    if all(len(tokens) == 1 for tokens in spellings):
        return replace(server, state_ids=tuple(_whole(tokens[0]) for tokens in spellings))
    return replace(server, single=False)


def _asked(endpoint: Endpoint, path: str) -> dict[str, Any]:
    """What a path answers; nothing where it does not."""
    try:
        return endpoint.get(path, root=True)
    except BackboneError:
        return {}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
