# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs batches through the decoder, by captured passes where possible, and reads the result.

Reading is part of the pass (state logits, or the next token with its logits), so that one replay
launches everything.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

import torch
from torch import Tensor

from streamo_ros.backbone.batch import Batch
from streamo_ros.backbone.batch import fill_frames
from streamo_ros.backbone.batch import token_ids
from streamo_ros.backbone.decoder import Decoder
from streamo_ros.backbone.graph_cache import GraphCache
from streamo_ros.backbone.graph_cache import Tensors
from streamo_ros.backbone.sampling import greedy
from streamo_ros.backbone.step import ModelStep
from streamo_ros.backbone.step import unpack_places

Head = Callable[[Tensor], Tensors]
"""Reads the result from the hidden states of the lanes, (lanes, hidden)."""


class BatchRunner:
    """Runs passes of one decoder.

    Args:
        decoder: the text model.
        states: ids of the state tokens and of other answers, on its device.
        cache: captures and replays.
        silent: ids that mean Silence, of a dialect in which every other one means Response.
    """

    def __init__(
        self, decoder: Decoder, states: Tensor, cache: GraphCache, silent: Sequence[int] = ()
    ) -> None:
        self._decoder = decoder
        self._silent = torch.tensor(silent, dtype=torch.int64, device=states.device)
        self._states = states
        self._state_rows = decoder.head_rows(states)
        self._cache = cache

    def states(self, batch: Batch) -> Tensor:
        """Logits of the state tokens, float32, (lanes of the step, states)."""
        return self._run('states', batch, self._read_states)[0]

    def tokens(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The most probable tokens, see `sampling.greedy`, and logits (lanes, vocabulary)."""
        best, logits = self._run('tokens', batch, self._read_tokens)
        return best, logits

    def finite(self, batch: Batch) -> Tensor:
        """Whether all numbers of each lane are finite, (lanes,).

        Never captured: its batches are parts of a prefill, whose sizes do not repeat.
        """
        embeddings, places, *deepstack = self._rows(batch)
        step = _step(batch, places, embeddings, *deepstack)
        return torch.isfinite(self._decoder.forward(step)).all(-1)

    def _run(self, name: str, batch: Batch, head: Head) -> Tensors:
        layout, decoder = batch.layout, self._decoder
        inputs = self._ids(batch) if (ids := _ids_alone(batch)) else self._rows(batch)

        def function(rows: Tensor, places: Tensor, *deepstack: Tensor) -> Tensors:
            embeddings = decoder.embed(rows) if ids else rows
            return head(decoder.forward(_step(batch, places, embeddings, *deepstack)))

        if not self._decoder.attention.captured:
            return function(*inputs)
        key = (name, layout.rows, layout.single, *(tuple(part.shape) for part in inputs))
        return self._cache(key, function, *inputs)

    def _ids(self, batch: Batch) -> Tensors:
        device = self._states.device
        ids, places = token_ids(batch), batch.layout.places
        return torch.from_numpy(ids).to(device), torch.from_numpy(places).to(device)

    def _rows(self, batch: Batch) -> Tensors:
        ids, places = self._ids(batch)
        embeddings = self._decoder.embed(ids)
        added = fill_frames(batch, embeddings)
        return (embeddings, places) if added is None else (embeddings, places, added)

    def _read_states(self, hidden: Tensor) -> Tensors:
        if len(self._silent):
            return (_first_token_states(self._decoder.logits(hidden).float(), self._silent),)
        if self._state_rows is None:
            return (self._decoder.logits(hidden)[:, self._states],)
        return (self._decoder.read(hidden, self._state_rows),)

    def _read_tokens(self, hidden: Tensor) -> Tensors:
        logits = self._decoder.logits(hidden)
        return greedy(logits), logits


def _first_token_states(logits: Tensor, silent: Tensor) -> Tensor:
    """Logits of Silence, Standby and Response where the first token of a reply decides.

    The softmax over the first and the last is the probability of the silent tokens, and that of
    all others; Standby does not exist, and its logit is that of Silence.

    Args:
        logits: of the vocabulary, (lanes, vocabulary).
        silent: ids of the silent tokens.
    """
    silence = logits[:, silent].logsumexp(-1)
    response = logits.index_fill(-1, silent, -torch.inf).logsumexp(-1)
    return torch.stack((silence, silence, response), -1)


def _ids_alone(batch: Batch) -> bool:
    """Whether the pass itself looks up the embeddings: each lane has one token, an id."""
    return batch.layout.single and not batch.has_frames


def _step(
    batch: Batch, places: Tensor, embeddings: Tensor, deepstack: Tensor | None = None
) -> ModelStep:
    layout = batch.layout
    return ModelStep(
        layout.rows, embeddings, unpack_places(places, layout.rows), layout.spans, layout.single,
        deepstack,
    )  # fmt: skip
