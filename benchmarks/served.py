#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A running server beside the engine in this process: the same weights and the same pixels.

    python -m benchmarks.served http://127.0.0.1:8000/v1 --output vllm.json
    python -m benchmarks.served URL --pid PID ...            # with the server's processor time
    python -m benchmarks.served URL --pid PID --kill ...     # then ends it with kill -9
    python -m benchmarks.served URL --pid PID --kill --restart 'COMMAND'    # and starts it again
    python -m benchmarks.served vllm     # vLLM's engine in this process, instead of a server

The server must serve the checkpoint of `--model`. Both sides forget in chunks and take turns frame
by frame; the frames are those of drawn worlds of one size, one after the other, under one
instruction. After an eviction the server computes what stays anew, while in this process it stays
as it was computed when the evicted frames were still there. With `--max-frames` of at least
`--frames` nothing leaves, and what then differs is arithmetic.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.server_process import ServerProcess
from benchmarks.watch import BLOCK
from benchmarks.watch import differences
from benchmarks.watch import Pixels
from benchmarks.watch import scenes
from benchmarks.watch import sent_pixels
from benchmarks.watch import Watch
from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.session.backbone import SessionBackbone
from streamo_ros.core.events import Decided
from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import State
from streamo_ros.files import write_text
from streamo_ros.share import share_path

PLACES = (10, 100, 300, 1000, 3600)
"""Frames whose time is given, and the last."""
AFTERWARDS = 3
"""Frames that a killed server is asked about, and that it decides after its return."""
PATIENCE = 1200
"""Frames, one a second, in which a server that was started again must have come back."""
SESSION = 'vllm'
"""Instead of a URL: vLLM in this process."""


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
    session = options.url == SESSION
    if session:
        served = load(options.model, replace(chosen, runtime=SESSION))
    else:
        served = load(options.url, chosen)
    instruction, images = scenes(options.seed)
    pid = os.getpid() if session else options.pid
    process = ServerProcess(pid) if pid else None
    watch = Watch(served, instruction, most, process.seconds if process else time.process_time)
    own = Watch(
        load(options.model, Options(lanes=1, device='cpu', frames=most)), instruction, most
    )
    for at, image in enumerate(itertools.islice(images, options.frames)):
        watch.see(image, at)
        own.see(sent_pixels(served, image), at)
    figures = compared(watch, own, measured=process is not None)
    if process and options.kill and not session:
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
    began, unknown = time.monotonic(), 0
    both: list[tuple[Decided, Decided]] = []
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


def compared(watch: Watch, own: Watch, *, measured: bool) -> dict[str, Any]:
    """Where the two differ, and what each costs; the server's processor time where measured."""
    both = list(zip(watch.decided, own.decided, strict=True))
    frames = sorted({at for at in (*PLACES, len(both)) if at <= len(both)})
    return {
        'server': _name(watch.backbone),
        'frames': len(both),
        'max_frames': watch.max_frames,
        'same_states': sum(there.state is here.state for there, here in both),
        'responses': sum(here.state is State.RESPONSE for _, here in both),
        'same_answers': watch.texts == own.texts,
        'unknown': sum(there.state is State.UNKNOWN for there, _ in both),
        'largest_difference': max(differences(both), default=None),
        'ms_of_frame': {at: watch.milliseconds(at) for at in frames},
        'ms_of_frame_in_process': {at: own.milliseconds(at) for at in frames},
        **({'processor_ms': _processor(watch, frames)} if measured else {}),
        'processor_ms_in_process': _processor(own, frames),
        **_sent(watch.backbone),
    }


def _name(backbone: Backbone) -> str:
    info = backbone.info
    if isinstance(backbone, SessionBackbone):
        return f'vLLM {info.vision_backend_version} in this process'
    return info.architecture


def _sent(backbone: Any) -> dict[str, int]:
    """What a server was sent, or the sessions of vLLM here."""
    if isinstance(backbone, SessionBackbone):
        return {'sessions': backbone.sessions}
    tally = backbone.tally
    return {
        'states_not_listed': tally.bounded,
        'requests': tally.traffic.requests,
        'sent_bytes': tally.traffic.sent_bytes,
        'prompt_tokens': tally.prompt_tokens,
        'cached_tokens': tally.cached_tokens,
    }


def _processor(watch: Watch, frames: Sequence[int]) -> dict[int, float]:
    return {at: watch.processor_milliseconds(at) for at in frames if at >= BLOCK}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    tiny = share_path('models', 'streamo-tiny')
    add('url', help='of the server, such as http://127.0.0.1:8000/v1; vllm = vLLM in this process')
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
