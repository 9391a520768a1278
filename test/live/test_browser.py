# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser: `make browser`. Screenshots go to out/browser, to be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('aiohttp')
from aiohttp.test_utils import TestServer

from streamo_ros.core.decision import redecide
from streamo_ros.core.decision import Sample
from streamo_ros.core.decision import Thresholds
from streamo_ros.core.protocol import State
from streamo_ros.live.access import Access
from streamo_ros.live.commands import CommandReply
from streamo_ros.live.commands import Commands
from streamo_ros.live.history import History
from streamo_ros.live.page_picture import small_jpeg
from streamo_ros.live.past import ShownPast
from streamo_ros.live.pictures import NewestPictures
from streamo_ros.live.server import LiveServer
from streamo_ros.live.session import Session
from streamo_ros.memory.ask import Answer
from streamo_ros.memory.ask import AskOutcome
from streamo_ros.report.rows import DecisionRow
from streamo_ros.report.rows import ResponseRow
from streamo_ros.report.run_rows import InstructionRow
from streamo_ros.report.run_rows import StreamRow
from streamo_ros.report.sighting_row import SightingRow

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser
SECOND = 10**9
START = 1_790_000_000 * SECOND
FRAMES = 120
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
COUNT = """(() => { let count = 0; for (const states of streamo.lanes.marks.values())
  for (const state of states) count += state === 3; return count; })()"""


def rows() -> list:
    """Two instructions over two minutes: one with a cooldown, one whose text is hostile."""
    made = [
        StreamRow('kitchen.mp4', '', 1.0, {'model': 'streamo-tiny', 'context_capacity': 900}),
        InstructionRow(1, 'tell me when somebody comes in', cooldown=5.0),
        InstructionRow(2, HOSTILE),
    ]
    for second in range(FRAMES):
        stamp = START + second * SECOND
        for key in (1, 2):
            response = ((second * 37 + key * 11) % 100) / 100
            silence = round((1 - response) * 0.7, 6)
            chances = (silence, round(1 - response - silence, 6), response)
            said = redecide([Sample(stamp, chances)], Thresholds())[0]
            made.append(
                DecisionRow(
                    stamp, key, said.name, chances, frame_index=second, latency=0.03 + key / 100
                )
            )
            if said is State.RESPONSE and second % 5 == 0:
                made.append(ResponseRow(stamp, key, second + 1, f'Answer {second}. {HOSTILE}'))
    return made


def make_session(frame: Callable, live: bool = False) -> Session:
    session = Session(History(10000), NewestPictures(10**7), live=live)
    picture = small_jpeg(frame(0, size=(240, 320)).image)
    for row in rows():
        session.take(row)
        if isinstance(row, DecisionRow) and row.instruction_id == 1:
            session.show(row.stamp, picture)
    return session


@pytest.fixture
def browse(browser, chromium):
    """Runs a test with a page of a session, and checks what must hold for every page."""
    return partial(open_page, partial(browser.Page, chromium))


def open_page(
    new_page: Callable,
    session: Session,
    test: Callable[..., Awaitable[None]],
    past=None,
    commands=None,
    **window,
) -> None:
    async def run() -> None:
        server = TestServer(LiveServer(session, Access(loopback=True), commands, past).app)
        async with server, new_page(**window) as page:
            await page.open(str(server.make_url('/')))
            await page.until(f'window.streamo && streamo.store.frames.length === {FRAMES}')
            await test(page)
            here = str(server.make_url('/')).split('//')[1]
            assert not page.problems
            assert all(one.split('//')[1].startswith(here) for one in page.requests)

    asyncio.run(asyncio.wait_for(run(), 240))


def test_page_loads_and_texts_of_model_and_user_stay_text(frame, browse):
    async def test(page):
        await page.until('document.querySelectorAll("#answers li").length > 5')
        await page.until('!document.getElementById("picture").hidden')
        assert await page.run('document.title') == 'streamo live'
        assert await page.run('document.querySelectorAll("main script, #lanes img").length') == 0
        texts = await page.run(
            '[...document.querySelectorAll(".lane .text")].map((one) => one.textContent)'
        )
        assert texts == ['tell me when somebody comes in', HOSTILE]
        unnamed = await page.run(
            '[...document.querySelectorAll("button, input, select, canvas")].filter((one) =>'
            ' !one.ariaHidden && !one.closest("dialog, [hidden]") && !(one.textContent.trim()'
            ' || one.getAttribute("aria-label") || one.labels?.length))'
            '.map((one) => one.outerHTML)'
        )
        assert unnamed == []

    browse(make_session(frame), test)


