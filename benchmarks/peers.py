# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A frame in our engine beside what one would otherwise run, on equal weights.

    python -m benchmarks.peers
    python -m benchmarks.peers --random 0.2b --frames 10 20
    python -m benchmarks.peers --server vLLM=http://127.0.0.1:8000/v1

One dialogue, float32 and one thread; every frame is settled as Silence, whatever a model decides.
Engine and loops take turns frame by frame in one process. Servers get the same frames over HTTP,
as `model.path` drives them: what `--server` names must serve the same checkpoint. Processor time
is that of this process, so it says nothing of a server.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.checkpoint import read_checkpoint
from streamo_ros.backbone.plain import PlainModel
from streamo_ros.backbone.random_weights import random_backbone
from streamo_ros.backbone.random_weights import random_model
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.decision import probabilities
from streamo_ros.core.interface import Backbone
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import Piece
from streamo_ros.tools.measure import StreamTimes
from streamo_ros.tools.measure import window_frames

SIZE = 140, 112
"""Of a frame, width and height: no model here resizes it."""
ENDLESS = ContextLimits(max_frames=1 << 30, max_new_tokens=0)
KEPT, WINDOW, APPEND, PREFILL = (
    'engine, everything kept',
    'engine, its window',
    'DynamicCache append',
    're-prefill',
)
SERVED = 'evict from a live cache (a shorter chat is read again), outlive its context limit'
CANNOT = {
    KEPT: 'outlive its capacity',
    WINDOW: '',
    APPEND: 'evict, share a vision pass, outlive its memory',
    PREFILL: 'keep anything but vision tokens',
}
"""What each does not do."""


class Peer(Protocol):
    """One way to decide a frame."""

    name: str

    def frame(self, image: NDArray[np.uint8], pieces: Sequence[Piece]) -> NDArray[np.float32]:
        """Take in the next frame.

        Args:
            image: RGB.
            pieces: what the engine appended for it, with its own vision tokens.

        Returns:
            Probabilities of the three states.
        """


class Streamed:
    """Our engine, or a served model through the same interface."""

    def __init__(self, name: str, backbone: Backbone, limits: ContextLimits, full: bool) -> None:
        self.name = name
        self.stream = StreamTimes(backbone, 1, limits, SIZE, full)

    def frame(self, image: NDArray[np.uint8], pieces: Sequence[Piece]) -> NDArray[np.float32]:
        """See `Peer`; takes the images that all are shown from its own stream."""
        del image, pieces
        self.stream.frame()
        return np.array(probabilities(self.stream.states[0]), np.float32)


class Plain:
    """A loop over plain transformers: appends to a cache, or runs everything again."""

    def __init__(self, name: str, model: PlainModel, states: Sequence[int]) -> None:
        self.name = name
        self._model = model
        self._states = list(states)
        self._past: tuple[Piece, ...] = ()

    def frame(self, image: NDArray[np.uint8], pieces: Sequence[Piece]) -> NDArray[np.float32]:
        """See `Peer`."""
        vision = self._model.encode(image)
        turn = tuple(piece if isinstance(piece, tuple) else vision for piece in pieces)
        if self.name == APPEND:
            logits = self._model.append(turn)
        else:
            logits = self._model.reprefill((*self._past, *turn))
        self.skip(turn)
        return np.array(probabilities(logits.numpy()[self._states]), np.float32)

    def skip(self, pieces: Sequence[Piece]) -> None:
        """Take in a frame that is not measured, where nothing has to be computed for it."""
        if self.name == PREFILL:
            self._past += tuple(pieces)


