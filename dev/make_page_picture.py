# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Takes README.md's picture of the page: a real video, watched by the embedded `streamo-objects`.

    .venv/bin/python dev/make_page_picture.py CLIP docs/images/live.webp

The video is replayed, what came of it is shown as `streamo live` shows it, and chromium takes the
picture, at the newest answer whose frame has boxes. Nothing is drawn into it. A folder that
`streamo replay --output` left may stand for CLIP.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
import tempfile
from pathlib import Path

from aiohttp.test_utils import TestServer
from PIL import Image

from browser import Browser
from browser import Page
from streamo_ros.live.access import Access
from streamo_ros.live.review import review
from streamo_ros.live.server import LiveServer
from streamo_ros.live.session import Session
from streamo_ros.replay.command import main as replay

INSTRUCTIONS = (
    'tell me when someone comes in',
    'tell me when the person leaves',
    'how many people are there? again when it changes',
    'let me know when a dog appears',
)
WIDTH, HEIGHT = 1440, 1040
QUALITY = 82
LARGEST = 1_000_000
"""Bytes that a picture in README.md may have."""


def watch(clip: Path, folder: Path) -> Path:
    """Replay a video; returns the folder of what came of it."""
    options = [part for text in INSTRUCTIONS for part in ('--instruction', text)]
    if replay([str(clip), '--model', 'objects', '--output', str(folder), *options]):
        raise SystemExit('the replay failed')
    return folder


def moment(session: Session) -> float:
    """Seconds of the newest answer whose frame has boxes, else of the newest answer."""
    _, records = session.history.after(0, session.history.end)
    boxed = {record[2] for record in records if record[0] == 'b'}
    answers = [record for record in records if record[0] == 'a']
    if not answers:
        raise SystemExit('nothing was said: choose another clip')
    return float(next((one for one in answers[::-1] if one[2] in boxed), answers[-1])[1])


async def take(session: Session) -> bytes:
    """The page as a PNG file."""
    at = moment(session)
    # Not where it lies on this machine.
    session.tell(source=Path(str(session.facts['source'])).name)
    async with TestServer(LiveServer(session, Access(loopback=True)).app) as server:
        with Browser() as browser:
            async with Page(browser, WIDTH, HEIGHT) as page:
                await page.open(str(server.make_url('/')))
                await page.until('window.streamo && streamo.store.answers.length')
                await page.until(f'streamo.feed.next >= {session.history.end}')
                await page.run(f'streamo.lanes.showAll(); streamo.lanes.pick({at})')
                await page.until(
                    'streamo.frame.drawn && streamo.frame.drawn === streamo.frame.wanted'
                )
                await page.run('new Promise((done) => setTimeout(done, 500))')
                with tempfile.TemporaryDirectory() as folder:
                    file = Path(folder, 'page.png')
                    await page.picture(file)
                    return file.read_bytes()


def main() -> int:
    """Write the picture."""
    parser = argparse.ArgumentParser(description='Take the picture of the page for README.md.')
    parser.add_argument('clip', type=Path, help='a video, or the output of streamo replay')
    parser.add_argument('picture', type=Path, help='the .webp file to write')
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = given.clip if given.clip.is_dir() else watch(given.clip, Path(folder, 'out'))
        png = asyncio.run(take(review(done)))
    Image.open(io.BytesIO(png)).convert('RGB').save(given.picture, quality=QUALITY, method=6)
    size = given.picture.stat().st_size
    print(f'{given.picture}: {WIDTH} x {HEIGHT}, {size / 1e3:.0f} kB')
    return int(size > LARGEST)


if __name__ == '__main__':
    sys.exit(main())
