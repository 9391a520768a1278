#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One base fine-tuned on sequences of two builders at equal budget, and both served alike.

    python -m benchmarks.builders out/builders --output benchmarks/builders.json

`served` writes what a lane shows the model; `stream` is the published layout: the whole video in
one sequence, tags counted from its first frame, instructions in the middle. The task is new to the
base: drawn discs cross a table, and each is named as soon as it has gone. Every model is tried
free-running on videos that no training saw, as long as its window and five times as long; every
second one is asked about after a third of its time. All steps are the verbs that a user has; what
is already in the folder is not made again.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
BASE = ROOT / 'models' / 'streamo-tiny'
LAYOUTS = ('served', 'stream')
WINDOW = 16
"""Frames in the base's window, one a second."""
LENGTHS = {'1x': WINDOW, '5x': 5 * WINDOW}
"""Seconds of the videos of the two tests."""
_TRAINING = 40
"""Seconds of a training video."""
_FIGURES = ('timing_f1', 'answer_accuracy', 'state_macro_f1', 'spurious_answers_per_hour')


def main(argv: Sequence[str] | None = None) -> int:
    """Train, measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path, help='where data and checkpoints go')
    parser.add_argument('--steps', type=int, default=200)
    parser.add_argument('--batch', type=int, default=4)
    parser.add_argument('--videos', type=int, default=48, help='training videos')
    parser.add_argument('--tests', type=int, default=24, help='videos of each test')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--output', type=Path, help='where the JSON goes')
    options = parser.parse_args(argv)
    rng = np.random.default_rng(options.seed)
    training = dialogues(options.folder / 'training', options.videos, _TRAINING, rng)
    tests = {
        name: dialogues(options.folder / name, options.tests, seconds, rng)
        for name, seconds in LENGTHS.items()
    }
    models = {'base': BASE} | {layout: train(options, training, layout) for layout in LAYOUTS}
    report = {
        'base': BASE.name,
        'steps': options.steps,
        'sequences_a_step': options.batch,
        'training_videos': options.videos,
        'training_seconds': _TRAINING,
        'test_videos': options.tests,
        'seed': options.seed,
        'figures': {
            model: {name: evaluate(path, test) for name, test in tests.items()}
            for model, path in models.items()
        },
    }
    text = json.dumps(report, indent=1)
    print(text)
    if options.output:
        options.output.write_text(text + '\n')
    return 0


def dialogues(folder: Path, videos: int, seconds: int, rng: np.random.Generator) -> Path:
    """Labels of drawn videos; every second one is asked about after a third of its time."""
    drawing = _drawing()
    found = {f'v{number}': _events(list(drawing.COLORS), seconds, rng) for number in range(videos)}
    asked = dict.fromkeys(list(found)[1::2], seconds // 3)
    path = folder / 'dialogues.jsonl'
    if not path.is_file():
        drawing.write(folder, found, seconds, asked)
        _streamo('convert', folder / 'raw.json', '--videos', folder, '-o', path)
    return path


def train(options: argparse.Namespace, training: Path, layout: str) -> Path:
    """The checkpoint of one builder."""
    run = options.folder / layout
    if not (run / 'final').is_dir():
        config = {
            'model': str(BASE),
            'output': str(run),
            'data': {'dialogues': [str(training)], 'layout': layout},
            'trainer': {
                'max_steps': options.steps,
                'per_device_train_batch_size': options.batch,
                'learning_rate': 1e-3,
                'lr_scheduler_type': 'cosine',
                'warmup_steps': 10,
                'logging_steps': 20,
                'save_strategy': 'no',
                'dataloader_pin_memory': False,
                'seed': options.seed,
            },
        }
        path = options.folder / f'{layout}.yaml'
        path.write_text(json.dumps(config))  # YAML reads JSON
        _streamo('train', path)
    return run / 'final'


def evaluate(model: Path, test: Path) -> dict[str, float | None]:
    """The figures of a checkpoint on a test, free-running through the node's engine."""
    output = test.parent / f'{model.parent.name}.json'
    window = ('--max-frames', WINDOW)
    _streamo('evaluate', model, '--dialogues', test, *window, '--output', output)
    figures = json.loads(output.read_text())
    return {name: None if figures[name] is None else round(figures[name], 3) for name in _FIGURES}


def _events(colors: list[str], seconds: int, rng: np.random.Generator) -> list[Any]:
    """Discs one after the other."""
    events, start = [], int(rng.integers(1, 5))
    while (end := start + int(rng.integers(2, 5))) < seconds - 1:
        events.append((colors[int(rng.integers(len(colors)))], start, end))
        start = end + int(rng.integers(2, 7))
    return events


def _drawing() -> Any:
    """The example that draws the videos of docs/overfit.md."""
    spec = importlib.util.spec_from_file_location(
        'make_data', ROOT / 'examples' / 'overfit' / 'make_data.py'
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _streamo(*words: object) -> None:
    command = [sys.executable, '-m', 'streamo_ros.cli', *map(str, words)]
    subprocess.run(command, check=True, stdout=sys.stderr, cwd=ROOT)


if __name__ == '__main__':
    raise SystemExit(main())
