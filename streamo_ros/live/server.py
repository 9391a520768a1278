# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The web server of the page: files, pictures, one WebSocket, three commands, questions.

A page gets its data over the WebSocket: facts in their newest version, and the records that it has
not had. It sends nothing there. It reconnects with the number of its next record and so catches
up. One that reads slowly, or not at all, holds up only its own task.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp import WSCloseCode
from aiohttp import WSMsgType

from streamo_ros.live.access import Access
from streamo_ros.live.access import HEADERS
from streamo_ros.live.access import Rate
from streamo_ros.live.access import Right
from streamo_ros.live.commands import CommandError
from streamo_ros.live.commands import CommandReply
from streamo_ros.live.commands import Commands
from streamo_ros.live.commands import parse_body
from streamo_ros.live.commands import parse_id
from streamo_ros.live.commands import parse_thresholds
from streamo_ros.live.commands import parse_wish
from streamo_ros.live.past import answer_fields
from streamo_ros.live.past import parse_question
from streamo_ros.live.past import ShownPast
from streamo_ros.live.session import Session

PAGE = Path(__file__).with_name('page')
SCRIPTS = (
    'answers',
    'boxes',
    'draw',
    'element',
    'feed',
    'form',
    'frame',
    'grab',
    'health',
    'lanes',
    'live',
    'past',
    'raster',
    'rule',
)
FILES = {
    '/': ('index.html', 'text/html'),
    '/live.css': ('live.css', 'text/css'),
    '/icon.svg': ('icon.svg', 'image/svg+xml'),
    **{f'/{name}.js': (f'{name}.js', 'text/javascript') for name in SCRIPTS},
}
"""Everything that is served from disk, by the path of the request."""
BODY = 16 * 1024
"""Bytes of a request, at most."""
BATCH = 2000
"""Records of one message, at most."""
PAUSE = 0.05
"""Seconds between two messages to the same page, at least."""
PAGES = 32
"""Pages that are served at once, at most."""
WATCHED_EVERY = 20.0
"""Seconds after which a page that does not answer a ping is given up: a closed laptop."""


