#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ways of docs/any_model.md on drawn worlds, with the embedded model's weights in each.

    python -m benchmarks.any_model --output any_model.json
    python -m benchmarks.any_model --gate runs/streamo-gate/final ...    # with a gate of yours
    python -m benchmarks.any_model --table any_model.json     # the table of the page

Each way is `streamo evaluate` on the same worlds, which no training has seen; a
run that was broken off goes on behind the ways in its file. What a frame costs
is processor time of one thread: all passes and answers of all frames, and of a server its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from streamo_ros.core.errors import StreamoError
from streamo_ros.evaluation.score import report
from streamo_ros.evaluation.synthetic import never_cases
from streamo_ros.evaluation.synthetic import synthetic_cases
from streamo_ros.evaluation.synthetic import SyntheticSettings
from streamo_ros.evaluation.workers import EvalConfig
from streamo_ros.evaluation.workers import EvalWorker
from streamo_ros.files import write_text
from streamo_ros.share import share_path

SERVER = Path(__file__).parents[1] / 'dev' / 'tiny_server.py'
PORT = 8765
SERVED = 'a server'
METRICS = ('timing_f1', 'state_macro_f1', 'false_alarms_per_hour', 'never_hours')
TICKS = os.sysconf('SC_CLK_TCK')


def main() -> None:
    """Measure, or print the table of an earlier measurement."""
    options = _parser().parse_args()
    if options.table:
        print(table(json.loads(options.table.read_text())))
        return
    torch.set_num_threads(1)
    tiny = share_path('models', 'streamo-tiny')
    plain = EvalConfig(tiny, device='cpu')
    ways: dict[str, EvalConfig] = {
        'trained states': plain,
        'zero-shot tags': replace(plain, protocol='text_tags', dialect='zero_shot'),
        'a checkpoint of the protocol as gate': replace(plain, gate=str(tiny)),
        'the same, on demand': replace(
            plain, gate=str(tiny), gate_main='on_demand', max_len=options.max_len
        ),
    }
    if options.gate:
        ways['a trained gate'] = replace(plain, gate=str(options.gate))
    figures = _begun(options)
    for name, config in ways.items():
        if name in figures['ways']:
            continue
        figures['ways'][name] = measure(config, options)
        _write(figures, options.output)
    if SERVED not in figures['ways']:
        with served(tiny) as process:
            config = EvalConfig(f'http://127.0.0.1:{PORT}/v1', settings=str(tiny))
            figures['ways'][SERVED] = measure(config, options, process)
        _write(figures, options.output)


def measure(
    config: EvalConfig, options: argparse.Namespace, server: int | None = None
) -> dict[str, Any]:
    """The figures of one way, or why it cannot be gone with these weights.

    Args:
        config: the way.
        options: of the command.
        server: the process whose time counts, too.
    """
    settings = SyntheticSettings(seed=options.seed)
    try:
        worker = EvalWorker(config)
    except StreamoError as error:
        # Without the path, which is that of the machine.
        return {'refused': str(error).removeprefix(f'{config.model}: ')}
    cases = [
        *synthetic_cases(options.worlds, settings),
        *never_cases(options.hours, settings),
    ]
    began = time.process_time() + (_seconds(server) if server else 0.0)
    results = [worker.run_case(case) for case in cases]
    taken = time.process_time() + (_seconds(server) if server else 0.0) - began
    found = report(list(zip(cases, results, strict=True)))
    frames = sum(len(case.moments) for case in cases)
    return {
        **{name: found[name] for name in METRICS},
        'frames': frames,
        # Drawing the frames is part of the time, and the same for all.
        'frame_ms': round(1000 * taken / frames, 1),
    }


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Serve a checkpoint over HTTP with plain transformers; gives the process."""
    command = [sys.executable, str(SERVER), '--port', str(PORT), '--model', str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait(f'http://127.0.0.1:{PORT}/v1/models')
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit(f'{url} does not answer')


def _seconds(process: int) -> float:
    """Processor seconds that a process has used."""
    fields = Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def table(figures: dict[str, Any]) -> str:
    """The figures as Markdown."""
    lines = [
        '| way | timing F1 | states F1 | false alarms an hour | ms of a core for a frame |',
        '|---|---|---|---|---|',
    ]
    for name, way in figures['ways'].items():
        if 'refused' in way:
            lines.append(f'| {name} | refused: {way["refused"]} | | | |')
            continue
        cells = [f'{way[key]:.3f}' for key in METRICS[:2]]
        lines.append(
            f'| {name} | {" | ".join(cells)} | {way[METRICS[2]]:.1f} | {way["frame_ms"]:.1f} |'
        )
    return '\n'.join(lines)


def _begun(options: argparse.Namespace) -> dict[str, Any]:
    """The figures of an earlier run that was broken off; those of other worlds are replaced."""
    settings = {'worlds': options.worlds, 'never_hours': options.hours, 'seed': options.seed}
    if options.output and options.output.is_file():
        earlier: dict[str, Any] = json.loads(options.output.read_text())
        if settings.items() <= earlier.items():
            return earlier
    return {**settings, 'ways': {}}


def _write(figures: dict[str, Any], output: Path | None) -> None:
    text = json.dumps(figures, indent=1) + '\n'
    if output:
        write_text(output, text)
    else:
        print(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add('--gate', type=Path, help='folder of a gate that `streamo train` wrote')
    add('--worlds', type=int, default=24, help='episodes of drawn worlds; default %(default)s')
    add('--hours', type=float, default=0.1, help='without anything due; default %(default)s')
    add('--seed', type=int, default=4242, help='of the worlds; default %(default)s')
    add('--max-len', type=int, default=1024, help='tokens read on demand; default %(default)s')
    add('--output', type=Path, help='JSON file for the figures; default: print them')
    add('--table', type=Path, metavar='FILE', help='only print the figures of FILE as a table')
    return parser


if __name__ == '__main__':
    main()
