# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the page costs the node, and how smoothly the page shows an hour.

A camera, a node and the page's process run all the time; blocks without a client take turns with
blocks of twenty that read everything and fetch each picture, one that reads nothing, and one whose
machine goes away without a word. Two blocks beside each other are a pair, and each pair gives a
ratio, so that what else a machine does falls on both; told are the median ratio and the middle
half of them. Compared is the node's own latency of each frame, and its processor time, which
waiting for a busy processor does not change. Then, where there is a chromium, an hour is looked
through, see `live_hour`.

    .venv/bin/python benchmarks/live.py --output benchmarks/live.json
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import NamedTuple

import aiohttp
from live_hour import scrub_an_hour
from load import PUBLISHER

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


class Block(NamedTuple):
    """What a block gave, in seconds: medians over its frames, and processor time per frame."""

    frames: int
    latency: float
    processor: float
    worker: float


def processor_seconds(pid: int) -> dict[str, float]:
    """Processor time by thread."""
    found = {}
    for thread in Path(f'/proc/{pid}/task').iterdir():
        with contextlib.suppress(OSError):
            found[thread.name] = int((thread / 'schedstat').read_text().split()[0]) / 1e9
    return found


async def listen(latencies: Latencies, node: int, seconds: float) -> Block:
    """One block."""
    before = processor_seconds(node)
    heard = await latencies.listen(seconds)
    spent = {key: value - before.get(key, 0.0) for key, value in processor_seconds(node).items()}
    assert heard, 'the node decides nothing'
    # The thread that decides is the busiest one.
    each = (sum(spent.values()) / len(heard), max(spent.values()) / len(heard))
    return Block(len(heard), statistics.median(heard), *each)


@contextlib.asynccontextmanager
async def pages(address: str) -> AsyncIterator[None]:
    """Twenty pages that read, one that does not, one that is gone."""
    port = int(address.rstrip('/').rpartition(':')[2])
    async with aiohttp.ClientSession(address) as http:
        clients = [asyncio.create_task(read_page(http)) for _ in range(CLIENTS)]
        stalled, gone = stall(port), stall(port)
        # No farewell: what is sent there is answered with a reset.
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        gone.close()
        try:
            yield
            assert not any(client.done() for client in clients), f'clients were lost: {clients}'
        finally:
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)
            stalled.close()


async def measure(address: str, node: int, seconds: float, pairs: int) -> dict[str, Any]:
    """Pairs of blocks, without clients and with them, each other pair the other way round."""
    latencies = Latencies()
    end = time.monotonic() + PATIENCE
    while not await latencies.listen(SETTLE):
        assert time.monotonic() < end, 'the node decides nothing'
    found: list[dict[bool, Block]] = []
    for pair in range(pairs):
        blocks: dict[bool, Block] = {}
        for watched in (False, True)[:: 1 - 2 * (pair % 2)]:
            async with pages(address) if watched else contextlib.nullcontext():
                await latencies.listen(SETTLE)
                blocks[watched] = await listen(latencies, node, seconds)
        found.append(blocks)
    return {
        'pairs': pairs,
        'without_clients': _describe([blocks[False] for blocks in found]),
        'with_clients': _describe([blocks[True] for blocks in found]),
        'ratios': {
            name: _spread([getattr(one[True], name) / getattr(one[False], name) for one in found])
            for name in ('latency', 'processor', 'worker')
        },
    }


def _describe(blocks: list[Block]) -> dict[str, Any]:
    def median(name: str) -> float:
        return round(1000 * statistics.median(getattr(block, name) for block in blocks), 3)

    return {
        'frames': sum(block.frames for block in blocks),
        'latency_p50_ms': median('latency'),
        'processor_per_frame_ms': median('processor'),
        'worker_per_frame_ms': median('worker'),
    }


def _spread(ratios: list[float]) -> dict[str, float]:
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {'median': round(middle, 4), 'quarter': round(low, 4), 'three_quarters': round(high, 4)}


def beside_the_node(folder: Path, seconds: float, pairs: int) -> dict[str, Any]:
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
        return asyncio.run(measure(found[1], watching.pid, seconds, pairs))


def main() -> int:
    """Measure, and print or write JSON."""
    parser = argparse.ArgumentParser(description='What the page costs.')
    parser.add_argument('--seconds', type=float, default=8, help='of a block')
    parser.add_argument('--pairs', type=int, default=16, help='of blocks')
    parser.add_argument('--output', type=Path, help='the JSON file to write')
    given = parser.parse_args()
    row: dict[str, Any] = {
        'cores': os.cpu_count(),
        'clients': CLIENTS,
        'stalled_clients': 1,
        'lost_clients': 1,
        'seconds_per_block': given.seconds,
    }
    for name, part in (
        ('node', lambda folder: beside_the_node(folder, given.seconds, given.pairs)),
        ('hour_of_eight_instructions', scrub_an_hour),
    ):
        with tempfile.TemporaryDirectory() as folder:
            row[name] = part(Path(folder))
        row[name]['load_average'] = round(os.getloadavg()[0], 1)
        print(json.dumps({name: row[name]}, indent=1), flush=True)
        # Also where the second part fails: the first one takes minutes.
        if given.output:
            given.output.write_text(json.dumps(row, indent=1) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
