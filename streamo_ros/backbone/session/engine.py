# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""vLLM's engine in this process: sessions whose cache is appended to, and the event loop of both.

A chunk is appended to its session, and one token is chosen behind it. vLLM discards that token
when the next chunk comes, so a session holds exactly what it was given.

Source: vLLM 0.32, `AsyncLLM.generate` over a generator of `StreamingInput`.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import AsyncGenerator
from collections.abc import Coroutine
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import TypeVar

from streamo_ros.core.errors import one_line
from streamo_ros.core.interface import BackboneError

ResultT = TypeVar('ResultT')
ENVIRONMENT = {
    # The network is not for a model that is in a folder.
    'VLLM_NO_USAGE_STATS': '1',
    'HF_HUB_OFFLINE': '1',
    # A copy of a process with threads may stop at a lock that nobody will open.
    'VLLM_WORKER_MULTIPROC_METHOD': 'spawn',
    'VLLM_LOGGING_LEVEL': 'WARNING',
}
"""Variables that vLLM reads, where the user has not set them."""
SHUTDOWN = 10.0
"""Seconds that its processes have to end."""


@dataclass(frozen=True)
class Chunk:
    """What is appended to one session.

    Attributes:
        session: its name; one that does not exist is begun.
        ids: the tokens, one for each picture.
        pictures: as Pillow has them, by the name that vLLM knows them by, in order.
        sampling: arguments of vLLM's `SamplingParams`.
    """

    session: str
    ids: tuple[int, ...]
    pictures: tuple[tuple[str, Any], ...]
    sampling: Mapping[str, Any]


@dataclass(frozen=True)
class Chosen:
    """The token behind a chunk.

    Attributes:
        token: its id.
        chances: log probabilities of the tokens that were asked for, by id.
    """

    token: int
    chances: dict[int, float]


class SessionEngine:
    """Any thread may use it; it ends with its last reference.

    Args:
        arguments: of vLLM's `AsyncEngineArgs`.

    Raises:
        BackboneError: vLLM does not start.
        ModuleNotFoundError: it is not installed.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever, name='vllm', daemon=True)
        thread.start()
        self._sessions: dict[str, _Session] = {}
        try:
            self._engine = self._run(_start(arguments))
        except BaseException:
            self._loop.call_soon_threadsafe(self._loop.stop)
            raise
        self._end = weakref.finalize(self, _shut_down, self._loop, self._engine)

    def append(self, chunks: Sequence[Chunk]) -> list[Chosen | BackboneError]:
        """Append to several sessions in one pass, as far as vLLM joins them.

        Returns:
            For each chunk the token behind it, or why there is none: its session has ended then.
        """
        return self._run(self._append(chunks))

    def end(self, session: str) -> None:
        """End a session, if there is one of this name."""
        self._run(self._end_session(session))

    def close(self) -> None:
        """End vLLM."""
        self._end()

    def _run(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _append(self, chunks: Sequence[Chunk]) -> list[Chosen | BackboneError]:
        return list(await asyncio.gather(*map(self._append_one, chunks)))

    async def _append_one(self, chunk: Chunk) -> Chosen | BackboneError:
        session = self._sessions.get(chunk.session)
        if session is None:
            session = self._sessions[chunk.session] = _Session(self._engine, chunk)
        try:
            return await session.append(chunk)
        except Exception as error:  # noqa: BLE001 - vLLM has error classes of many modules.
            await self._end_session(chunk.session)
            return BackboneError(f'vLLM failed: {one_line(error)}')

    async def _end_session(self, name: str) -> None:
        session = self._sessions.pop(name, None)
        if session is not None:
            await session.end()


class _Session:
    """One request that vLLM keeps open. Lives in the event loop."""

    def __init__(self, engine: Any, first: Chunk) -> None:
        self._chunks: asyncio.Queue[Chunk] = asyncio.Queue()
        sampling = _sampling(first)
        self._outputs = engine.generate(self._inputs(), sampling, first.session)

    async def append(self, chunk: Chunk) -> Chosen:
        """Append a chunk and wait for the token behind it."""
        self._chunks.put_nowait(chunk)
        async for output in self._outputs:
            found = output.outputs[0]
            if found.token_ids:
                chances = (found.logprobs or [{}])[0]
                return Chosen(
                    found.token_ids[0], {key: each.logprob for key, each in chances.items()}
                )
        raise BackboneError('it ended the session')

    async def end(self) -> None:
        """Free what vLLM holds of it."""
        await self._outputs.aclose()

    async def _inputs(self) -> AsyncGenerator[Any, None]:
        from vllm.engine.protocol import StreamingInput

        while True:
            chunk = await self._chunks.get()
            prompt: dict[str, Any] = {'prompt_token_ids': list(chunk.ids)}
            if chunk.pictures:
                names, pictures = zip(*chunk.pictures, strict=True)
                prompt['multi_modal_data'] = {'image': list(pictures)}
                prompt['multi_modal_uuids'] = {'image': list(names)}
            yield StreamingInput(prompt=prompt, sampling_params=_sampling(chunk))


async def _start(arguments: Mapping[str, Any]) -> Any:
    """Start vLLM's engine.

    Raises:
        BackboneError: it does not start.
    """
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    try:
        return AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))
    except Exception as error:
        raise BackboneError(f'vLLM does not start: {one_line(error)}') from error


def _shut_down(loop: asyncio.AbstractEventLoop, engine: Any) -> None:
    engine.shutdown(timeout=SHUTDOWN)
    loop.call_soon_threadsafe(loop.stop)


def _sampling(chunk: Chunk) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    kind = RequestOutputKind.DELTA
    return SamplingParams(max_tokens=1, detokenize=False, output_kind=kind, **chunk.sampling)
