# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser, beside a real node on a ROS graph: `make browser`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip('aiohttp')

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

ACTIVE = 'window.streamo && streamo.store.facts.node_state === "active"'
CAMERA = 'streamo.store.facts.source.includes("/image")'
ANSWERS = '[...document.querySelectorAll("#answers .answer b")].map((one) => one.textContent)'
STAMPS = 'streamo.store.answers.map((one) => one.stamp)'
FRAMES = '[...new Set(streamo.store.frames.map((one) => String(one.stamp)))]'


@pytest.fixture
def browse(browser, chromium):
    """Runs a test with tabs of a page; none may complain, or ask another host for anything."""

    def browse(page, test: Callable[..., Awaitable[None]], tabs: int = 1, spotless=True) -> None:
        async def run() -> None:
            async with contextlib.AsyncExitStack() as stack:
                opened = [
                    await stack.enter_async_context(browser.Page(chromium)) for _ in range(tabs)
                ]
                for tab in opened:
                    await tab.open(page.address)
                    await tab.until(ACTIVE)
                await test(*opened)
                here = page.address.split('//')[1]
                for tab in opened:
                    assert all(one.split('//')[1].startswith(here) for one in tab.requests)
                    assert not (spotless and tab.problems)

        asyncio.run(asyncio.wait_for(run(), 200))

    return browse


@contextlib.asynccontextmanager
async def filming(camera: Any, first: int = 1000) -> AsyncIterator[None]:
    """A camera that goes on for as long as this lasts: seven seconds of its time in one."""

    async def film() -> None:
        second = first
        while True:
            camera.show(second)
            second += 1
            await asyncio.sleep(0.15)

    task = asyncio.create_task(film())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def instruct(tab, text: str) -> None:
    await tab.type('#ask [name=text]', text)
    await tab.click('#ask .strong')
    await tab.until('document.getElementById("asked").textContent')


def stamp_of(message) -> str:
    return str(message.header.stamp.sec * 10**9 + message.header.stamp.nanosec)


def test_instruction_of_the_page_gets_its_answer_on_the_page_and_on_the_topic(
    start, peer, page, browse
) -> None:
    from rcl_interfaces.srv import GetParameters
    from streamo_ros.msg import InstructionArray
    from streamo_ros.msg import Response

    start()
    heard = peer.hear('~/response', Response)
    watched = peer.hear('~/instructions', InstructionArray, latched=True)
    camera = peer.camera().matched()

    async def test(tab) -> None:
        await tab.until(CAMERA)
        await instruct(tab, 'Tell me when the kettle boils.')
        async with filming(camera):
            await tab.until(f'{ANSWERS}.includes("It boils.")')
            await tab.until(
                '[...document.querySelectorAll("#answers img")].every(i => i.complete)'
            )
        assert await tab.run('document.querySelector("#answers img").naturalWidth') > 0
        assert stamp_of(heard[0]) in await tab.run(STAMPS)
        assert heard[0].text == 'It boils.'

        await drag_the_mark_up(tab)
        wanted = await tab.run('streamo.lanes.thresholds.response')
        assert 0.2 < wanted < 0.95
        await tab.click('#apply')
        await tab.until(f'streamo.store.facts.thresholds.response === {wanted}')
        assert await tab.until('document.getElementById("apply").hidden')
        name = 'thresholds.response'
        reply = await asyncio.to_thread(peer.call, '~/get_parameters', GetParameters, names=[name])
        assert reply.values[0].double_value == wanted

        await tab.click('.lane .name button')
        await tab.until('document.querySelector(".lane").classList.contains("over")')
        assert await tab.run('document.querySelector(".lane .name button").hidden')
        assert not watched[-1].instructions

    browse(page, test)


async def drag_the_mark_up(tab) -> None:
    """Drag the threshold's mark, which starts at the foot of the plot, into its upper half."""
    left, right, bottom = await tab.run(
        '(() => { const one = document.querySelector(".lane canvas");'
        ' one.scrollIntoView({ block: "center" }); const box = one.getBoundingClientRect();'
        ' return [box.left, box.right, box.bottom]; })()'
    )
    x = (left + right) / 2
    await tab.mouse('mousePressed', x, bottom - 16, pressed=True)
    for up in (24, 32, 40, 46):
        await tab.mouse('mouseMoved', x, bottom - up, pressed=True)
    await tab.mouse('mouseReleased', x, bottom - 46)


