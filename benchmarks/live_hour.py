# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How smoothly the page shows an hour of eight instructions; `live.py` measures it with the rest.

It is scrubbed, panned and zoomed through in a real browser: told are the time from one picture of
the screen to the next, the part of it in which the page's program draws, and the processor time of
the whole browser.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import time
from pathlib import Path
from typing import Any

from load import cpu_seconds

ROOT = Path(__file__).parents[1]
PATIENCE = 240.0
"""Seconds that loading the hour may take, on a busy machine."""


def scrub_an_hour(folder: Path) -> dict[str, Any]:
    """Frame times of the page while an hour of eight instructions is looked through."""
    from aiohttp.test_utils import TestServer

    from streamo_ros.live.access import Access
    from streamo_ros.live.review import review
    from streamo_ros.live.server import LiveServer

    browser, hour = _tool('browser'), _tool('make_hour_log')
    if not browser.find_browser():
        return {'left_out': 'there is no chromium on this machine'}
    hour.write_log(folder)
    session = review(folder)
    moves = {
        # What the browser itself takes on this machine: 16.7 ms, or what it is late.
        'nothing': '0',
        'scrub': 'streamo.lanes.pick(Math.floor(i / 200 * 3600))',
        'pan': 'streamo.lanes.pan(i % 2 ? 15 : 14)',
        'zoom': 'streamo.lanes.zoom(i % 20 < 10 ? 0.8 : 1.25)',
        'threshold': 'streamo.lanes.setThreshold((i % 100) / 100)',
    }

    async def run() -> dict[str, Any]:
        server = TestServer(LiveServer(session, Access(loopback=True)).app)
        found = {}
        with browser.Browser() as chromium:
            async with server, browser.Page(chromium) as page:
                await page.open(str(server.make_url('/')))
                loaded = f'window.streamo && streamo.feed.next >= {session.history.end}'
                end = time.monotonic() + PATIENCE
                while not await page.run(loaded):
                    assert time.monotonic() < end, 'the hour was not loaded'
                    await asyncio.sleep(0.5)
                for name, move in moves.items():
                    await page.run('streamo.lanes.costs.length = 0; streamo.lanes.showAll()')
                    spent = tree_seconds(chromium.process_id)
                    apart = await page.run(
                        '(async () => { const apart = []; let before = 0;'
                        'for (let i = 0; i < 200; i += 1) { '
                        f'{move}; const now = await new Promise(requestAnimationFrame);'
                        'if (before) apart.push(now - before); before = now; }'
                        'return apart; })()'
                    )
                    spent = tree_seconds(chromium.process_id) - spent
                    found[name] = {
                        'frame_ms': _shares(apart),
                        'drawing_ms': _shares(await page.run('streamo.lanes.costs')),
                        'processor_per_frame_ms': round(1000 * spent / (len(apart) + 1), 1),
                    }
        return found

    return asyncio.run(run())


def _shares(times: list[float]) -> dict[str, float]:
    ordered = sorted(times) or [0.0]
    return {
        'p50': round(ordered[len(ordered) // 2], 2),
        'p99': round(ordered[int(len(ordered) * 0.99)], 2),
    }


def _tool(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / 'dev' / f'{name}.py')
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tree_seconds(parent: int) -> float:
    """Processor time of a process and of all that it started: a browser is many."""
    children: dict[int, list[int]] = {}
    for entry in Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):
            above = int((entry / 'stat').read_text().rpartition(')')[2].split()[1])
            children.setdefault(above, []).append(int(entry.name))
    found, waiting = 0.0, [parent]
    while waiting:
        one = waiting.pop()
        found += cpu_seconds(one)
        waiting += children.get(one, [])
    return found
