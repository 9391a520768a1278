# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the page costs the node, and how long the page takes to draw an hour.

A camera, a node and the page's process run all the time; blocks without a client take turns with
blocks of twenty that read everything and fetch each picture, and one that reads nothing. Compared
is the node's own latency of each frame, and its processor time. Then, where there is a chromium,
an hour of eight instructions is scrubbed, panned and zoomed through, and each drawing is timed.

    .venv/bin/python benchmarks/live.py --output benchmarks/live.json
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
from load import cpu_seconds
from load import PUBLISHER

ROOT = Path(__file__).parents[1]
CLIENTS = 20
PATIENCE = 240.0
"""Seconds that a process may take to start, on a busy machine."""
SETTLE = 2.0
"""Seconds of a block that are not counted."""


@contextlib.contextmanager
def process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with this."""
    with log.open('w') as output:
        running = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


class Latencies:
    """What the node says of each frame."""

    def __init__(self) -> None:
        import rclpy
        from streamo_ros.msg import FrameState

        self.heard: list[float] = []
        rclpy.init()
        self._spin = rclpy.spin_once
        self._node = rclpy.create_node('live_latencies')
        self._node.create_subscription(
            FrameState, '/streamo/frame_state', lambda one: self.heard.append(one.latency), 10
        )

    async def listen(self, seconds: float) -> list[float]:
        """The latencies of a while, seconds."""
        self.heard.clear()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.to_thread(self._spin, self._node, timeout_sec=0.2)
        return [*self.heard]


async def read_page(http: aiohttp.ClientSession) -> None:
    """One page: everything that is told, and each newest picture."""
    async with http.ws_connect('/events') as page:
        async for message in page:
            records = json.loads(message.data).get('records', [])
            if stamps := [record[2] for record in records if record[0] == 'p']:
                async with http.get(f'/picture/{stamps[-1]}') as reply:
                    await reply.read()


def stall(port: int) -> socket.socket:
    """A client that opens the socket of a page and then reads nothing."""
    client = socket.create_connection(('127.0.0.1', port))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    client.sendall(
        f'GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n'
        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'.encode()
    )
    return client


async def measure(address: str, node: int, seconds: float, blocks: int) -> dict[str, Any]:
    """Blocks without clients and with them in turn: latency and processor time."""
    latencies = Latencies()
    found: dict[bool, list[float]] = {False: [], True: []}
    processor: dict[bool, list[float]] = {False: [], True: []}
    end = time.monotonic() + PATIENCE
    while not await latencies.listen(SETTLE):
        assert time.monotonic() < end, 'the node decides nothing'
    port = int(address.rstrip('/').rpartition(':')[2])
    async with aiohttp.ClientSession(address) as http:
        for block in range(blocks):
            watched = block % 4 in (1, 2)
            clients = [asyncio.create_task(read_page(http)) for _ in range(CLIENTS * watched)]
            stalled = stall(port) if watched else None
            await latencies.listen(SETTLE)
            before = cpu_seconds(node)
            heard = await latencies.listen(seconds)
            found[watched] += heard
            processor[watched].append((cpu_seconds(node) - before) / max(1, len(heard)))
            for client in clients:
                assert not client.done(), f'a client was lost: {client}'
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)
            if stalled is not None:
                stalled.close()
    without, beside = (
        {
            'frames': len(found[watched]),
            'latency_p50_ms': round(1000 * statistics.median(found[watched]), 3),
            'latency_p90_ms': round(1000 * statistics.quantiles(found[watched], n=10)[-1], 3),
            'processor_per_frame_ms': round(1000 * statistics.median(processor[watched]), 3),
        }
        for watched in (False, True)
    )
    return {
        'without_clients': without,
        'with_clients': beside,
        'ratio_latency_p50': round(beside['latency_p50_ms'] / without['latency_p50_ms'], 4),
        'ratio_processor': round(
            beside['processor_per_frame_ms'] / without['processor_per_frame_ms'], 4
        ),
    }


def beside_the_node(folder: Path, seconds: float, blocks: int) -> dict[str, Any]:
    """Start everything, and measure."""
    python, page_log = sys.executable, folder / 'page.log'
    node = [python, '-m', 'streamo_ros.node.main', '--ros-args', '-p', 'sampling.rate:=5.0']
    node += ['-p', "instructions:=['tell me when a red star appears']"]
    page = [python, '-m', 'streamo_ros.cli', 'live', '--port', '0']
    camera = [python, '-c', PUBLISHER, '320', '240', '10', 'raw']
    with (
        process(node, folder / 'node.log') as watching,
        process(page, page_log),
        process(camera, folder / 'camera.log'),
    ):
        end = time.monotonic() + PATIENCE
        while not (found := re.search(r'^page: (\S+)$', page_log.read_text(), re.M)):
            assert time.monotonic() < end, f'no page: {page_log.read_text()}'
            time.sleep(0.2)
        return asyncio.run(measure(found[1], watching.pid, seconds, blocks))


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
                    await page.run(
                        '(async () => { for (let i = 0; i < 200; i += 1) { '
                        f'{move}; await new Promise(requestAnimationFrame); }} }})()'
                    )
                    costs = sorted(await page.run('streamo.lanes.costs'))
                    found[name] = {
                        'drawings': len(costs),
                        'p50_ms': round(costs[len(costs) // 2], 2),
                        'p99_ms': round(costs[int(len(costs) * 0.99)], 2),
                    }
        return found

    return asyncio.run(run())


def _tool(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / 'dev' / f'{name}.py')
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Measure, and print or write JSON."""
    parser = argparse.ArgumentParser(description='What the page costs.')
    parser.add_argument('--seconds', type=float, default=20, help='of a block')
    parser.add_argument('--blocks', type=int, default=8, help='a multiple of 4')
    parser.add_argument('--output', type=Path, help='the JSON file to write')
    given = parser.parse_args()
    row: dict[str, Any] = {
        'cores': os.cpu_count(),
        'load_average': round(os.getloadavg()[0], 1),
        'clients': CLIENTS,
        'stalled_clients': 1,
        'seconds_per_block': given.seconds,
    }
    for name, part in (
        ('node', lambda folder: beside_the_node(folder, given.seconds, given.blocks)),
        ('hour_of_eight_instructions', scrub_an_hour),
    ):
        with tempfile.TemporaryDirectory() as folder:
            row[name] = part(Path(folder))
        print(json.dumps({name: row[name]}, indent=1), flush=True)
        # Also where the second part fails: the first one takes minutes.
        if given.output:
            given.output.write_text(json.dumps(row, indent=1) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
