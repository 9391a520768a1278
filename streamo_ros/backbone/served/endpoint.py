# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""HTTP to one server: keep-alive connections, deadlines, retries, and a circuit breaker.

Every call ends within its deadline, whatever the server does. The key comes from the environment
and appears in no message.
"""

from __future__ import annotations

import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.client import HTTPException
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from streamo_ros.backbone.served.call import Call
from streamo_ros.backbone.served.call import parsed
from streamo_ros.backbone.served.call import RefusedError
from streamo_ros.backbone.served.call import seconds_left
from streamo_ros.backbone.served.call import sentence_of
from streamo_ros.backbone.served.circuit import CircuitBreaker
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import UnavailableError

KEY = 'STREAMO_API_KEY'
"""The environment variable that holds the server's key."""
ATTEMPTS = 3
_LATER = frozenset({408, 425, 429, 502, 503, 504})
"""Statuses after which the same request may succeed a little later."""


@dataclass
class Traffic:
    """What has gone to a server and come back.

    Attributes:
        requests: sent.
        retries: of them, those sent again.
        sent_bytes: of their bodies.
    """

    requests: int = 0
    retries: int = 0
    sent_bytes: int = 0


class Endpoint:
    """One server's interface under a URL such as http://host:8000/v1. Any thread may use it.

    Args:
        url: checked and without a trailing slash.
        timeout: seconds that a call may take in all.
        circuit: when to stop asking.

    Raises:
        BackboneError: the URL is not one, or holds a key.
    """

    def __init__(self, url: str, timeout: float, circuit: CircuitBreaker | None = None) -> None:
        self.url = url = url.rstrip('/')
        try:
            self._parts = parts = urlsplit(url)
            wrong = parts.scheme not in ('http', 'https') or not parts.hostname or parts.port == 0
        except ValueError:
            wrong = True
        if wrong:
            raise BackboneError(f'{url} is not a URL of a server: give http://HOST:PORT/v1')
        if '@' in parts.netloc or parts.query or parts.fragment:
            raise BackboneError(
                'the URL of a server must not hold a key or a query, since it is logged and '
                f'published: put the key into the environment variable {KEY}'
            )
        self.timeout = timeout
        self.circuit = circuit or CircuitBreaker()
        self.traffic = Traffic()
        self._key = os.environ.get(KEY, '')
        self._lock = threading.Lock()
        self._idle: list[HTTPConnection] = []

    def get(self, path: str, *, root: bool = False) -> dict[str, Any]:
        """The object that a path answers with.

        Args:
            path: begins with a slash.
            root: the path is beside the URL's own and not below it.

        Raises:
            UnavailableError: the server does not answer.
            RefusedError: it refuses.
            BackboneError: what it answers is not an object of JSON.
        """
        return self._call('GET', path, None, root)

    def post(self, path: str, body: dict[str, Any], *, root: bool = False) -> dict[str, Any]:
        """Send an object and return the one that is answered; see `get`."""
        return self._call('POST', path, body, root)

    @contextmanager
    def stream(self, path: str, body: dict[str, Any]) -> Iterator[Iterator[dict[str, Any]]]:
        """Send an object; within the block, the objects come as the server writes them.

        Leaving the block early closes the connection, on which the server stops.

        Raises:
            UnavailableError, RefusedError: see `get`.
        """
        deadline = time.monotonic() + self.timeout
        call = self._send('POST', path, body, False, deadline)
        try:
            yield self._events(call)
        finally:
            call.connection.close()

    def _call(self, method: str, path: str, body: Any, root: bool) -> dict[str, Any]:
        deadline = time.monotonic() + self.timeout
        call = self._send(method, path, body, root, deadline)
        try:
            content = call.read(deadline)
        except (OSError, HTTPException) as error:
            call.connection.close()
            raise self._unavailable(error) from error
        self._give_back(call)
        return parsed(content)

    def _send(self, method: str, path: str, body: Any, root: bool, deadline: float) -> Call:
        """Send until the server begins to answer, again where that may help."""
        waiting = self.circuit.wait()
        if waiting:
            raise UnavailableError(
                f'{self.circuit.reason}; it is asked again in {max(1, round(waiting))} s'
            )
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        target = path if root else self._parts.path + path
        for attempt in range(1, ATTEMPTS + 1):
            pause = random.uniform(0.5, 1.5) * 0.1 * 2.0**attempt
            last = attempt == ATTEMPTS or time.monotonic() + pause >= deadline
            try:
                call = self._begin(method, target, data, deadline)
            except (OSError, HTTPException) as error:
                if last or isinstance(error, TimeoutError):
                    raise self._unavailable(error) from error
            else:
                if call.response.status == 200:
                    self.circuit.succeeded()
                    return call
                refused = self._refusal(call, deadline)
                if last or refused.status not in _LATER:
                    raise self._judged(refused)
            self.traffic.retries += 1
            time.sleep(pause)
        raise AssertionError('the last attempt returns or raises')

    def _begin(self, method: str, target: str, data: bytes | None, deadline: float) -> Call:
        """Send once; a connection that the server had closed meanwhile does not count."""
        while True:
            connection, fresh = self._take()
            self.traffic.requests += 1
            self.traffic.sent_bytes += len(data or b'')
            try:
                connection.timeout = seconds_left(deadline)
                if fresh:
                    connection.connect()
                # Kept: the connection forgets it when the server says that it will close.
                line: socket.socket = connection.sock
                line.settimeout(seconds_left(deadline))
                connection.request(method, target, data, self._headers())
                return Call(connection, connection.getresponse(), line)
            except (OSError, HTTPException) as error:
                connection.close()
                if fresh or isinstance(error, TimeoutError):
                    raise

    def _events(self, call: Call) -> Iterator[dict[str, Any]]:
        try:
            yield from call.events(self.timeout)
        except (OSError, HTTPException) as error:
            raise self._unavailable(error) from error
        except RefusedError as error:
            raise RefusedError(error.status, self._safe(error.sentence)) from error

    def _refusal(self, call: Call, deadline: float) -> RefusedError:
        try:
            content = call.read(deadline)
            self._give_back(call)
        except (OSError, HTTPException):
            call.connection.close()
            content = b''
        return RefusedError(call.response.status, self._safe(sentence_of(content)))

    def _judged(self, refused: RefusedError) -> BackboneError:
        """A refusal for good, or a server that cannot answer now."""
        if refused.status < 500 and refused.status not in _LATER:
            self.circuit.succeeded()
            return refused
        sentence = f'the server {self.url} cannot answer now: {refused.sentence}'
        self.circuit.failed(sentence)
        return UnavailableError(sentence) if refused.status in _LATER else refused

    def _unavailable(self, error: Exception) -> UnavailableError:
        if isinstance(error, TimeoutError):
            reason = f'no answer within {self.timeout:g} s'
        else:
            reason = getattr(error, 'strerror', None) or str(error) or type(error).__name__
        sentence = self._safe(f'the server {self.url} does not answer: {reason}')
        self.circuit.failed(sentence)
        return UnavailableError(sentence)

    def _headers(self) -> dict[str, str]:
        headers = {'Content-Type': 'application/json', 'Accept': '*/*'}
        return {**headers, 'Authorization': f'Bearer {self._key}'} if self._key else headers

    def _safe(self, text: str) -> str:
        """Text of a server, which may repeat the key."""
        return text.replace(self._key, '***') if self._key else text

    def _take(self) -> tuple[HTTPConnection, bool]:
        """A connection, and whether it is a new one."""
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        host, port = self._parts.hostname or '', self._parts.port
        kind = HTTPSConnection if self._parts.scheme == 'https' else HTTPConnection
        return kind(host, port), True

    def _give_back(self, call: Call) -> None:
        if call.response.will_close:
            call.connection.close()
            return
        with self._lock:
            self._idle.append(call.connection)
