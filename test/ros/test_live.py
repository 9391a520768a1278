# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The page's node beside a real node: what happens reaches the page, what is asked the node."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Callable

import pytest

aiohttp = pytest.importorskip('aiohttp')

pytestmark = pytest.mark.timeout(240)


class Reader:
    """One page: facts and records as they come."""

    def __init__(self) -> None:
        self.facts: dict = {}
        self.records: list[list] = []

    async def until(self, socket, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(90) if sys.version_info >= (3, 11) else _no_limit():
            while not condition():
                said = json.loads((await socket.receive(60)).data)
                self.facts = said.get('facts', self.facts)
                self.records += said.get('records', [])

    def of(self, kind: str) -> list[list]:
        return [one for one in self.records if one[0] == kind]


class _no_limit:  # noqa: N801 - stands in for asyncio.timeout on Python 3.10
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


def test_states_answers_and_pictures_arrive_and_what_is_asked_reaches_the_node(
    start, peer, page, wait_for
) -> None:
    from streamo_ros.msg import Response

    start()
    heard = peer.hear('~/response', Response)
    camera = peer.camera().matched()
    seen = Reader()

    async def film(first: int, last: int) -> None:
        for second in range(first, last):
            camera.show(1000 + second)
            await asyncio.sleep(0.15)

    async def watch() -> None:
        async with (
            aiohttp.ClientSession(page.address) as http,
            http.ws_connect('/events') as socket,
        ):
            await seen.until(socket, lambda: seen.facts.get('node_state') == 'active')
            asked = await http.post('/instruct', json={'text': 'kettle'})
            assert asked.status == 200, await asked.text()
            await seen.until(socket, lambda: seen.facts['lanes'])
            await seen.until(socket, lambda: '/image' in seen.facts['source'])
            await asyncio.gather(
                film(0, 25), seen.until(socket, lambda: seen.of('a') and seen.of('p'))
            )
            assert seen.of('a')[0][5] == 'It boils.'
            picture = await http.get(f'/picture/{seen.of("p")[0][2]}')
            assert (await picture.read())[:3] == b'\xff\xd8\xff'
            changed = await http.post('/thresholds', json={'response': 0.66})
            assert changed.status == 200, await changed.text()
            await seen.until(
                socket, lambda: seen.facts.get('thresholds', {}).get('response') == 0.66
            )
            key = seen.facts['lanes'][-1]['id']
            canceled = await http.post('/cancel', json={'id': key})
            assert canceled.status == 200, await canceled.text()
            await seen.until(socket, lambda: not seen.facts['lanes'][-1]['active'])
            again = await http.post('/cancel', json={'id': 4000})
            assert again.status == 409

    asyncio.run(watch())
    wait_for(lambda: heard, what='the same answer on the topic')
    assert heard[0].text == 'It boils.'


def test_question_of_the_page_is_answered_from_the_memory_of_the_node(store, start_page) -> None:
    page = start_page('--memory', str(store))
    seen = Reader()

    async def ask() -> None:
        async with (
            aiohttp.ClientSession(page.address) as http,
            http.ws_connect('/events') as socket,
        ):
            await seen.until(socket, lambda: seen.facts.get('remembers'))
            assert seen.facts['past']
            reply = await http.post('/ask', json={'question': 'When did the kettle boil?'})
            said = await reply.json()
            assert said['outcome'] == 'ANSWERED', said
            assert [int(stamp) // 10**9 for stamp in said['evidence']] == [1005]
            picture = await http.get(f'/picture/{said["evidence"][0]}')
            assert (await picture.read())[:3] == b'\xff\xd8\xff'
            reply = await http.post('/ask', json={'question': 'When did the phone ring?'})
            assert (await reply.json())['outcome'] == 'NOT_FOUND'

    asyncio.run(ask())


def test_page_survives_the_death_of_the_node_and_goes_on_with_the_next(start, meet, page) -> None:
    first = start()
    seen = Reader()

    async def watch() -> None:
        async with (
            aiohttp.ClientSession(page.address) as http,
            http.ws_connect('/events') as socket,
        ):
            await seen.until(socket, lambda: seen.facts.get('node_state') == 'active')
            first.process.kill()
            first.process.wait()
            await seen.until(socket, lambda: seen.facts.get('node_state') == '')
            start()
            await seen.until(socket, lambda: seen.facts.get('node_state') == 'active')

    asyncio.run(watch())


def test_page_without_a_node_says_so_and_ends_at_once_with_0(page) -> None:
    async def ask() -> str:
        async with aiohttp.ClientSession(page.address) as http:
            reply = await http.post('/instruct', json={'text': 'kettle'})
            assert reply.status == 409
            return (await reply.json())['message']

    assert 'is /streamo running?' in asyncio.run(ask())
    page.process.send_signal(signal.SIGINT)
    assert page.process.wait(20) == 0
