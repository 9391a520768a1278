# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The server as a browser meets it: files, headers, rights, bounds, catching up, stalled pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable

import pytest

pytest.importorskip('aiohttp')
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient
from aiohttp.test_utils import TestServer

from streamo_ros.live.access import Access
from streamo_ros.live.commands import CommandReply
from streamo_ros.live.commands import Commands
from streamo_ros.live.history import History
from streamo_ros.live.pictures import NewestPictures
from streamo_ros.live.server import BODY
from streamo_ros.live.server import FILES
from streamo_ros.live.server import LiveServer
from streamo_ros.live.session import Session
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.run_rows import InstructionRow

OPEN = Access(loopback=True)
GUARDED = Access(loopback=False, read='read-token', command='command-token')
JPEG = b'\xff\xd8\xff\xe0 a picture'


class Noted(Commands):
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked = []

    async def instruct(self, wish):
        self.asked.append(wish)
        return CommandReply(True)

    async def cancel(self, key):
        self.asked.append(key)
        return CommandReply(key != 404, '' if key != 404 else 'there is no instruction 404')

    async def set_thresholds(self, thresholds):
        self.asked.append(thresholds)
        return CommandReply(True)


def make_session() -> Session:
    session = Session(History(1000), NewestPictures(10000), live=True)
    session.take(InstructionRow(1, '<img src=x onerror=alert(1)>'))
    for second in range(5):
        session.take(decision(second))
    session.show(1, JPEG)
    return session


def decision(second: int) -> DecisionRow:
    return DecisionRow(1 + second * 10**9, 1, 'SILENCE', (0.9, 0.1, 0.0), frame_index=second)


def serve(test: Callable[..., Awaitable[None]], access=OPEN, commands=None) -> None:
    """Run a test with a client of a running server."""

    async def run() -> None:
        session = make_session()
        async with TestClient(TestServer(LiveServer(session, access, commands).app)) as client:
            await test(client, session)

    asyncio.run(asyncio.wait_for(run(), 60))


async def next_records(page) -> dict:
    while True:
        said = await page.receive_json(timeout=30)
        if 'records' in said:
            return said


@pytest.mark.parametrize('path', sorted(FILES))
def test_every_file_of_the_page_is_there_and_loads_nothing_from_elsewhere(path):
    async def test(client, session):
        reply = await client.get(path)
        text = await reply.text()
        assert reply.status == 200
        assert "default-src 'none'" in reply.headers['Content-Security-Policy']
        assert 'unsafe' not in reply.headers['Content-Security-Policy']
        assert reply.headers['X-Content-Type-Options'] == 'nosniff'
        assert 'http' not in text.replace('http://www.w3.org/2000/svg', '').replace("'https:'", '')
        assert 'innerHTML' not in text
        assert 'style="' not in text

    serve(test)


@pytest.mark.parametrize(
    'path', ['/../server.py', '/%2e%2e/server.py', '/live.css/../../x', '/picture/../x', '/a']
)
def test_no_path_from_outside_becomes_a_file(path):
    async def test(client, session):
        reply = await client.get(path)
        assert reply.status in (400, 404)
        assert 'SPDX' not in await reply.text()
        assert 'Content-Security-Policy' in reply.headers

    serve(test)


def test_picture_is_found_by_its_stamp_and_a_dropped_one_is_no_error():
    async def test(client, session):
        reply = await client.get('/picture/1')
        assert (reply.status, reply.content_type) == (200, 'image/jpeg')
        assert await reply.read() == JPEG
        assert (await client.get('/picture/77')).status == 204

    serve(test)


def test_page_gets_facts_and_records_and_catches_up_where_it_was():
    async def test(client, session):
        async with client.ws_connect('/events') as page:
            facts = (await page.receive_json())['facts']
            assert facts['lanes'][0]['text'] == '<img src=x onerror=alert(1)>'
            assert facts['commands'] is False
            said = await next_records(page)
            assert [one[0] for one in said['records']] == ['d'] * 5 + ['p']
        session.take(decision(5))
        where = f'/events?epoch={facts["epoch"]}&next={said["next"]}'
        async with client.ws_connect(where) as page:
            said = await next_records(page)
            assert (said['from'], len(said['records'])) == (6, 1)
        # Another session: from the beginning.
        async with client.ws_connect('/events?epoch=other&next=6') as page:
            assert (await next_records(page))['from'] == 0

    serve(test)


@pytest.mark.parametrize('number', ['-1', 'x', '', '9' * 400, '²'])
def test_odd_number_of_the_next_record_does_no_harm(number):
    async def test(client, session):
        query = {'epoch': session.epoch, 'next': number}
        async with client.ws_connect('/events', params=query) as page:
            assert 'facts' in await page.receive_json()

    serve(test)


def test_page_that_does_not_read_holds_up_neither_the_session_nor_the_others():
    async def test(client, session):
        async with client.ws_connect('/events') as stalled, client.ws_connect('/events') as other:
            # The one never reads: its socket fills, and only its own task waits.
            for second in range(5, 1000):
                session.take(decision(second))
                session.tell(health={'input': {'message': 'x' * 20000 + str(second)}})
            seen = 0
            while seen < session.history.end:
                seen = (await next_records(other))['next']
            assert not stalled.closed

    serve(test)


