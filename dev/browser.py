# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A real browser without a driver: chromium, headless, by its DevTools protocol over aiohttp."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ('chromium', 'chromium-browser', 'google-chrome')
PATIENCE = 60.0
"""Seconds that a condition may take."""


def find_browser() -> str:
    """The path of a browser of this machine; '' = there is none."""
    return next(filter(None, map(shutil.which, NAMES)), '')


class Browser:
    """A running browser; use it as a context. Starting one takes seconds: share it."""

    def __enter__(self) -> Browser:  # noqa: PYI034 - Self needs Python 3.11
        self._folder = tempfile.TemporaryDirectory(
            prefix='streamo_browser_', ignore_cleanup_errors=True
        )
        self._process = subprocess.Popen(
            [
                find_browser(),
                '--headless=new',
                '--no-sandbox',
                '--disable-gpu',
                '--disable-dev-shm-usage',
                '--disable-background-networking',
                '--disable-component-update',
                '--disable-extensions',
                '--no-first-run',
                '--hide-scrollbars',
                '--remote-debugging-port=0',
                f'--user-data-dir={self._folder.name}',
                'about:blank',
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.port = self._find_port()
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def process_id(self) -> int:
        """Of the process that started all others of the browser."""
        return self._process.pid

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def _find_port(self) -> int:
        file = Path(self._folder.name, 'DevToolsActivePort')
        end = time.monotonic() + PATIENCE
        while not (file.exists() and file.read_text().strip()):
            assert self._process.poll() is None, 'the browser ended at once'
            assert time.monotonic() < end, 'the browser did not start'
            time.sleep(0.1)
        return int(file.read_text().split()[0])


class Page:
    """A page of its own in a browser; use it as an asynchronous context.

    Args:
        browser: where it is opened.
        width: of the window, in CSS pixels.
        height: of the window.
        dark: what the system is said to prefer.

    Attributes:
        requests: every address that the page asked for.
        problems: errors and warnings of the console, exceptions, failed requests.
    """

    def __init__(
        self, browser: Browser, width: int = 1440, height: int = 900, dark: bool = False
    ) -> None:
        self.requests: list[str] = []
        self.problems: list[str] = []
        self._base = f'http://127.0.0.1:{browser.port}/json'
        self._size = width, height
        self._dark = dark
        self._number = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Page:  # noqa: PYI034 - Self needs Python 3.11
        self._http = aiohttp.ClientSession()
        async with self._http.put(f'{self._base}/new?about:blank') as reply:
            target = await reply.json()
        self._key = target['id']
        self._socket = await self._http.ws_connect(target['webSocketDebuggerUrl'], max_msg_size=0)
        self._keep(asyncio.create_task(self._read()))
        for domain in ('Page', 'Runtime', 'Network', 'Log'):
            await self.send(f'{domain}.enable')
        await self.resize(*self._size)
        await self.prefer(self._dark)
        # Every page behaves as if it were in front: others draw nothing.
        await self.send('Emulation.setFocusEmulationEnabled', enabled=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        async with self._http.get(f'{self._base}/close/{self._key}'):
            pass
        await self._http.close()

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the protocol; returns its result."""
        self._number += 1
        future = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = future
        await self._socket.send_json({'id': self._number, 'method': method, 'params': parameters})
        return await asyncio.wait_for(future, PATIENCE)

    async def resize(self, width: int, height: int, phone: bool = False) -> None:
        """Change the window."""
        await self.send(
            'Emulation.setDeviceMetricsOverride',
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )

    async def prefer(self, dark: bool) -> None:
        """Say what the system prefers."""
        value = 'dark' if dark else 'light'
        features = [{'name': 'prefers-color-scheme', 'value': value}]
        await self.send('Emulation.setEmulatedMedia', features=features)

    async def open(self, address: str) -> None:
        """Go to a page."""
        await self.send('Page.navigate', url=address)

    async def run(self, script: str) -> Any:
        """The value of an expression of JavaScript; promises are awaited."""
        result = await self.send(
            'Runtime.evaluate', expression=script, awaitPromise=True, returnByValue=True
        )
        if 'exceptionDetails' in result:
            raise AssertionError(result['exceptionDetails'])
        return result['result'].get('value')

    async def until(self, script: str) -> Any:
        """Wait until an expression is true; returns its value."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while not (value := await self.run(script)):
            assert asyncio.get_running_loop().time() < end, f'not within {PATIENCE} s: {script}'
            await asyncio.sleep(0.1)
        return value

    async def mouse(self, kind: str, x: float, y: float, pressed: bool = False) -> None:
        """Move the mouse, press its left button, or release it."""
        await self.send(
            'Input.dispatchMouseEvent',
            type=kind,
            x=x,
            y=y,
            button='none' if kind == 'mouseMoved' and not pressed else 'left',
            buttons=int(pressed),
            clickCount=1,
        )

    async def click(self, selector: str) -> None:
        """Click the middle of an element, once it can be seen."""
        x, y = await self.until(
            f'(() => {{ const one = document.querySelector({json.dumps(selector)});'
            ' if (!one || !one.getClientRects().length || one.disabled) return null;'
            " one.scrollIntoView({ block: 'center' }); const box = one.getBoundingClientRect();"
            ' return [box.left + box.width / 2, box.top + box.height / 2]; })()'
        )
        await self.mouse('mousePressed', x, y, pressed=True)
        await self.mouse('mouseReleased', x, y)

    async def type(self, selector: str, text: str) -> None:
        """Click an element and type into it."""
        await self.click(selector)
        await self.send('Input.insertText', text=text)

    async def key(self, key: str) -> None:
        """Press and release a key."""
        for kind in ('keyDown', 'keyUp'):
            await self.send('Input.dispatchKeyEvent', type=kind, key=key)

    async def picture(self, path: Path, whole: bool = False) -> None:
        """Write a screenshot as PNG; of the whole page, or of the window."""
        shot = await self.send('Page.captureScreenshot', format='png', captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot['data']))

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if 'id' in said:
                future = self._waiting.pop(said['id'])
                if not future.done():
                    future.set_result(said.get('result', {'error': said.get('error')}))
            else:
                self._note(said['method'], said['params'])

    def _note(self, method: str, said: dict[str, Any]) -> None:
        if method == 'Network.requestWillBeSent':
            self.requests.append(said['request']['url'])
        elif method == 'Network.webSocketCreated':
            self.requests.append(said['url'])
        elif method == 'Runtime.exceptionThrown':
            self.problems.append(str(said['exceptionDetails']))
        elif method == 'Runtime.consoleAPICalled' and said['type'] in ('error', 'warning'):
            self.problems.append(str(said['args']))
        elif method == 'Log.entryAdded' and said['entry']['level'] in ('error', 'warning'):
            self.problems.append(f'{said["entry"]["text"]} {said["entry"].get("url", "")}')

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
