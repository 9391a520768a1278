# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A memory store as the page gets it, and as it is asked there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

pytest.importorskip('aiohttp')
from aiohttp.test_utils import TestClient
from aiohttp.test_utils import TestServer

from streamo_ros.live.access import Access
from streamo_ros.live.past import StorePast
from streamo_ros.live.review import review
from streamo_ros.live.review import ReviewError
from streamo_ros.live.server import LiveServer
from streamo_ros.live.store_review import review_store
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.store import Store

OPEN = Access(loopback=True)


def test_store_shows_the_decisions_and_answers_of_the_run(kettle, records):
    run, store = review(kettle.report), review_store(StoreReader(kettle.store))
    # Moment, stamp and state; a store knows no probabilities.
    for one, other in zip(records(run, 'd'), records(store, 'd'), strict=True):
        assert one[2:5] == other[2:5]
        assert one[1] == pytest.approx(other[1])
        assert other[5:8] == [None, None, None]
    assert records(run, 'a')
    for one, other in zip(records(run, 'a'), records(store, 'a'), strict=True):
        assert one[2] == other[2]
        assert one[5] == other[5]
    assert [one['text'] for one in store.facts['lanes']] == ['kettle']
    assert store.facts['rate'] == pytest.approx(run.facts['rate'])


def test_every_kept_picture_is_there(kettle, records):
    session = review_store(StoreReader(kettle.store))
    stamps = [int(one[2]) for one in records(session, 'p')]
    assert stamps
    assert all(session.pictures.get(stamp)[:2] == b'\xff\xd8' for stamp in stamps)
    assert session.pictures.get(7) == b''


def test_empty_store_is_refused_in_a_sentence(tmp_path: Path):
    Store(tmp_path / 'memory').close()
    with pytest.raises(ReviewError, match='nothing was watched'):
        review_store(StoreReader(tmp_path / 'memory'))


def ask(folder: Path, *bodies: object, access=OPEN, headers=None) -> list:
    """The status and the reply of each question, and the server's pictures of the evidence."""

    async def run() -> list:
        reader = StoreReader(folder)
        app = LiveServer(review_store(reader), access, past=StorePast(reader)).app
        replies = []
        async with TestClient(TestServer(app)) as client:
            for body in bodies:
                reply = await client.post('/ask', json=body, headers=headers)
                said = await reply.json()
                pictures = [
                    (await client.get(f'/picture/{stamp}')).content_type
                    for stamp in said.get('evidence', ())
                ]
                replies.append((reply.status, said, pictures))
        return replies

    return asyncio.run(asyncio.wait_for(run(), 60))


def test_a_question_gets_its_answer_with_evidence_that_has_a_picture(kettle):
    ((status, said, pictures),) = ask(kettle.store, {'question': 'When was the kettle?'})
    assert (status, said['outcome']) == (200, 'ANSWERED')
    assert 'It boils' in said['text']
    assert pictures == ['image/jpeg'] * len(said['evidence']) != []


def test_what_never_was_is_not_found_and_a_bad_time_is_said(kettle):
    phone, tomorrow = ask(
        kettle.store, {'question': 'When did the phone ring?'}, {'question': 'What was tomorrow?'}
    )
    assert (phone[1]['outcome'], phone[1]['text']) == ('NOT_FOUND', '')
    assert 'phone' in phone[1]['message']
    assert tomorrow[1]['outcome'] == 'ERROR'
    assert tomorrow[1]['message']


@pytest.mark.parametrize('question', [None, 7, ' ', 'x' * 2001])
def test_no_question_is_refused(kettle, question):
    ((status, said, _),) = ask(kettle.store, {'question': question})
    assert status == 400
    assert 'question' in said['error']


def test_who_may_only_watch_may_not_ask(kettle):
    guarded = Access(loopback=False, read='read-token', command='command-token')
    for token, wanted in (('read-token', 401), ('command-token', 200)):
        headers = {'Authorization': f'Bearer {token}'}
        ((status, _, _),) = ask(
            kettle.store, {'question': 'When was the kettle?'}, access=guarded, headers=headers
        )
        assert status == wanted


def test_stamp_beyond_all_numbers_has_no_picture(kettle):
    async def run() -> bytes:
        return await StorePast(StoreReader(kettle.store)).picture(10**20 - 1)

    assert asyncio.run(run()) == b''