def test_dragging_the_mark_gives_what_the_core_would_decide(frame, browse):
    samples = {
        key: [
            Sample(row.stamp, row.probabilities)
            for row in rows()
            if isinstance(row, DecisionRow) and row.instruction_id == key
        ]
        for key in (1, 2)
    }

    async def test(page):
        await page.until('document.querySelectorAll(".lane canvas").length === 2')
        box = await page.run(
            '(() => { const b = document.querySelector(".lane canvas").getBoundingClientRect();'
            ' return [b.left, b.right, b.bottom]; })()'
        )
        left, right, bottom = box
        x = (left + right) / 2
        # From the foot of the plot, where the mark is, upward.
        await page.mouse('mousePressed', x, bottom - 16, pressed=True)
        seen = set()
        for part in range(10):
            await page.mouse('mouseMoved', x, bottom - 20 - 3 * part, pressed=True)
            await page.run('new Promise(requestAnimationFrame)')
            threshold = await page.run('streamo.lanes.thresholds.response')
            await page.run('streamo.lanes.draw()')
            wanted = sum(
                redecide(samples[key], Thresholds(response=threshold), cooldown).count(
                    State.RESPONSE
                )
                for key, cooldown in ((1, 5 * SECOND), (2, 0))
            )
            assert await page.run(COUNT) == wanted
            assert str(wanted) in await page.run('document.getElementById("verdict").textContent')
            seen.add(threshold)
        await page.mouse('mouseReleased', x, bottom - 47)
        assert len(seen) > 4
        await page.run('document.getElementById("reset").click()')
        assert await page.run('streamo.lanes.threshold') is None

    browse(make_session(frame), test)


class Noted(Commands):
    """Notes the thresholds that it is asked to set."""

    def __init__(self) -> None:
        self.asked = []

    async def set_thresholds(self, thresholds):
        self.asked.append(thresholds)
        return CommandReply(True)


@pytest.mark.parametrize('gate', [False, True])
def test_threshold_that_is_applied_is_that_of_who_decides(frame, browse, gate):
    session, noted = make_session(frame, live=True), Noted()
    thresholds = {'response': 0.35 if gate else 0.0, 'standby': 0.0, 'gate': gate}
    session.take(StreamRow('kitchen.mp4', '', 1.0, {}, thresholds))
    samples = [
        Sample(row.stamp, row.probabilities)
        for row in rows()
        if isinstance(row, DecisionRow) and row.instruction_id == 2
    ]
    wanted = Thresholds(0.4 if gate else 0.0, 0.8, scored=gate)
    name = 'activation' if gate else 'response'

    async def test(page):
        await page.run('streamo.lanes.setThreshold(0.8); streamo.lanes.draw()')
        assert await page.run('document.getElementById("parameter").textContent') == (
            f'thresholds.{name}'
        )
        states = await page.run('[...streamo.lanes.marks.get(2)]')
        assert states == [int(state) for state in redecide(samples, wanted)]
        await page.run('document.getElementById("apply").click()')
        await page.until('streamo.lanes.threshold === null')
        assert noted.asked == [{name: 0.8}]
        await page.run('streamo.lanes.setThreshold(0)')
        assert await page.run('streamo.lanes.threshold') == (0.01 if gate else 0)

    browse(session, test, commands=noted)


def test_keys_step_zoom_and_jump_to_answers(frame, browse):
    async def test(page):
        await page.key('ArrowLeft')
        assert await page.run('streamo.lanes.cursor') == FRAMES - 2
        await page.key('j')
        answers = [row for row in rows() if isinstance(row, ResponseRow)]
        last = max(
            (row.stamp - START) / SECOND for row in answers if row.stamp < START + 118 * SECOND
        )
        assert await page.run('streamo.lanes.cursor') == last
        assert 'response' in await page.until('document.getElementById("readout").textContent')
        before = await page.run('streamo.lanes.view.to - streamo.lanes.view.from')
        await page.key('+')
        assert await page.run('streamo.lanes.view.to - streamo.lanes.view.from') == before / 2

    browse(make_session(frame), test)


def test_page_catches_up_after_a_break(frame, browse):
    session = make_session(frame, live=True)

    async def test(page):
        await page.run('streamo.feed.socket.close()')
        session.take(DecisionRow(START + FRAMES * SECOND, 1, 'SILENCE', (0.9, 0.1, 0.0)))
        await page.until(f'streamo.store.frames.length === {FRAMES + 1}')
        assert await page.run('streamo.store.lanes.get(1).length') == FRAMES + 1
        assert await page.run('document.getElementById("link").textContent') == 'live'

    browse(session, test)


