# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a step costs in every dialect: our engine beside the loop of the released runtime.

Both have the same random weights and see the same tokens. The loops are plain transformers: those
that send the whole window again encode all of its frames and run it whole; those that keep a cache
encode the new frames and append to a `DynamicCache`. The two take turns, step by step. Processor
time of one thread, median of a few steps, without the words that commentators say between them;
the size of the model is a choice. On the way to a place in the stream a lane keeps its books and
computes nothing: what a step costs does not depend on the numbers in the window.
`python -m benchmarks.dialects_table` writes the tables in docs/dialects.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch

from streamo_ros.backbone import Options
from streamo_ros.backbone.dialects import read_dialect
from streamo_ros.backbone.plain import piece_marks
from streamo_ros.backbone.plain import PlainModel
from streamo_ros.backbone.random_weights import random_backbone
from streamo_ros.backbone.random_weights import random_model
from streamo_ros.config.settings import context_policy
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import Request
from streamo_ros.core.protocol import State

RESEND, APPEND, GROW = 'sends the window again', 'keeps a cache', 'keeps a cache without end'
RUNTIMES = {
    'onestreamer': RESEND,
    'onestreamer_streamo': RESEND,
    'onestreamer_caption': RESEND,
    'videochat3': RESEND,
    'jo_ai': APPEND,
    'aura': APPEND,
    'streaming_vlm': APPEND,
    'livecc': GROW,
}
"""What each released runtime does; those of JoyAI and AURA by the prefix cache of their server."""
TALKS = ('streaming_vlm', 'livecc')
"""Commentators, which say something in every step."""
SIZE = 112, 112
WARM = 1
"""Steps before those that are measured."""


class Mirror:
    """A backbone that remembers what its one slot holds, token by token."""

    def __init__(self, backbone: Any) -> None:
        self._backbone = backbone
        self.row: list[Any] = []
        self.computes = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backbone, name)

    def extend(self, requests: Sequence[Request]) -> Any:
        """See `Backbone`, as for the others."""
        self._append(requests[0].pieces)
        return self._backbone.extend(requests) if self.computes else self._skip(requests[0])

    def prefill(self, request: Request) -> None:
        """See there."""
        self._append(request.pieces)
        (self._backbone.prefill if self.computes else self._skip)(request)

    def evict(self, slot: int, keep: Sequence[tuple[int, int]]) -> None:
        """See there."""
        self.row = [item for start, stop in keep for item in self.row[start:stop]]
        self._backbone.evict(slot, keep)

    def truncate(self, slot: int, length: int) -> None:
        """See there."""
        self.row = self.row[:length]
        self._backbone.truncate(slot, length)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What the slot holds, as what could be appended."""
        found: list[Piece] = []
        for _, group in groupby(self.row, lambda item: 0 if isinstance(item, int) else id(item)):
            items = list(group)
            found.append(tuple(items) if isinstance(items[0], int) else items[0])
        return tuple(found)

    def _append(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self.row += piece if isinstance(piece, tuple) else [piece] * piece.tokens

    def _skip(self, request: Request) -> list[None]:
        """Take up the room of a request, with whatever keys and values are there: no logits."""
        window = self._backbone._window
        window.check_room(request.slot, request.tokens)
        window.commit(request.slot, piece_marks(request.pieces, self._backbone.marks))
        return [None]


class Lane:
    """One dialogue of a dialect, step by step."""

    def __init__(self, name: str, backbone: Any) -> None:
        self.backbone = Mirror(backbone)
        dialect = backbone.prompt.dialect
        self.frames = dialect.frames
        policy = context_policy(dialect.window.policy, backbone.info)
        limits = ContextLimits(dialect.window.frames or 120, max_new_tokens=8)
        self.dialogue = Dialogue(self.backbone, policy, 'Tell me when the kettle boils.', limits)
        self._talks, self._owed = name in TALKS, False
        self.steps = 0

    def step(self, visions: Sequence[Any]) -> Any:
        """Append a step with these frames; the logits of the states."""
        self.reply()
        begin, self._owed = self.steps, True
        self.steps += 1
        for number, vision in enumerate(visions):
            start = begin + Fraction(number, self.frames)
            tick = Tick(round(start * SECOND), start, start + Fraction(1, self.frames), 0, 1)
            last = self.dialogue.gather(tick, vision)
        request = self.dialogue.request(tick, last)
        self.turn = request.pieces
        return self.backbone.extend([request])[0]

    def reply(self) -> None:
        """Say what is said in the step before, nothing or four words, if that is still owed."""
        if not self._owed:
            return
        self._owed = False
        self.dialogue.commit(State.RESPONSE if self._talks else State.SILENCE)
        if self._talks:
            prompt = self.backbone.prompt
            for token in (*prompt.tokenizer.plain(' it boils again')[:4], *prompt.ending):
                self.backbone.prefill(self.dialogue.decode_request())
                self.dialogue.on_tokens((token,))
            self.dialogue.finish()


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds of processor time, and what it gives."""
    began = time.process_time()
    found = run()
    return 1e3 * (time.process_time() - began), found