class Sample:
    """What was measured of a peer at one place."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []
        self.difference = 0.0

    def row(self) -> dict[str, float]:
        """Medians, in milliseconds."""
        return {
            'wall_ms': round(1e3 * median(self.wall), 2),
            'processor_ms': round(1e3 * median(self.processor), 2),
            'largest_probability_difference': round(self.difference, 7),
        }


def run(peers: Sequence[Peer], places: Sequence[int], repeats: int) -> dict[str, Any]:
    """Frames of all peers in turn, measured from each place on; prints each place.

    Args:
        peers: the first one is the engine that keeps everything, which the others follow.
        places: numbers of the first measured frames, ascending.
        repeats: measured frames at each.
    """
    leader = peers[0]
    assert isinstance(leader, Streamed)
    stream, rows = leader.stream, {}
    for place in places:
        samples = {peer.name: Sample() for peer in peers}
        while stream.seen < place + repeats:
            image = stream.images[stream.seen % len(stream.images)]
            measured = stream.seen >= place
            before = len(stream.past)
            seen = _timed(leader, image, (), samples[leader.name] if measured else None)
            pieces = stream.past[before:]
            for peer in peers[1:]:
                if not measured and isinstance(peer, Plain) and peer.name == PREFILL:
                    peer.skip(pieces)
                    continue
                found = _timed(peer, image, pieces, samples[peer.name] if measured else None)
                if measured and peer.name != WINDOW:
                    sample = samples[peer.name]
                    gap = float(np.abs(found - seen).max())
                    sample.difference = max(sample.difference, gap)
        rows[str(place)] = {name: sample.row() for name, sample in samples.items()}
        print(table(place, rows[str(place)]), flush=True)
    return rows


def _timed(
    peer: Peer, image: NDArray[np.uint8], pieces: Sequence[Piece], sample: Sample | None
) -> NDArray[np.float32]:
    wall, processor = time.perf_counter(), time.process_time()
    found = peer.frame(image, pieces)
    if sample is not None:
        sample.wall.append(time.perf_counter() - wall)
        sample.processor.append(time.process_time() - processor)
    return found


def table(place: int, rows: dict[str, Any]) -> str:
    """One place as Markdown; ratios are of processor time, of wall time for servers."""
    kept = rows[KEPT]
    lines = [
        f'| frame {place} | wall ms | processor ms | over {KEPT} | cannot |',
        '|---|---|---|---|---|',
    ]
    for name, row in rows.items():
        measure = 'processor_ms' if name in CANNOT else 'wall_ms'
        ratio = row[measure] / kept[measure]
        processor = row['processor_ms'] if name in CANNOT else '-'
        cannot = CANNOT.get(name, SERVED)
        lines.append(f'| {name} | {row["wall_ms"]} | {processor} | {ratio:.2f} | {cannot} |')
    return '\n'.join(lines)


def absent(servers: Sequence[str]) -> dict[str, str]:
    """Peers that are not measured, and why."""
    reasons = {}
    for name in ('vLLM', 'llama.cpp'):
        if not any(server.startswith(f'{name}=') for server in servers):
            reasons[f'{name} over HTTP'] = f'no --server {name}=URL was given'
    if find_spec('vllm') is None:
        reasons['vLLM session'] = 'vLLM is not installed'
    else:
        reasons['vLLM session'] = 'this program drives vLLM over HTTP alone'
    return reasons


def make_peers(options: argparse.Namespace) -> list[Peer]:
    """All peers that can be had."""
    chosen = Options('cpu', 'float32', lanes=2, capacity=options.capacity, wait=True)
    backbone: Any
    if options.random:
        backbone = random_backbone(options.random, chosen)
        model = random_model(options.random, chosen)
    else:
        backbone = load(options.model, chosen)
        model = read_checkpoint(options.model).model(torch.device('cpu'), torch.float32)
    window = ContextLimits(max_frames=options.window or window_frames(backbone, 0))
    states = backbone.prompt.state_ids
    peers: list[Peer] = [
        Streamed(KEPT, backbone, ENDLESS, full=True),
        Streamed(WINDOW, backbone, window, full=False),
        *(Plain(name, PlainModel(model, backbone), states) for name in (APPEND, PREFILL)),
    ]
    for server in options.server:
        name, _, url = server.partition('=')
        served = load(
            url, Options(settings=str(options.model), lanes=1, max_pixels=SIZE[0] * SIZE[1])
        )
        peers.append(Streamed(name, served, ENDLESS, full=True))
    return peers


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add('--model', type=Path, default=Path('models/streamo-tiny'), help='folder of a checkpoint')
    add('--random', metavar='SHAPE', help='a shape with random weights instead, as in bench')
    add('--frames', type=int, nargs='+', default=[10, 100, 300], help='where to measure')
    add('--repeats', type=int, default=8, help='frames measured there; default %(default)s')
    add('--window', type=int, default=0, help="frames of the window; 0 = the checkpoint's")
    add('--capacity', type=int, default=16384, help='tokens; default %(default)s')
    add('--server', action='append', default=[], metavar='NAME=URL', help='of the same model')
    add('--output', type=Path, help='where the JSON goes')
    options = parser.parse_args()
    torch.set_num_threads(1)
    report = {
        'model': options.random or options.model.name,
        'frame': list(SIZE),
        'threads': 1,
        'at': run(make_peers(options), sorted(options.frames), options.repeats),
        'not_measured': absent(options.server),
    }
    for name, reason in report['not_measured'].items():
        print(f'not measured: {name}: {reason}')
    if options.output:
        options.output.write_text(json.dumps(report, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    try:
        main()
    except BackboneError as error:
        raise SystemExit(f'peers: {error}') from error
