#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A running server beside the engine in this process: the same weights and the same pixels.

    python -m benchmarks.served http://127.0.0.1:8000/v1 --output vllm.json
    python -m benchmarks.served URL --pid PID ...            # with the server's processor time
    python -m benchmarks.served URL --pid PID --kill ...     # then ends it with kill -9
    python -m benchmarks.served URL --pid PID --kill --restart 'COMMAND'    # and starts it again

The server must serve the checkpoint of `--model`. Both sides forget in chunks and take turns frame
by frame; the frames are those of drawn worlds of one size, one after the other, under one
instruction. After an eviction the server computes what stays anew, while in this process it stays
as it was computed when the evicted frames were still there. With `--max-frames` of at least
`--frames` nothing leaves, and what then differs is arithmetic.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import json
import statistics
import time
from collections.abc import Callable
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

from benchmarks.server_process import ServerProcess
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
"""Frames on either side of one whose wall time is given as their median."""
BLOCK = 100
"""Frames whose processor time is given as their mean: a server's is counted in hundredths."""
PLACES = (10, 100, 300, 1000, 3600)
"""Frames whose time is given, and the last."""
AFTERWARDS = 3
"""Frames that a killed server is asked about, and that it decides after its return."""
PATIENCE = 1200
"""Frames, one a second, in which a server that was started again must have come back."""
Pixels = NDArray[np.uint8]