def test_two_tabs_see_the_same_and_each_may_cancel_what_the_other_set(
    start, peer, page, browse
) -> None:
    start()
    camera = peer.camera().matched()

    async def test(one, other) -> None:
        await one.until(CAMERA)
        await instruct(one, 'kettle')
        await instruct(other, 'Say it always.')
        async with filming(camera):
            for tab in (one, other):
                await tab.until(f'{ANSWERS}.includes("It boils.")')
                await tab.until(f'{ANSWERS}.includes("Yes, here it is.")')
        for tab in (one, other):
            await tab.until('document.querySelectorAll(".lane").length === 2')
        await other.click('.lane:first-child .name button')
        await one.until('document.querySelector(".lane").classList.contains("over")')
        await one.click('.lane:last-child .name button')
        await other.until('document.querySelectorAll(".lane.over").length === 2')
        assert await one.run(STAMPS) == await other.run(STAMPS)

    browse(page, test, tabs=2)


def test_tab_that_was_away_while_the_node_was_killed_catches_up_with_one_that_stayed(
    start, meet, page, browse
) -> None:
    first = start(instructions="['kettle']")
    camera = meet().camera().matched()

    async def test(away, stayed) -> None:
        await stayed.until(CAMERA)
        async with filming(camera):
            for tab in (away, stayed):
                await tab.until(f'{ANSWERS}.includes("It boils.")')
            await away.run('streamo.feed.wait = 1e9; streamo.feed.socket.close()')
            await away.until('document.getElementById("link").textContent.includes("lost")')
            first.process.kill()
            first.process.wait()
        await stayed.until('document.getElementById("health").textContent.includes("not seen")')
        before = await stayed.run('streamo.store.answers.length')
        start(instructions="['kettle']")
        await stayed.until(ACTIVE)
        next_camera = await asyncio.to_thread(lambda: meet().camera().matched())
        async with filming(next_camera, 2000):
            await stayed.until(f'streamo.store.answers.length > {before}')
        await away.run('streamo.feed.wait = 500; streamo.feed.connect()')
        await away.until(f'streamo.feed.next === {await stayed.run("streamo.feed.next")}')
        for shown in (FRAMES, STAMPS):
            assert await away.run(shown) == await stayed.run(shown)
        said = await stayed.run('streamo.store.answers.length')
        await away.until(f'{ANSWERS}.length === {said}')
        stamps = [int(stamp) // 10**9 for stamp in await away.run(FRAMES)]
        assert min(stamps) < 2000 <= max(stamps)
        assert await away.run('document.getElementById("link").textContent') == 'live'

    browse(page, test, tabs=2)


def test_tab_goes_on_when_the_process_of_the_page_is_killed_and_started_again(
    start, peer, page, start_page, browse
) -> None:
    start(instructions="['kettle']")
    camera = peer.camera().matched()

    async def test(tab) -> None:
        async with filming(camera):
            await tab.until(f'{ANSWERS}.includes("It boils.")')
            before = await tab.run('streamo.store.facts.epoch')
            page.kill()
            await tab.until('document.getElementById("link").textContent.includes("lost")')
            port = int(page.address.rstrip('/').rpartition(':')[2])
            await asyncio.to_thread(start_page, port=port)
            await tab.until(f'streamo.store.facts.epoch !== "{before}"')
            await tab.until(f'{ANSWERS}.includes("It boils.")')
        assert await tab.run('document.getElementById("link").textContent') == 'live'

    # A browser notes by itself that a connection was refused.
    browse(page, test, spotless=False)


def test_question_of_the_page_is_answered_by_the_memory_of_the_node(
    store, start_page, browse
) -> None:
    async def test(tab) -> None:
        await tab.type('#past [name=question]', 'When did the kettle boil?')
        await tab.click('#past button')
        await tab.until('Boolean(document.querySelector("#found .answered"))')
        await tab.until('document.querySelector(".evidence img")?.naturalWidth > 0')
        await tab.click('.evidence button')
        await tab.until('document.getElementById("caption").textContent.includes("memory")')
        await tab.type('#past [name=question]', ' Or the phone ring?')
        await tab.run('document.querySelector("#past input").value = "When did the phone ring?"')
        await tab.click('#past button')
        await tab.until('Boolean(document.querySelector("#found .missing"))')

    browse(start_page('--memory', str(store)), test)
