# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which frames a server has: those it has answered about are sent by name alone.

vLLM keeps frames by name. It forgets them at a restart, or when its cache is full, and says so;
then all of them are sent again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

from streamo_ros.backbone.served.call import RefusedError
from streamo_ros.backbone.served.chat import frames_of
from streamo_ros.backbone.served.chat import Message
from streamo_ros.backbone.served.chat import to_json
from streamo_ros.backbone.served.endpoint import Endpoint
from streamo_ros.backbone.served.server import lacks_frame
from streamo_ros.backbone.served.server import Server

Body = Callable[[list[dict[str, Any]]], dict[str, Any]]
"""Makes a request of messages as they are sent."""
MOST = 4096
"""Names that are remembered."""


class KnownFrames:
    """Sends dialogues, with frames by name where the server has them. Any thread may use it.

    Args:
        endpoint: where they are sent.
        server: what is known of it.
    """

    def __init__(self, endpoint: Endpoint, server: Server) -> None:
        self._endpoint = endpoint
        self._named = server.keeps_frames
        self._lock = threading.Lock()
        self._names: OrderedDict[str, None] = OrderedDict()

    def post(self, messages: Sequence[Message], body: Body, path: str) -> dict[str, Any]:
        """Send a dialogue and return the reply.

        Raises:
            UnavailableError, RefusedError, BackboneError: see `Endpoint.get`.
        """
        try:
            reply = self._endpoint.post(path, body(self._sent(messages)))
        except RefusedError as error:
            if not self._lost(error):
                raise
            reply = self._endpoint.post(path, body(self._sent(messages)))
        self._keep(messages)
        return reply

    @contextmanager
    def stream(
        self, messages: Sequence[Message], body: Body, path: str
    ) -> Iterator[Iterator[dict[str, Any]]]:
        """Send a dialogue; within the block the events of the reply come; see `post`."""
        try:
            stream = self._endpoint.stream(path, body(self._sent(messages)))
            events = stream.__enter__()
        except RefusedError as error:
            if not self._lost(error):
                raise
            stream = self._endpoint.stream(path, body(self._sent(messages)))
            events = stream.__enter__()
        try:
            yield events
        finally:
            stream.__exit__(None, None, None)

    def _sent(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        with self._lock:
            return to_json(messages, self._names, named=self._named)

    def _lost(self, error: RefusedError) -> bool:
        """Whether it refused for a frame that it no longer has; then none counts as known."""
        if not self._named or not lacks_frame(error):
            return False
        with self._lock:
            self._names.clear()
        return True

    def _keep(self, messages: Sequence[Message]) -> None:
        if not self._named:
            return
        with self._lock:
            for frame in frames_of(messages):
                self._names[frame.name] = None
                self._names.move_to_end(frame.name)
            while len(self._names) > MOST:
                self._names.popitem(last=False)
