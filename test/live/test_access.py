# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who may do what: addresses, tokens, origins, rates."""

from __future__ import annotations

import pytest

from streamo_ros.live.access import Access
from streamo_ros.live.access import COMMAND_VARIABLE
from streamo_ros.live.access import Rate
from streamo_ros.live.access import READ_VARIABLE
from streamo_ros.live.access import Right
from streamo_ros.live.run import addresses


@pytest.mark.parametrize('host', ['127.0.0.1', '127.0.0.9', '::1', 'localhost'])
def test_this_machine_alone_needs_no_token(host):
    assert Access.for_host(host, {}).right_of('') is Right.COMMAND


@pytest.mark.parametrize('host', ['0.0.0.0', '::', '192.168.1.5', 'robot.local', 'localhost.evil'])
def test_any_other_address_needs_one_of_two_tokens(host):
    access = Access.for_host(host, {})
    assert access.read != access.command
    assert min(len(access.read), len(access.command)) >= 20
    assert access.right_of('') is Right.NONE
    assert access.right_of('guess') is Right.NONE
    assert access.right_of(access.read) is Right.READ
    assert access.right_of(access.command) is Right.COMMAND


def test_tokens_of_the_environment_count_also_on_this_machine():
    access = Access.for_host('127.0.0.1', {COMMAND_VARIABLE: 'secret', READ_VARIABLE: 'known'})
    assert access.right_of('') is Right.NONE
    assert access.right_of('known') is Right.READ
    assert access.right_of('secret') is Right.COMMAND


def test_token_that_is_not_ascii_is_refused_and_not_an_error():
    assert Access.for_host('0.0.0.0', {}).right_of('Schlüssel') is Right.NONE


@pytest.mark.parametrize(
    ('host', 'origin', 'own'),
    [
        ('127.0.0.1:8642', None, True),
        ('127.0.0.1:8642', 'http://127.0.0.1:8642', True),
        ('localhost:8642', 'http://localhost:8642', True),
        ('[::1]:8642', None, True),
        ('127.0.0.1:8642', 'http://127.0.0.1:9000', False),
        ('127.0.0.1:8642', 'null', False),
        ('rebound.example:8642', 'http://rebound.example:8642', False),
        ('', None, False),
    ],
)
def test_only_our_own_page_may_ask(host, origin, own):
    assert Access.for_host('127.0.0.1', {}).is_own(host, origin, 'http') is own


def test_rate_lets_a_burst_through_and_no_more():
    rate = Rate(0.0, 3)
    assert [rate.allows() for _ in range(5)] == [True, True, True, False, False]


def test_tokens_are_printed_behind_what_a_browser_does_not_send():
    access = Access.for_host('0.0.0.0', {})
    lines = [*addresses('0.0.0.0', 8642, access)]
    assert f'http://127.0.0.1:8642/#token={access.read}' in lines[0]
    assert f'http://127.0.0.1:8642/#token={access.command}' in lines[1]
    assert 'plain HTTP' in lines[2]
    assert [*addresses('127.0.0.1', 1, Access(loopback=True))] == ['page: http://127.0.0.1:1/']