@pytest.mark.parametrize('pixels', [False, True])
def test_boxes_are_drawn_where_things_are_and_can_be_left_out(frame, browse, pixels):
    session = make_session(frame)
    newest = START + (FRAMES - 1) * SECOND
    # The camera's picture is larger than the one that is shown: 640 x 480.
    edges = (320.0, 240.0, 480.0, 360.0) if pixels else (0.5, 0.5, 0.75, 0.75)
    session.show(newest, small_jpeg(frame(0, size=(240, 320)).image), (640, 480))
    session.take(SightingRow(newest, (('cup', 0.8, *edges),), pixels))
    painted = """(() => { const c = document.getElementById('boxes');
      const i = document.getElementById('picture');
      const high = c.clientHeight, wide = high * i.naturalWidth / i.naturalHeight;
      const copy = document.createElement('canvas');
      Object.assign(copy, { width: c.width, height: c.height });
      const paper = copy.getContext('2d', { willReadFrequently: true });
      paper.drawImage(c, 0, 0);
      const left = (c.clientWidth - wide) / 2, scale = window.devicePixelRatio || 1;
      const at = (x, y) => paper.getImageData(
        Math.round((left + x * wide) * scale), Math.round(y * high * scale), 1, 1).data[3] > 0;
      return [at(0.625, 0.75), at(0.75, 0.65), at(0.625, 0.65), at(0.3, 0.3)]; })()"""

    async def test(page):
        await page.until(f'!document.getElementById("picture").hidden && {painted}[0]')
        assert await page.run(painted) == [True, True, False, False]
        assert (await page.run('document.getElementById("picture").alt')).endswith(': cup')
        await page.key('b')
        assert await page.run(painted) == [False] * 4
        assert await page.run('document.getElementById("boxed").ariaPressed') == 'false'
        await page.key('b')
        await page.run('streamo.lanes.pick(3)')
        await page.until('!document.getElementById("picture").alt.includes("cup")')
        assert await page.run(painted) == [False] * 4

    browse(session, test)


class Remembered(ShownPast):
    """Remembers the door, at a frame that the page has and at one from long before."""

    async def ask(self, question):
        if 'door' not in question:
            return Answer(AskOutcome.NOT_FOUND, message=f'the record says nothing of {HOSTILE}')
        evidence = (START - 3600 * SECOND, START + 40 * SECOND)
        return Answer(AskOutcome.ANSWERED, f'From the record: twice. {HOSTILE}', '', evidence, 0.9)

    async def picture(self, stamp):
        return small_jpeg(np.full((90, 120, 3), 120, np.uint8))


@pytest.mark.parametrize('width', [1440, 390])
def test_question_about_the_past_gets_its_answer_and_leads_to_the_frame(frame, browse, width):
    session = make_session(frame)
    session.tell(remembers=True)
    shown = 'document.getElementById("picture").src'

    async def ask(page, question):
        await page.run(
            f'document.querySelector("#past input").value = {question!r};'
            'document.querySelector("#past button").click()'
        )

    async def test(page):
        await page.until('!document.getElementById("past").hidden')
        await ask(page, 'when did the door open?')
        await page.until('document.querySelectorAll(".evidence img").length === 2')
        assert HOSTILE in await page.run('document.querySelector("#found .answered").textContent')
        await page.until(
            '[...document.querySelectorAll(".evidence img")].every((i) => i.complete)'
        )
        folder = ROOT / 'out' / 'browser'
        folder.mkdir(parents=True, exist_ok=True)
        await page.run('document.getElementById("found").scrollIntoView({ block: "center" })')
        await page.picture(folder / f'past_{width}.png')
        assert await page.run('document.documentElement.scrollWidth') <= width
        await page.run('document.querySelectorAll(".evidence button")[1].click()')
        assert await page.run('streamo.lanes.cursor') == 40
        await page.run('document.querySelectorAll(".evidence button")[0].click()')
        assert 'memory' in await page.run('document.getElementById("caption").textContent')
        await page.until(f'{shown}.endsWith("{START - 3600 * SECOND}")')
        await page.run('streamo.lanes.pick(3)')
        await page.until(f'{shown}.endsWith("{START + 3 * SECOND}")')
        await ask(page, 'when did the phone ring?')
        await page.until('Boolean(document.querySelector("#found .missing"))')
        assert HOSTILE in await page.run('document.getElementById("found").textContent')

    browse(session, test, past=Remembered(), width=width)


def test_without_a_memory_there_is_no_box_to_ask(frame, browse):
    async def test(page):
        assert await page.run('document.getElementById("past").hidden')

    browse(make_session(frame), test)


@pytest.mark.parametrize(('width', 'height'), [(1440, 900), (390, 844)])
@pytest.mark.parametrize('dark', [False, True])
def test_nothing_is_wider_than_the_window(frame, browse, width, height, dark):
    folder = ROOT / 'out' / 'browser'
    folder.mkdir(parents=True, exist_ok=True)

    async def test(page):
        await page.resize(width, height, phone=width < 500)
        await page.until('!document.getElementById("picture").hidden')
        await page.run('new Promise((done) => setTimeout(done, 300))')
        assert await page.run('document.documentElement.scrollWidth') <= width
        await page.picture(folder / f'{width}{"_dark" if dark else ""}.png')

    browse(make_session(frame), test, width=width, height=height, dark=dark)