def measure_place(
    lane: Lane, plain: PlainModel, kind: str, images: Sequence[Any], frames: int, repeats: int
) -> dict[str, Any]:
    """Go to a place in the stream, and measure the last steps to it, ours and theirs in turn."""
    known = [lane.backbone.encode(image) for image in images]
    lane.backbone.computes = False
    while (lane.steps + repeats + WARM) * lane.frames < frames:
        lane.step(known[: lane.frames])
    lane.backbone.computes = True
    for _ in range(WARM):
        lane.step(known[: lane.frames])
    pairs, encoded = [], 0
    for _ in range(repeats):
        own = ours(lane, images)
        their, encoded = theirs(lane, plain, kind, images[0], frames)
        pairs.append((own, their))
    own_times, their_times = zip(*pairs, strict=True)
    return {
        'ours_ms': float(np.median(own_times)),
        'context_tokens': len(lane.backbone.row),
        'theirs_ms': float(np.median(their_times)),
        'frames_encoded': encoded,
        # Neighbors in time: a machine that is busier for a while is so for both.
        'ratio': float(np.median([their / own for own, their in pairs])),
        'pairs': len(pairs),
    }


def ours(lane: Lane, images: Sequence[Any]) -> float:
    """The next step, in milliseconds."""
    lane.reply()
    shown = images[: lane.frames]
    taken, _ = timed(lambda: lane.step([lane.backbone.encode(image) for image in shown]))
    return taken


def theirs(lane: Lane, plain: PlainModel, kind: str, image: Any, steps: int) -> tuple[float, int]:
    """The same step in the runtime's loop, in milliseconds, and the frames that it encodes."""
    pieces = lane.backbone.pieces
    # A turn whose window has just been computed anew is appended behind all that is left of it.
    new = sum(not isinstance(piece, tuple) for piece in lane.turn)
    shown = sum(not isinstance(piece, tuple) for piece in pieces)
    if kind == RESEND:
        encoded = shown
        run = lambda: plain.reprefill(pieces)  # noqa: E731
    else:
        encoded = new
        held = len(lane.backbone.row) - sum(
            len(piece) if isinstance(piece, tuple) else piece.tokens for piece in lane.turn
        )
        fill(plain, held * steps // max(1, shown) if kind == GROW else held)
        run = lambda: plain.append(lane.turn)  # noqa: E731
    taken, _ = timed(lambda: ([plain.encode(image) for _ in range(encoded)], run()))
    return taken, encoded


def fill(plain: PlainModel, tokens: int) -> None:
    """A cache of so many tokens; which ones does not change what a step costs."""
    from transformers import DynamicCache

    config = plain._text.config
    cache = DynamicCache(config=config)
    width = getattr(config, 'head_dim', None) or config.hidden_size // config.num_attention_heads
    shape = 1, config.num_key_value_heads, tokens, width
    for layer in range(config.num_hidden_layers):
        cache.update(torch.zeros(shape), torch.zeros(shape), layer)
    plain._cache, plain._position = cache, tokens


def measure(name: str, shape: str, places: Sequence[int], repeats: int) -> dict[str, Any]:
    """One dialect at several places in the stream."""
    dialect = read_dialect(name)
    options = Options('cpu', 'float32', dialect=name, lanes=1, max_pixels=SIZE[0] * SIZE[1])
    backbone = random_backbone(shape, options)
    plain = PlainModel(random_model(shape, options), backbone)
    generator = np.random.default_rng(0)
    images = [generator.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for _ in range(4)]
    lane = Lane(name, backbone)
    first = lane.step([lane.backbone.encode(image) for image in images[: dialect.frames]])
    whole = plain.reprefill(lane.backbone.pieces).numpy()
    rows = {}
    for place in places:
        row = measure_place(lane, plain, RUNTIMES[name], images, place, repeats)
        rows[str(place)] = {key: round(value, 2) for key, value in row.items()}
    at = list(backbone.prompt.state_ids)
    last, early = rows[str(places[-1])], rows[str(places[0])]
    return {
        'runtime': RUNTIMES[name],
        'frames_a_step': dialect.frames,
        'window': dialect.window.frames or 120,
        'logit_difference': (
            None if backbone.prompt.first_tokens else float(np.abs(whole[at] - first[:3]).max())
        ),
        'at': rows,
        'growth_ours': round(last['ours_ms'] / early['ours_ms'], 2),
        'growth_theirs': round(last['theirs_ms'] / early['theirs_ms'], 2),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--shape', default='tiny', help='of the model; default %(default)s')
    parser.add_argument('--frames', type=int, nargs='+', default=[300, 3600])
    parser.add_argument('--repeats', type=int, default=8, help='steps; default %(default)s')
    parser.add_argument('--dialect', action='append', default=[], help='only this (repeatable)')
    parser.add_argument('--output', type=Path, default=Path(__file__).with_name('dialects.json'))
    options = parser.parse_args()
    torch.set_num_threads(1)
    report: dict[str, Any] = {'shape': options.shape, 'threads': 1, 'frame': list(SIZE)}
    before = json.loads(options.output.read_text()) if options.output.is_file() else {}
    # Of the same model, dialects that are not measured now stay as they were.
    report['dialects'] = before['dialects'] if before.get('shape') == options.shape else {}
    for name in options.dialect or RUNTIMES:
        found = measure(name, options.shape, options.frames, options.repeats)
        report['dialects'][name] = found
        print(name, json.dumps(found), flush=True)
        options.output.write_text(json.dumps(report, indent=1) + '\n')


if __name__ == '__main__':
    main()