class Watch:
    """One instruction on one backbone, frame by frame.

    Args:
        backbone: it.
        instruction: what is watched for.
        max_frames: of its lane; 0 = what the checkpoint wants.
        processor: gives the processor seconds used so far.
    """

    def __init__(
        self,
        backbone: Backbone,
        instruction: str,
        max_frames: int = 0,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self.backbone = backbone
        self.decided: list[Decided] = []
        self.texts: list[str] = []
        self.seconds: list[float] = []
        self.processor = [0.0]
        self._clock = processor
        book = InstructionBook(1)
        book.add(instruction)
        limits = ContextLimits.for_checkpoint(backbone.info, max_frames)
        self.max_frames = limits.max_frames
        settings = AssistantSettings(limits=limits)
        self._assistant = Assistant(backbone, book, settings, policy=ChunkPolicy())

    def see(self, image: Pixels, at: int) -> Decided:
        """Decide a frame, and answer it where that is due.

        Args:
            image: of the frame.
            at: its second.
        """
        tick = Tick(1 + at * SECOND, Fraction(at), Fraction(at + 1), at, 1)
        used, began = self._clock(), time.perf_counter()
        events = self._assistant.observe(Frame(tick, image))
        while self._assistant.busy:
            events += self._assistant.speak(8)
        self.seconds.append(time.perf_counter() - began)
        self.processor.append(self.processor[-1] + self._clock() - used)
        self.decided += [event for event in events if isinstance(event, Decided)]
        self.texts += [event.text for event in events if isinstance(event, Answered)]
        return self.decided[-1]

    def milliseconds(self, frame: int) -> float:
        """Around a frame, the median of those that were not answered."""
        near = range(max(0, frame - AROUND), min(frame + AROUND, len(self.seconds)))
        quiet = [self.seconds[at] for at in near if self.decided[at].state is not State.RESPONSE]
        return round(1000 * statistics.median(quiet or [self.seconds[at] for at in near]), 1)

    def processor_milliseconds(self, frame: int) -> float:
        """Mean of the frames up to one."""
        first = max(0, frame - BLOCK)
        used = self.processor[frame] - self.processor[first]
        return round(1000 * used / (frame - first), 1)


def main() -> None:
    """Compare, and write the figures."""
    options = _parser().parse_args()
    torch.set_num_threads(1)
    most = options.max_frames
    chosen = Options(
        lanes=1,
        settings=str(options.model),
        name=options.name,
        request_timeout=options.timeout,
        frames=most,
    )
    served = load(options.url, chosen)
    instruction, images = scenes(options.seed)
    process = ServerProcess(options.pid) if options.pid else None
    watch = Watch(served, instruction, most, process.seconds if process else time.process_time)
    own = Watch(
        load(options.model, Options(lanes=1, device='cpu', frames=most)), instruction, most
    )
    for at, image in enumerate(itertools.islice(images, options.frames)):
        watch.see(image, at)
        own.see(sent_pixels(served, image), at)
    figures = compared(watch, own, measured=process is not None)
    if process and options.kill:
        figures |= behind_kill(watch, own, images, process, options.restart)
    text = json.dumps(figures, indent=1) + '\n'
    print(text)
    if options.output:
        write_text(options.output, text)


def behind_kill(
    watch: Watch, own: Watch, images: Iterator[Pixels], process: ServerProcess, restart: str
) -> dict[str, Any]:
    """What becomes of the frames after a kill -9, and after the server is there again."""
    begun = len(watch.decided)
    process.kill()
    for at in range(begun, begun + AFTERWARDS):
        watch.see(next(images), at)
    lost = watch.decided[begun:]
    figures: dict[str, Any] = {
        'behind_kill': [it.state.name for it in lost],
        'reasons': sorted({it.frame.flaw for it in lost}),
    }
    if restart:
        with process.started_again(restart):
            figures |= behind_return(watch, own, images)
    return figures


def behind_return(watch: Watch, own: Watch, images: Iterator[Pixels]) -> dict[str, Any]:
    """The frames until the server has decided as many as it was killed for.

    In this process only those are seen that the server decides: the others leave no trace.
    """
    began, unknown, both = time.monotonic(), 0, []
    for image in itertools.islice(images, PATIENCE):
        time.sleep(1)
        at = len(watch.decided)
        there = watch.see(image, at)
        if there.state is State.UNKNOWN:
            unknown += 1
            continue
        if not both:
            seconds = round(time.monotonic() - began, 1)
        both.append((there, own.see(sent_pixels(watch.backbone, image), at)))
        if len(both) == AFTERWARDS:
            break
    figures: dict[str, Any] = {'unknown_until_return': unknown}
    if both:
        figures |= {
            'seconds_until_return': seconds,
            'behind_return': [there.state.name for there, _ in both],
            'largest_difference_behind_return': max(differences(both)),
        }
    return figures


def scenes(seed: int) -> tuple[str, Iterator[Pixels]]:
    """An instruction, and frames of drawn worlds without end."""
    settings = SyntheticSettings(seed=seed, families=('appear',), regular=True, complete=True)
    cases = synthetic_cases(1 << 30, settings)
    first = next(cases)
    size = next(first.images()).shape

    def frames() -> Iterator[Pixels]:
        for case in itertools.chain([first], cases):
            # A frame of another size would begin the dialogue anew.
            yield from itertools.takewhile(lambda image: image.shape == size, case.images())

    return first.instruction, frames()


def sent_pixels(served: Backbone, image: Pixels) -> Pixels:
    """A frame as the server sees it: behind JPEG."""
    data = base64.b64decode(served.encode(image).url.partition(',')[2])  # type: ignore[attr-defined]
    return np.asarray(Image.open(BytesIO(data)).convert('RGB'))


def compared(watch: Watch, own: Watch, *, measured: bool) -> dict[str, Any]:
    """Where the two differ, and what each costs; the server's processor time where measured."""
    both = list(zip(watch.decided, own.decided, strict=True))
    frames = sorted({at for at in (*PLACES, len(both)) if at <= len(both)})
    tally = watch.backbone.tally  # type: ignore[attr-defined]
    return {
        'server': watch.backbone.info.architecture,
        'frames': len(both),
        'max_frames': watch.max_frames,
        'same_states': sum(there.state is here.state for there, here in both),
        'responses': sum(here.state is State.RESPONSE for _, here in both),
        'same_answers': watch.texts == own.texts,
        'unknown': sum(there.state is State.UNKNOWN for there, _ in both),
        'largest_difference': max(differences(both), default=None),
        'states_not_listed': tally.bounded,
        'ms_of_frame': {at: watch.milliseconds(at) for at in frames},
        'ms_of_frame_in_process': {at: own.milliseconds(at) for at in frames},
        **({'processor_ms': _processor(watch, frames)} if measured else {}),
        'processor_ms_in_process': _processor(own, frames),
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


def _processor(watch: Watch, frames: Sequence[int]) -> dict[int, float]:
    return {at: watch.processor_milliseconds(at) for at in frames if at >= BLOCK}


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
    add('--max-frames', type=int, default=0, help='of a lane; default: what the checkpoint wants')
    add('--seed', type=int, default=4242, help='of the worlds; default %(default)s')
    add('--timeout', type=float, default=60.0, help='seconds for a request; default %(default)s')
    add('--pid', type=int, help='of the server: its processor time is measured, too')
    add('--kill', action='store_true', help='then end the process --pid with kill -9 and go on')
    add('--restart', default='', metavar='COMMAND', help='then start it again with this command')
    add('--output', type=Path, help='JSON file for the figures')
    return parser


if __name__ == '__main__':
    main()