class LiveServer:
    """Serves one session.

    Args:
        session: what the pages are told.
        access: who may.
        commands: carries out what pages ask for; None = a recording.
        past: answers questions about the past; None = there is no memory.
    """

    def __init__(
        self,
        session: Session,
        access: Access,
        commands: Commands | None = None,
        past: ShownPast | None = None,
    ) -> None:
        self._session = session
        self._access = access
        self._commands = commands
        self._past = past
        self._pages: set[web.WebSocketResponse] = set()
        self._logins = Rate(1.0, 10)
        self._rate = Rate(2.0, 10)
        self.app = web.Application(client_max_size=BODY, middlewares=[self._guard])
        router = self.app.router
        for path in FILES:
            router.add_get(path, self._file)
        router.add_get(r'/picture/{stamp:\d{1,20}}', self._picture)
        router.add_get('/events', self._events)
        router.add_post('/login', self._login)
        router.add_post('/instruct', self._instruct)
        router.add_post('/cancel', self._cancel)
        router.add_post('/thresholds', self._set_thresholds)
        router.add_post('/ask', self._ask)
        self.app.on_shutdown.append(self._close_pages)

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Check origin and rights before, add the headers after."""
        try:
            response = self._refusal(request) or await handler(request)
        except CommandError as error:
            response = _json(400, error=str(error))
        except web.HTTPException as error:
            response = _json(error.status, error=error.reason)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self._access.is_own(request.host, request.headers.get('Origin'), request.scheme):
            return _json(403, error='this request comes from another page')
        if request.path in FILES or request.path == '/login':
            # The page itself tells nothing; it is what asks for the token.
            return None
        needed = Right.COMMAND if request.method == 'POST' else Right.READ
        if self._right(request) >= needed:
            return None
        return _json(401, error=f'a token for {needed.name.lower()}ing is needed')

    def _right(self, request: web.Request) -> Right:
        given = request.headers.get('Authorization', '')
        token = given.removeprefix('Bearer ') if given.startswith('Bearer ') else ''
        return self._access.right_of(token or request.cookies.get(_cookie(request), ''))

    async def _file(self, request: web.Request) -> web.Response:
        name, kind = FILES[request.path]
        body = await asyncio.to_thread((PAGE / name).read_bytes)
        return web.Response(body=body, content_type=kind, charset='utf-8')

    async def _picture(self, request: web.Request) -> web.Response:
        stamp = int(request.match_info['stamp'])
        picture = self._session.pictures.get(stamp)
        if not picture and self._past is not None:
            picture = await self._past.picture(stamp)
        if not picture:
            # Not an error: it has been dropped, and the page says so.
            return web.Response(status=204)
        return web.Response(body=picture, content_type='image/jpeg')

    async def _login(self, request: web.Request) -> web.Response:
        if not self._logins.allows():
            return _json(429, error='too many attempts: wait a few seconds')
        token = parse_body(await request.read()).get('token')
        token = token if isinstance(token, str) else ''
        right = self._access.right_of(token)
        if right is Right.NONE:
            return _json(401, error='this token is not known')
        response = _json(200, right=right.name.lower())
        response.set_cookie(
            _cookie(request),
            token,
            httponly=True,
            samesite='Strict',
            secure=request.secure,
            path='/',
        )
        return response

    async def _instruct(self, request: web.Request) -> web.Response:
        return await self._command(request, lambda to, said: to.instruct(parse_wish(said)))

    async def _cancel(self, request: web.Request) -> web.Response:
        return await self._command(request, lambda to, said: to.cancel(parse_id(said)))

    async def _set_thresholds(self, request: web.Request) -> web.Response:
        return await self._command(
            request, lambda to, said: to.set_thresholds(parse_thresholds(said))
        )

    async def _command(
        self,
        request: web.Request,
        carry_out: Callable[[Commands, Mapping[str, Any]], Awaitable[CommandReply]],
    ) -> web.Response:
        if self._commands is None:
            return _json(409, error='this is a recording: there is no node to ask')
        reply = await carry_out(self._commands, await self._body(request))
        return _json(200 if reply.success else 409, message=reply.message)

    async def _ask(self, request: web.Request) -> web.Response:
        if self._past is None:
            return _json(409, error='there is no memory to ask: see docs/memory.md')
        answer = await self._past.ask(parse_question(await self._body(request)))
        return _json(200, **answer_fields(answer))

    async def _body(self, request: web.Request) -> dict[str, Any]:
        """The object of JSON that a request carries, where it may carry one now."""
        if request.content_type != 'application/json':
            raise web.HTTPUnsupportedMediaType(reason='the request is not application/json')
        if not self._rate.allows():
            raise web.HTTPTooManyRequests(reason='too many requests: wait a few seconds')
        return parse_body(await request.read())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Everything a page is told, until it leaves."""
        if len(self._pages) >= PAGES:
            return _json(503, error=f'{PAGES} pages are open: close one')
        page = web.WebSocketResponse(heartbeat=WATCHED_EVERY, max_msg_size=1024)
        await page.prepare(request)
        self._pages.add(page)
        changed = self._session.watch()
        sending = asyncio.create_task(self._send(page, changed, request))
        try:
            async for message in page:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    # It has nothing to say here.
                    await page.close(code=WSCloseCode.POLICY_VIOLATION)
        finally:
            sending.cancel()
            self._session.unwatch(changed)
            self._pages.discard(page)
        return page

    async def _send(
        self, page: web.WebSocketResponse, changed: asyncio.Event, request: web.Request
    ) -> None:
        session = self._session
        known = request.query.get('epoch') == session.epoch
        number = int(request.query.get('next', '')[:15]) if known and _is_number(request) else 0
        told = -1
        right = self._right(request) is Right.COMMAND
        may = {
            'commands': right and self._commands is not None,
            'past': right and self._past is not None,
        }
        while not page.closed:
            await changed.wait()
            changed.clear()
            if told != session.version:
                told = session.version
                facts = {**session.facts, **may, 'epoch': session.epoch}
                await page.send_str(_text({'facts': facts}))
            start, records = session.history.after(number, BATCH)
            if records:
                number = start + len(records)
                await page.send_str(_text({'from': start, 'next': number, 'records': records}))
            if number < session.history.end:
                changed.set()
            else:
                await asyncio.sleep(PAUSE)

    async def _close_pages(self, _app: web.Application) -> None:
        for page in set(self._pages):
            await page.close(code=WSCloseCode.GOING_AWAY)


def _is_number(request: web.Request) -> bool:
    text = request.query.get('next', '')
    return text.isascii() and text.isdigit()


def _cookie(request: web.Request) -> str:
    """Cookies know no ports: two pages on one machine must not take each other's."""
    return f'streamo_live_{request.url.port}'


def _text(plain: Mapping[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(',', ':'))


def _json(status: int, **plain: Any) -> web.Response:
    return web.Response(status=status, text=_text(plain), content_type='application/json')
