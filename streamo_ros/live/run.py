# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the server until a signal, and says where the page is."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress

from aiohttp import web

from streamo_ros.core.errors import StreamoError
from streamo_ros.live.access import Access

HOST, PORT = '127.0.0.1', 8642
_ALL = {'0.0.0.0': '127.0.0.1', '::': '[::1]'}  # noqa: S104 - what is shown for them


class AddressError(StreamoError, OSError):
    """The address cannot be listened on; the message says why."""


def serve(app: web.Application, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        app: the application.
        host: address to listen on.
        port: 0 = any free one.
        ready: called with the port once it listens.

    Raises:
        AddressError: it cannot listen there.
    """
    asyncio.run(_serve(app, host, port, ready))


async def _serve(app: web.Application, host: str, port: int, ready: Callable[[int], None]) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            # Its own text repeats the address; the system's reason stands after the last colon.
            why = (error.strerror or str(error)).rpartition(': ')[2]
            raise AddressError(
                f'cannot listen on {host}, port {port}: {why}; choose another --port or --host'
            ) from error
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            # In a thread other than the main one, who runs the loop ends it.
            with suppress(ValueError, RuntimeError):
                loop.add_signal_handler(number, ended.set)
        ready(int(runner.addresses[0][1]))
        await ended.wait()
    finally:
        await runner.cleanup()


def addresses(host: str, port: int, access: Access) -> Iterator[str]:
    """Where the page is, in lines to print: with the tokens, once and nowhere else.

    A token stands behind a #, which a browser does not send.
    """
    shown = _ALL.get(host, f'[{host}]' if ':' in host else host)
    base = f'http://{shown}:{port}/'
    if not access.command:
        yield f'page: {base}'
        return
    yield f'page, to watch:            {base}#token={access.read}'
    yield f'page, to watch and to ask: {base}#token={access.command}'
    if not access.loopback:
        yield 'note: plain HTTP: whoever shares the network can read along (docs/live.md)'