def test_page_that_talks_over_the_socket_is_shown_the_door():
    async def test(client, session):
        async with client.ws_connect('/events') as page:
            await page.send_str('hello')
            while not page.closed:
                await page.receive(timeout=30)
            assert page.close_code == 1008

    serve(test)


def test_request_of_another_page_is_refused():
    async def test(client, session):
        foreign = {'Origin': 'http://evil.example'}
        for request in (
            client.get('/', headers=foreign),
            client.post('/cancel', json={'id': 0}, headers=foreign),
            client.get('/', headers={'Host': 'evil.example'}),
        ):
            assert (await request).status == 403
        with pytest.raises(WSServerHandshakeError):
            await client.ws_connect('/events', headers=foreign)

    noted = Noted()
    serve(test, commands=noted)
    assert noted.asked == []


def test_reading_and_commanding_are_two_rights():
    noted = Noted()

    async def test(client, session):
        assert (await client.get('/')).status == 200
        assert (await client.get('/picture/1')).status == 401
        with pytest.raises(WSServerHandshakeError):
            await client.ws_connect('/events')
        assert (await client.post('/login', json={'token': 'wrong'})).status == 401
        reply = await client.post('/login', json={'token': 'read-token'})
        cookie = reply.headers['Set-Cookie']
        assert 'HttpOnly' in cookie
        assert 'SameSite=Strict' in cookie
        read, command = (
            {'Authorization': f'Bearer {token}'} for token in ('read-token', 'command-token')
        )
        assert (await client.get('/picture/1', headers=read)).status == 200
        assert (await client.post('/cancel', json={'id': 1}, headers=read)).status == 401
        async with client.ws_connect('/events', headers=read) as page:
            assert (await page.receive_json())['facts']['commands'] is False
        assert noted.asked == []
        assert (await client.post('/cancel', json={'id': 1}, headers=command)).status == 200
        async with client.ws_connect('/events', headers=command) as page:
            assert (await page.receive_json())['facts']['commands'] is True

    serve(test, GUARDED, noted)
    assert noted.asked == [1]


def test_guessing_tokens_is_slowed_down():
    async def test(client, session):
        codes = [
            (await client.post('/login', json={'token': str(guess)})).status for guess in range(20)
        ]
        assert codes[0] == 401
        assert 429 in codes

    serve(test, GUARDED)


@pytest.mark.parametrize(
    ('path', 'body', 'word'),
    [
        ('/instruct', {'text': ''}, 'empty'),
        ('/instruct', {'text': 7}, 'text'),
        ('/instruct', {'text': 'a</Response>b'}, ''),
        ('/instruct', {'text': 'x', 'cooldown': -1}, 'cooldown'),
        ('/instruct', {'text': 'x', 'cooldown': True}, 'cooldown'),
        ('/instruct', {'text': 'x', 'lifetime': '5'}, 'lifetime'),
        ('/cancel', {}, 'id'),
        ('/cancel', {'id': 2**40}, 'id'),
        ('/thresholds', {}, 'response'),
        ('/thresholds', {'response': 1.5}, 'response'),
        ('/thresholds', {'activation': -0.1}, 'activation'),
        ('/thresholds', [], 'object'),
    ],
)
def test_command_that_makes_no_sense_is_refused_with_the_reason(path, body, word):
    noted = Noted()

    async def test(client, session):
        reply = await client.post(path, json=body)
        assert reply.status == 400
        assert word in (await reply.json())['error']

    serve(test, commands=noted)
    assert noted.asked == []


def test_commands_reach_the_node_and_its_refusal_reaches_the_page():
    noted = Noted()

    async def test(client, session):
        wish = {'text': ' the kettle ', 'max_responses': 1, 'cooldown': 2.5}
        assert (await client.post('/instruct', json=wish)).status == 200
        assert (await client.post('/thresholds', json={'response': 0.7})).status == 200
        assert (await client.post('/thresholds', json={'activation': 0.4})).status == 200
        reply = await client.post('/cancel', json={'id': 404})
        assert reply.status == 409
        assert (await reply.json())['message'] == 'there is no instruction 404'

    serve(test, commands=noted)
    assert (noted.asked[0].max_responses, noted.asked[0].cooldown) == (1, 2.5)
    assert noted.asked[1:] == [{'response': 0.7}, {'activation': 0.4}, 404]


def test_bodies_and_rates_are_bounded():
    async def test(client, session):
        reply = await client.post(
            '/cancel', data=b'{' + b' ' * BODY, headers={'Content-Type': 'application/json'}
        )
        assert reply.status == 413
        assert (await client.post('/cancel', data={'id': '1'})).status == 415
        codes = [(await client.post('/cancel', json={'id': 1})).status for _ in range(20)]
        assert codes[0] == 200
        assert 429 in codes

    serve(test, commands=Noted())


def test_without_a_memory_nothing_can_be_asked():
    async def test(client, session):
        reply = await client.post('/ask', json={'question': 'what happened?'})
        assert reply.status == 409
        assert 'memory' in (await reply.json())['error']
        async with client.ws_connect('/events') as page:
            assert (await page.receive_json())['facts']['past'] is False

    serve(test)


def test_recording_takes_no_commands():
    async def test(client, session):
        reply = await client.post('/cancel', json={'id': 1})
        assert reply.status == 409
        assert 'recording' in (await reply.json())['error']

    serve(test)
