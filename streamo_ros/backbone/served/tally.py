# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a server was sent, and how much of it the server had in its cache."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from dataclasses import field

from streamo_ros.backbone.served.endpoint import Traffic


@dataclass
class Tally:
    """Counts of one backbone. Any thread may count.

    Attributes:
        traffic: requests and bytes.
        states: decisions that were read.
        prompt_tokens: of their requests, as the server counts them.
        cached_tokens: of those, what the server had in its cache.
        bounded: probabilities that the server did not list.
    """

    traffic: Traffic
    states: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    bounded: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, prompt_tokens: int, cached_tokens: int) -> None:
        """Count one decision."""
        with self._lock:
            self.states += 1
            self.prompt_tokens += prompt_tokens
            self.cached_tokens += cached_tokens

    def describe(self) -> str:
        """In one sentence; '' before the first decision."""
        if not self.states:
            return ''
        size = self.traffic.sent_bytes / 1e6
        parts = [f'{self.traffic.requests} requests with {size:.1f} MB were sent']
        if self.prompt_tokens:
            part = self.cached_tokens / self.prompt_tokens
            parts.append(f'the server had {part:.0%} of {self.prompt_tokens} tokens in its cache')
        if self.traffic.retries:
            parts.append(f'{self.traffic.retries} were sent again')
        if self.bounded:
            share = f'{self.bounded} of {3 * self.states} state probabilities'
            parts.append(f'{share} were not listed and are upper bounds')
        return ', '.join(parts)
