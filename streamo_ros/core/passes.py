# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the model's passes for several lanes, so that one lane's error stays its own.

A batch that fails as a whole is run again request by request: a lane that cannot run fails alone,
and the others are decided as if it were not there.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import PartialError
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.interface import UnavailableError
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State

ResultT = TypeVar('ResultT')
LogitsRow = NDArray[np.float32]
"""Raw logits of Silence, Standby, Response and other answers, see `Backbone.extend`."""


class PassRunner:
    """Runs passes, and counts those that fail.

    Attributes:
        failures: requests that failed.
        failures_in_a_row: of them, those since the last request that succeeded; without those of
            a model that cannot be reached, since no new process would mend that.
        last_failure: the last failure, in one sentence; '' if there was none.
    """

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self.failures = 0
        self.failures_in_a_row = 0
        self.last_failure = ''

    def encode(self, image: NDArray[np.uint8]) -> VisionTokens | None:
        """One vision pass; None if it failed. See `Backbone.encode`."""
        try:
            return self._backbone.encode(image)
        except BackboneError as error:
            self._count_error(error)
            return None

    def extend(self, requests: Sequence[Request]) -> list[LogitsRow | None]:
        """State logits after each request; None where it failed, and its lane is unchanged."""
        rows = self._each_alone(lambda batch: list(self._backbone.extend(batch)), requests)
        finite = [row if row is not None and np.isfinite(row).all() else None for row in rows]
        if not self._backbone.prompt.has_standby:
            finite = [_without_standby(row) for row in finite]
        for row, usable in zip(rows, finite, strict=True):
            if usable is not None:
                self.failures_in_a_row = 0
            elif row is not None:
                self.count_failure('the state logits were not finite')
        return finite

    def decode(self, requests: Sequence[Request], sampling: Sampling) -> list[int | None]:
        """The next token of each request; None where it failed."""
        failures = self.failures

        def run(batch: Sequence[Request]) -> list[int | None]:
            tokens = self._backbone.decode(batch, sampling)
            for token in tokens:
                if token is None:
                    self.count_failure("the answer's logits were not finite")
            return tokens

        tokens = self._each_alone(run, requests)
        if requests and self.failures - failures < len(requests):
            self.failures_in_a_row = 0
        return tokens

    def count_failure(self, sentence: str) -> None:
        """Count a failed request."""
        self.failures += 1
        self.failures_in_a_row += 1
        self.last_failure = sentence

    def _count_error(self, error: BackboneError) -> None:
        in_a_row = self.failures_in_a_row
        self.count_failure(str(error))
        if isinstance(error, UnavailableError):
            self.failures_in_a_row = in_a_row

    def _each_alone(
        self, run: Callable[[Sequence[Request]], list[ResultT]], requests: Sequence[Request]
    ) -> list[ResultT | None]:
        """Run a batch; if it fails as a whole, each of its requests alone."""
        if not requests:
            return []
        try:
            return list(run(requests))
        except PartialError as error:
            return [self._found(result) for result in error.results]
        except BackboneError as error:
            if len(requests) == 1:
                self._count_error(error)
                return [None]
        return [result for request in requests for result in self._each_alone(run, [request])]

    def _found(self, result: Any) -> Any:
        """A result, or None for an error, which is counted."""
        if not isinstance(result, BackboneError):
            return result
        self._count_error(result)
        return None


def _without_standby(row: LogitsRow | None) -> LogitsRow | None:
    """The same logits, those of a state that the dialect does not have at minus infinity."""
    if row is not None:
        row = row.copy()
        row[DECISIONS.index(State.STANDBY)] = -np.inf
    return row
