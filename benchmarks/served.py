#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A running server beside the engine in this process: the same weights and the same pixels.

    python -m benchmarks.served http://127.0.0.1:8000/v1 --output vllm.json
    python -m benchmarks.served http://127.0.0.1:8000/v1 --kill PID ...    # ends it with kill -9
    python -m benchmarks.served URL --kill PID --restart 'COMMAND' ...     # and starts it again

The server must serve the checkpoint of `--model`. Both sides forget in chunks, and the frames are
those of drawn worlds, one after the other, under one instruction. Times are wall time of a frame.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shlex
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.eviction.chunk import ChunkPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.synthetic import synthetic_cases
from streamo_ros.evaluation.synthetic import SyntheticSettings
from streamo_ros.files import write_text
from streamo_ros.share import share_path

AROUND = 5
"""Frames on either side of one whose time is given as their median."""
AFTERWARDS = 3
"""Frames that a killed server is asked about."""
PATIENCE = 60
"""Frames, one a second, in which a server that was started again must have come back."""


class Watch:
    """One instruction on one backbone, frame by frame."""

    def __init__(self, backbone: Backbone, instruction: str) -> None:
        self.backbone = backbone
        self.decided: list[Decided] = []
        self.texts: list[str] = []
        self.seconds: list[float] = []
        book = InstructionBook(1)
        book.add(instruction)
        settings = AssistantSettings(limits=ContextLimits.for_checkpoint(backbone.info))
        self._assistant = Assistant(backbone, book, settings, policy=ChunkPolicy())

    def see(self, image: NDArray[np.uint8]) -> None:
        """Decide the next frame, and answer it where that is due."""
        at = len(self.seconds)
        tick = Tick(1 + at * SECOND, Fraction(at), Fraction(at + 1), at, 1)
        began = time.perf_counter()
        events = self._assistant.observe(Frame(tick, image))
        while self._assistant.busy:
            events += self._assistant.speak(8)
        self.seconds.append(time.perf_counter() - began)
        self.decided += [event for event in events if isinstance(event, Decided)]
        self.texts += [event.text for event in events if isinstance(event, Answered)]

    def milliseconds(self, frame: int) -> float:
        """Around a frame, the median of those that were not answered."""
        near = range(max(0, frame - AROUND), min(frame + AROUND, len(self.seconds)))
        quiet = [self.seconds[at] for at in near if self.decided[at].state is not State.RESPONSE]
        return round(1000 * statistics.median(quiet or [self.seconds[at] for at in near]), 1)


def main() -> None:
    """Compare, and write the figures."""
    options = _parser().parse_args()
    torch.set_num_threads(1)
    served = load(
        options.url,
        Options(
            lanes=1,
            settings=str(options.model),
            name=options.name,
            request_timeout=options.timeout,
        ),
    )
    instruction, images = scenes(options.frames + AFTERWARDS, options.seed)
    watch = Watch(served, instruction)
    pictures = [sent_pixels(served, image) for image in images]
    for image in images[: options.frames]:
        watch.see(image)
    own = Watch(load(options.model, Options(lanes=1, device='cpu')), instruction)
    for image in pictures[: options.frames]:
        own.see(image)
    figures = compared(watch, own)
    if options.kill:
        figures |= behind_kill(watch, images[-AFTERWARDS:], options)
    text = json.dumps(figures, indent=1) + '\n'
    print(text)
    if options.output:
        write_text(options.output, text)


def behind_kill(
    watch: Watch, images: Sequence[NDArray[np.uint8]], options: argparse.Namespace
) -> dict[str, Any]:
    """What becomes of the frames after a kill -9, and after the server is there again."""
    begun = len(watch.decided)
    os.kill(options.kill, signal.SIGKILL)
    for image in images:
        watch.see(image)
    lost = watch.decided[begun:]
    figures = {
        'behind_kill': [it.state.name for it in lost],
        'reasons': sorted({it.frame.flaw for it in lost}),
    }
    if not options.restart:
        return figures
    server = subprocess.Popen(shlex.split(options.restart), stdout=subprocess.DEVNULL)
    try:
        states = list(behind_return(watch, images))
    finally:
        server.kill()
        server.wait()
    return {**figures, 'behind_return': states}


def behind_return(watch: Watch, images: Sequence[NDArray[np.uint8]]) -> Iterator[str]:
    """The states of frames until the server has decided as many as it was killed for."""
    decided = 0
    for number in range(PATIENCE):
        time.sleep(1)
        watch.see(images[number % len(images)])
        state = watch.decided[-1].state
        yield state.name
        decided += state is not State.UNKNOWN
        if decided == AFTERWARDS:
            return


def scenes(count: int, seed: int) -> tuple[str, list[NDArray[np.uint8]]]:
    """An instruction, and so many frames of drawn worlds."""
    settings = SyntheticSettings(seed=seed, families=('appear',), regular=True, complete=True)
    first, *others = synthetic_cases(-(-count // settings.frames), settings)
    images: list[NDArray[np.uint8]] = []
    for case in (first, *others):
        images += case.images()
    while len(images) < count:
        images += images
    return first.instruction, images[:count]


def sent_pixels(served: Backbone, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame as the server sees it: behind JPEG."""
    data = base64.b64decode(served.encode(image).url.partition(',')[2])  # type: ignore[attr-defined]
    return np.asarray(Image.open(BytesIO(data)).convert('RGB'))


def compared(watch: Watch, own: Watch) -> dict[str, Any]:
    """Where the two differ, and what each costs."""
    both = list(zip(watch.decided, own.decided, strict=True))
    frames = sorted({10, 100, len(both)} & set(range(len(both) + 1)))
    tally = watch.backbone.tally  # type: ignore[attr-defined]
    return {
        'server': watch.backbone.info.architecture,
        'frames': len(both),
        'same_states': sum(there.state is here.state for there, here in both),
        'responses': sum(here.state is State.RESPONSE for _, here in both),
        'same_answers': watch.texts == own.texts,
        'unknown': sum(there.state is State.UNKNOWN for there, _ in both),
        'largest_difference': max(differences(both), default=None),
        'states_not_listed': tally.bounded,
        'ms_of_frame': {at: watch.milliseconds(at) for at in frames},
        'ms_of_frame_in_process': {at: own.milliseconds(at) for at in frames},
        'requests': tally.traffic.requests,
        'sent_bytes': tally.traffic.sent_bytes,
        'prompt_tokens': tally.prompt_tokens,
        'cached_tokens': tally.cached_tokens,
    }


def differences(both: Sequence[tuple[Decided, Decided]]) -> Iterator[float]:
    """Of the probabilities, frame by frame."""
    for there, here in both:
        if State.UNKNOWN not in (there.state, here.state):
            pairs = zip(there.probabilities, here.probabilities, strict=True)
            yield max(abs(one - other) for one, other in pairs)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    tiny = share_path('models', 'streamo-tiny')
    add('url', help='of the server, such as http://127.0.0.1:8000/v1')
    add('--model', type=Path, default=tiny, help='the checkpoint; default streamo-tiny')
    add('--name', default='', help='of the model, where the server has several')
    add('--frames', type=int, default=300, help='default %(default)s')
    add('--seed', type=int, default=4242, help='of the worlds; default %(default)s')
    add('--timeout', type=float, default=60.0, help='seconds for a request; default %(default)s')
    add('--kill', type=int, metavar='PID', help='then end the server with kill -9 and go on')
    add('--restart', default='', metavar='COMMAND', help='then start it again with this command')
    add('--output', type=Path, help='JSON file for the figures')
    return parser


if __name__ == '__main__':
    main()
