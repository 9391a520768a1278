# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who may read, who may command: tokens, the same origin, and how often.

On the loopback interface no token is needed unless one is given; on any other address both rights
need one. Whoever may command may read.
"""

from __future__ import annotations

import enum
import hmac
import ipaddress
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

READ_VARIABLE, COMMAND_VARIABLE = 'STREAMO_LIVE_READ_TOKEN', 'STREAMO_LIVE_COMMAND_TOKEN'
LOOPBACK = {'localhost', '127.0.0.1', '::1'}
HEADERS = {
    'Content-Security-Policy': (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
}
"""What every reply carries: nothing is loaded from elsewhere, or shown within another page."""


class Right(enum.IntEnum):
    """What a request may do."""

    NONE = 0
    READ = 1
    COMMAND = 2


@dataclass(frozen=True)
class Access:
    """The tokens of one server.

    Attributes:
        loopback: whether only this machine can reach it.
        read: the token for reading; '' = none is needed.
        command: the token for commanding as well; '' = none is needed.
    """

    loopback: bool
    read: str = ''
    command: str = ''

    @classmethod
    def for_host(cls, host: str, environment: Mapping[str, str] = os.environ) -> Access:
        """The access that suits an address.

        Args:
            host: what the server binds.
            environment: may hold the tokens; what is missing is made up where one is needed.
        """
        read, command = (environment.get(name, '') for name in (READ_VARIABLE, COMMAND_VARIABLE))
        loopback = is_loopback(host)
        if loopback and not (read or command):
            return cls(loopback=True)
        return cls(
            loopback, read or secrets.token_urlsafe(18), command or secrets.token_urlsafe(18)
        )

    def right_of(self, token: str) -> Right:
        """What a token allows; compared in constant time."""
        if not self.command:
            return Right.COMMAND
        # Both are always compared, so that time tells nothing about which one was nearly right.
        reads, commands = _same(token, self.read), _same(token, self.command)
        return Right.COMMAND if commands else Right.READ if reads else Right.NONE

    def is_own(self, host: str, origin: str | None, scheme: str) -> bool:
        """Whether a request comes from our own page, or from no page at all.

        Args:
            host: its Host header.
            origin: its Origin header; None = no browser sent it.
            scheme: 'http' or 'https'.
        """
        # A name of elsewhere that resolves to this machine is how a page of elsewhere gets in.
        if self.loopback and urlsplit(f'//{host}').hostname not in LOOPBACK:
            return False
        return origin is None or origin == f'{scheme}://{host}'


class Rate:
    """Lets so many through a second.

    Args:
        per_second: in the long run.
        burst: at once.
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)
        self._then = time.monotonic()

    def allows(self) -> bool:
        """Whether one more may pass; counts it if so."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._then) * self._per_second)
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
